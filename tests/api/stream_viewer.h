// A viewer of /_sandbox/stream.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace zest::api {

// An open event stream: the answer is endless, so it is read piece by piece.
class StreamViewer {
 public:
  StreamViewer(int port, const std::string& fields, const std::string& query = "")
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const std::string request =
        "GET /_sandbox/stream" + query + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
    EXPECT_EQ(::send(socket_, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  }
  ~StreamViewer() { ::close(socket_); }
  StreamViewer(const StreamViewer&) = delete;
  StreamViewer& operator=(const StreamViewer&) = delete;

  // All that came so far, once `part` is in it or the stream is over.
  const std::string& read_until(std::string_view part) {
    while (text_.find(part) == std::string::npos && read_more()) {
    }
    return text_;
  }
  // The events that came whole, once `part` is among them or the stream is over.
  std::string events_until(std::string_view part) {
    for (;;) {
      std::string events = whole_events();
      if (events.find(part) != std::string::npos || !read_more()) return events;
    }
  }
  void read_to_end() {
    while (read_more()) {
    }
  }

 private:
  std::string whole_events() const {
    const std::size_t head_end = text_.find("\r\n\r\n");
    const std::size_t end = text_.rfind("\n\n");
    if (head_end == std::string::npos || end == std::string::npos) return {};
    return text_.substr(head_end + 4, end + 2 - (head_end + 4));
  }
  bool read_more() {
    char buffer[4096];
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
    if (count > 0) text_.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
  }
  int socket_;
  std::string text_;
};

}  // namespace zest::api
