// A client that sends bytes as they are and reads what comes back: for tests of what a proper HTTP client
// cannot say.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "http/message.h"

namespace zest::http::testing {

inline const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
inline const std::string kPost = "POST /x HTTP/1.1\r\nHost: a\r\n";  // the rest of its head is to follow

struct RawAnswer {
  bool complete = false;  // false: the connection ended before the answer did
  std::string version;
  int status = 0;
  Headers headers;
  std::string body;
};

class RawClient {
 public:
  explicit RawClient(int port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    // No test waits for this long; it turns a hang into a failure.
    const timeval patience{30, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (receive_buffer > 0)
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(socket_); }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        connected_(other.connected_),
        buffer_(std::move(other.buffer_)) {}
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }
  int socket() const { return socket_; }

  // False: the server reset the connection or does not read.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void end_sending() { ::shutdown(socket_, SHUT_WR); }

  // The next answer, by its Content-Length (`head_only`: the answer to HEAD, which has no body).
  RawAnswer read_answer(bool head_only = false) {
    RawAnswer answer;
    const std::size_t end = read_until("\r\n\r\n");
    if (end == std::string::npos) return answer;
    parse_head(buffer_.substr(0, end), answer);
    buffer_.erase(0, end + 4);
    const std::string* const length = answer.headers.find("Content-Length");
    if (length && !head_only) {
      const auto size = static_cast<std::size_t>(std::strtoull(length->c_str(), nullptr, 10));
      while (buffer_.size() < size) {
        if (!fill()) return answer;
      }
      answer.body = buffer_.substr(0, size);
      buffer_.erase(0, size);
    }
    answer.complete = true;
    return answer;
  }

  RawAnswer exchange(std::string_view request) {
    send(request);
    return read_answer();
  }

  // Everything up to and including `mark`; npos when the connection ends first. The result indexes buffer().
  std::size_t read_until(std::string_view mark) {
    while (true) {
      const std::size_t found = buffer_.find(mark);
      if (found != std::string::npos) return found;
      if (!fill()) return std::string::npos;
    }
  }
  // All bytes until the server closes.
  std::string read_to_end() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
  }
  // Waits for the server to close; true when it did so in order and sent nothing more.
  bool closed_in_order() { return !fill() && buffer_.empty() && last_error_ == 0; }
  bool was_reset() {
    while (fill()) {
    }
    return last_error_ == ECONNRESET;
  }
  const std::string& buffer() const { return buffer_; }

 private:
  bool fill() {
    char piece[16 * 1024];
    const ssize_t length = ::recv(socket_, piece, sizeof piece, 0);
    last_error_ = length < 0 ? errno : 0;
    EXPECT_NE(last_error_, EAGAIN) << "the server neither answers nor closes";
    if (length <= 0) return false;
    buffer_.append(piece, static_cast<std::size_t>(length));
    return true;
  }

  static void parse_head(std::string_view head, RawAnswer& answer) {
    bool first = true;
    while (!head.empty()) {
      const std::size_t end = std::min(head.find("\r\n"), head.size());
      const std::string_view line = head.substr(0, end);
      head.remove_prefix(std::min(end + 2, head.size()));
      if (std::exchange(first, false)) {
        answer.version = std::string(line.substr(0, 8));
        answer.status = std::atoi(std::string(line.substr(9, 3)).c_str());
      } else if (const std::size_t colon = line.find(": "); colon != std::string_view::npos) {
        answer.headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
      }
    }
  }

  int socket_;
  bool connected_ = false;
  int last_error_ = 0;
  std::string buffer_;
};

}  // namespace zest::http::testing
