#include "http/socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "http/message.h"

namespace zest::http {
namespace {

constexpr int kBacklog = 1024;

struct AddressInfoDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressInfo = std::unique_ptr<addrinfo, AddressInfoDeleter>;

Error bind_error(const std::string& host, int port, int code) {
  const std::string place = "port " + std::to_string(port) + " on " + host;
  if (code == EADDRINUSE) return make_error(ErrorKind::InvalidRequest, place + " is in use");
  return make_error(ErrorKind::InvalidRequest,
                    "cannot listen at " + place + ": " + std::generic_category().message(code));
}

// An invalid descriptor, with the system's `code`, when no address of the host can be bound. Errors: there is
// no such host.
Result<FileDescriptor> bind_to(const std::string& host, int port, int& code) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (failed != 0) {
    return make_error(ErrorKind::InvalidRequest,
                      "cannot listen on host " + host + ": " + gai_strerror(failed));
  }
  const AddressInfo addresses(found);
  code = EADDRNOTAVAIL;
  for (const addrinfo* address = addresses.get(); address; address = address->ai_next) {
    FileDescriptor listening(::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!listening.valid()) {
      code = errno;
      continue;
    }
    const int on = 1;
    ::setsockopt(listening.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(listening.get(), address->ai_addr, address->ai_addrlen) == 0 &&
        ::listen(listening.get(), kBacklog) == 0) {
      return listening;
    }
    code = errno;
    // Another address of the host would answer under the same name, but not to who asks for this one.
    if (code == EADDRINUSE) break;
  }
  return FileDescriptor();
}

}  // namespace

Result<FileDescriptor> listen_on(const std::string& host, int port) {
  int code = 0;
  ASSIGN_OR_RETURN(FileDescriptor listening, bind_to(host, port, code));
  if (!listening.valid()) return bind_error(host, port, code);
  return listening;
}

Result<std::vector<FileDescriptor>> listen_at(const std::string& host, int port) {
  constexpr const char* kLoopback = "127.0.0.1";
  constexpr const char* kLoopback6 = "::1";
  constexpr int kTries = 100;
  std::vector<FileDescriptor> sockets;
  if (host != kLoopback && !equal_ignoring_case(host, "localhost")) {
    ASSIGN_OR_RETURN(FileDescriptor only, listen_on(host, port));
    sockets.push_back(std::move(only));
    return sockets;
  }
  for (int tries = 0;; ++tries) {
    ASSIGN_OR_RETURN(FileDescriptor first, listen_on(kLoopback, port));
    const int chosen = local_port(first.get());
    int code = 0;
    Result<FileDescriptor> second = bind_to(kLoopback6, chosen, code);
    const bool bound = second.ok() && second->valid();
    // A port that is free at one of the addresses only: another program would answer half of the clients.
    const bool taken = !bound && code == EADDRINUSE;
    if (taken && port == 0 && tries < kTries) continue;
    if (taken) return bind_error(kLoopback6, chosen, code);
    sockets.push_back(std::move(first));
    if (bound) sockets.push_back(std::move(*second));
    return sockets;
  }
}

int local_port(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

std::string peer_address(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return "";
  char text[NI_MAXHOST] = {};
  const int failed = getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, text, sizeof text,
                                 nullptr, 0, NI_NUMERICHOST);
  return failed == 0 ? text : "";
}

void reset_on_close(int socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace zest::http
