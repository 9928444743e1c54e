#include "http/head_parser.h"

#include <httplib.h>

#include <algorithm>
#include <array>

namespace zest::http {
namespace {

// The parser's own limit for one line (CPPHTTPLIB_HEADER_MAX_LENGTH), less the line's end.
constexpr std::size_t kLongestHeadLine = 8 * 1024 - 2;

// Names that the parser itself adds to the header: from a client they would shadow the real peer. Range would
// make it answer by itself.
bool is_withheld(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kWithheld = {"REMOTE_ADDR", "REMOTE_PORT", "LOCAL_ADDR",
                                                                "LOCAL_PORT", "Range"};
  return std::any_of(kWithheld.begin(), kWithheld.end(),
                     [name](std::string_view withheld) { return equal_ignoring_case(name, withheld); });
}

// What goes past the parser. It skips headers without a value, though an empty Content-Length must still be
// refused; and it takes no line that is as long as all cookies of a host may be together.
bool goes_past(std::string_view name, std::string_view value) {
  return value.empty() || equal_ignoring_case(name, "Cookie");
}

bool is_known_method(std::string_view method) {
  static constexpr std::array<std::string_view, 7> kKnown = {"GET",    "HEAD",    "POST", "PUT",
                                                             "DELETE", "OPTIONS", "PATCH"};
  return std::find(kKnown.begin(), kKnown.end(), method) != kKnown.end();
}

// A header block to read; what the library writes is dropped, because answers are not its business here.
class HeadStream final : public httplib::Stream {
 public:
  explicit HeadStream(std::string_view text) : left_(text) {}
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* target, std::size_t size) override {
    const std::size_t length = left_.copy(target, size);
    left_.remove_prefix(length);
    return static_cast<ssize_t>(length);
  }
  ssize_t write(const char*, std::size_t size) override { return static_cast<ssize_t>(size); }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }

 private:
  std::string_view left_;
};

// The header block as the parser gets it: no query (it would be decoded for nothing) and, against the
// decoding of values, every '%' escaped.
std::string to_text(const GatedHead& gated) {
  std::string text;
  text.reserve(gated.length + 64);
  text.append(is_known_method(gated.method) ? gated.method : "GET").append(" ").append(gated.path);
  text.append(gated.minor_version == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  for (const auto& [name, value] : gated.fields) {
    if (is_withheld(name) || goes_past(name, value)) continue;
    text.append(name).append(": ");
    for (const char c : value) {
      text.push_back(c);
      if (c == '%') text.append("25");
    }
    text.append("\r\n");
  }
  return text.append("\r\n");
}

bool has_long_line(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end > kLongestHeadLine) return true;
    text.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

class HeadParser::Server final : public httplib::Server {
 public:
  Server() {
    set_pre_routing_handler(
        [](const httplib::Request&, httplib::Response&) { return HandlerResponse::Handled; });
  }

  // False: not understood.
  bool parse(std::string_view text, httplib::Request& parsed) {
    HeadStream stream(text);
    bool closed = false;
    bool understood = false;
    process_request(stream, false, closed, [&](httplib::Request& request) {
      parsed = std::move(request);
      understood = true;
    });
    return understood;
  }
};

HeadParser::HeadParser() : server_(std::make_unique<Server>()) {
  // The library builds its tables at its first parse, in code that sanitizers do not see into. Done here,
  // once, that is over before any thread that parses can start.
  static const bool prepared = [this] {
    httplib::Request ignored;
    return server_->parse("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", ignored);
  }();
  static_cast<void>(prepared);
}
HeadParser::~HeadParser() = default;

std::variant<RequestHead, Problem> HeadParser::parse(const GatedHead& gated) const {
  const std::string text = to_text(gated);
  if (has_long_line(text)) return Problem{Refusal::HeadersTooLarge, "a header is longer than 8 KiB"};
  httplib::Request parsed;
  if (!server_->parse(text, parsed)) return Problem{Refusal::MalformedRequest, "the request is malformed"};
  RequestHead head;
  head.method = std::string(gated.method);
  head.target = std::string(gated.target);
  head.path = std::string(gated.path);
  head.query = std::string(gated.query);
  for (auto& [name, value] : parsed.headers) {
    if (!is_withheld(name)) head.headers.add(name, std::move(value));
  }
  for (const auto& [name, value] : gated.fields) {
    if (goes_past(name, value)) head.headers.add(std::string(name), std::string(value));
  }
  return head;
}

}  // namespace zest::http
