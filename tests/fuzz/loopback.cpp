#include "fuzz/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "fuzz/target.h"

namespace zest::fuzz {
namespace {

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server has refused, and its answer is what counts
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string field_of(const std::string& head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

}  // namespace

Conversation converse(int port, std::string_view bytes, std::size_t first, int patience_ms) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  FUZZ_CHECK(socket >= 0);
  const timeval patience{patience_ms / 1000, (patience_ms % 1000) * 1000};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  FUZZ_CHECK(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  send_all(socket, bytes.substr(0, first));
  send_all(socket, bytes.substr(std::min(first, bytes.size())));
  ::shutdown(socket, SHUT_WR);

  Conversation conversation;
  char piece[16 * 1024];
  ssize_t length = 0;
  // A leak check stops all threads, which interrupts the wait.
  while ((length = ::recv(socket, piece, sizeof piece, 0)) > 0 || (length < 0 && errno == EINTR)) {
    if (length > 0) conversation.received.append(piece, static_cast<std::size_t>(length));
  }
  conversation.ended = length == 0;
  // Ports in TIME_WAIT would run out: the connection is reset instead.
  const linger reset{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  ::close(socket);
  return conversation;
}

std::vector<ReadAnswer> read_answers(std::string_view received, bool whole, bool head_only) {
  std::vector<ReadAnswer> answers;
  while (!received.empty()) {
    FUZZ_CHECK(received.substr(0, 7) == std::string_view("HTTP/1.").substr(0, received.size()));
    const std::size_t end = received.find("\r\n\r\n");
    if (end == std::string_view::npos) break;
    ReadAnswer answer;
    answer.head = std::string(received.substr(0, end + 2));
    answer.status = std::atoi(answer.head.substr(9, 3).c_str());
    FUZZ_CHECK(answer.status >= 100 && answer.status < 600);
    received.remove_prefix(end + 4);
    const bool has_body = !head_only && answer.status >= 200 && answer.status != 204 && answer.status != 304;
    const auto length =
        static_cast<std::size_t>(std::strtoull(field_of(answer.head, "Content-Length").c_str(), nullptr, 10));
    if (has_body && received.size() < length) break;
    if (has_body) {
      answer.body = std::string(received.substr(0, length));
      received.remove_prefix(length);
    }
    if (answer.status >= 200) answers.push_back(std::move(answer));
    if (received.empty()) return answers;
  }
  FUZZ_CHECK(!whole || received.empty());
  return answers;
}

}  // namespace zest::fuzz
