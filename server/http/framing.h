// Where a request's body ends, and whether its connection lives on: Content-Length, Transfer-Encoding,
// Connection. Anything that two readers could understand differently is refused, because that is how requests
// are smuggled.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/listener.h"

namespace zest::http {

// Why an exchange ends with a refusal.
struct Problem {
  Refusal refusal = Refusal::MalformedRequest;
  std::string what;  // one phrase for people
};

struct Framing {
  bool chunked = false;
  std::uint64_t length = 0;  // of the body, unless chunked; a request that names none has no body
  bool expects_continue = false;
  bool keep_alive = true;

  bool has_body() const { return chunked || length > 0; }
};

// `minor_version` is that of HTTP/1.
std::variant<Framing, Problem> read_framing(const RequestHead& head, int minor_version);

// Takes chunked transfer coding off a body that arrives in pieces. Strict: CRLF only, no signs, no spaces.
class ChunkedDecoder {
 public:
  // Content bytes go to `sink`, which answers false to stop. Returns how many of `bytes` were used; fewer
  // than all when the body is over, when `sink` stopped it, or at a problem().
  std::size_t feed(std::string_view bytes, const std::function<bool(std::string_view)>& sink);
  bool done() const { return state_ == State::Done; }
  const std::optional<std::string>& problem() const { return problem_; }

 private:
  enum class State { SizeLine, Data, DataEnd, TrailerLine, Done };
  void end_of_line();
  void size_line();

  State state_ = State::SizeLine;
  std::string line_;
  std::uint64_t left_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::optional<std::string> problem_;
};

}  // namespace zest::http
