// The strict gate before the parser: looks at a request's header block as its bytes come in, bounds it, and
// refuses whatever HTTP/1.1 does not allow (RFC 9112) or two readers could understand differently.
// Thread-safety: none.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "http/framing.h"
#include "http/listener.h"

namespace zest::http {

// A header block that passed. The views point into the scanned input.
struct GatedHead {
  std::string_view method;
  std::string_view target;
  std::string_view path;  // of the target
  std::string_view query;
  int minor_version = 1;                                              // of HTTP/1
  std::vector<std::pair<std::string_view, std::string_view>> fields;  // Host: an absolute target's own
  std::size_t length = 0;  // bytes of the block, the empty line included
};

class Gate {
 public:
  enum class Verdict { NeedMore, Complete, Refused };

  explicit Gate(const Limits& limits) : limits_(limits) {}

  // `input` is the request from its first byte; each call sees the bytes of the last one and some more.
  Verdict scan(std::string_view input);
  // The block, after Complete. `input` is that of the last scan.
  GatedHead head(std::string_view input) const;
  // Why, after Refused.
  const Problem& problem() const { return problem_; }
  // What is understood so far, for a refusal.
  RequestHead understood(std::string_view input) const;
  // Makes ready for the next request.
  void reset();

 private:
  struct Range {
    std::size_t begin = 0;
    std::size_t length = 0;
    std::string_view of(std::string_view input) const { return input.substr(begin, length); }
  };

  Verdict refuse(Refusal refusal, std::string_view what);
  void skip_plain(std::string_view input);
  bool byte(std::string_view input, char c);
  std::size_t cookie_allowance(std::string_view input) const;
  Verdict line(std::string_view input, Range line);
  Verdict request_line(std::string_view input, Range line);
  Verdict target(std::string_view target, std::string_view method);
  Verdict field(std::string_view input, Range line);
  Verdict end_of_head(std::string_view input);

  const Limits& limits_;
  std::size_t position_ = 0;
  std::size_t line_start_ = 0;
  bool method_seen_ = false;  // the first blank of the request line
  bool has_request_line_ = false;
  std::size_t cookie_bytes_ = 0;  // of complete lines
  Range method_;
  Range target_;
  int minor_version_ = 1;
  std::vector<std::pair<Range, Range>> fields_;
  Problem problem_;
};

}  // namespace zest::http
