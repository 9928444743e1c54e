// A request's header block, from its first byte to its framing: the verdict is the same however the bytes
// arrive, and what comes out is what went in.
#include <algorithm>
#include <variant>

#include "fuzz/target.h"
#include "http/framing.h"
#include "http/gate.h"
#ifndef ZEST_STOCK_LISTENER
#include "http/request_head.h"
#endif

namespace zest::fuzz {
namespace {

const http::Limits kHeadLimits = [] {
  http::Limits limits;
  limits.header_bytes = 2048;
  limits.header_count = 12;
  limits.target_bytes = 128;
  return limits;
}();

bool is_plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

void check_gated(const http::GatedHead& head, std::string_view input) {
  FUZZ_CHECK(head.length <= input.size() && head.length <= kHeadLimits.header_bytes + 4);
  FUZZ_CHECK(head.fields.size() <= kHeadLimits.header_count);
  FUZZ_CHECK(!head.method.empty() && !head.target.empty() && head.target.size() <= kHeadLimits.target_bytes);
  FUZZ_CHECK(is_plain(head.method) && is_plain(head.target));
  FUZZ_CHECK(head.path == "*" || head.path.front() == '/');
  for (const auto& [name, value] : head.fields) {
    FUZZ_CHECK(!name.empty() && is_plain(name) && is_plain(value));
  }
}

#ifndef ZEST_STOCK_LISTENER
// Nothing is invented or bent.
void check_parsed(const http::GatedHead& gated) {
  const auto parsed = http::request_head(gated);
  const auto* head = std::get_if<http::RequestHead>(&parsed);
  if (head == nullptr) return;
  FUZZ_CHECK(head->method == gated.method && head->target == gated.target);
  FUZZ_CHECK(head->path == gated.path && head->query == gated.query);
  FUZZ_CHECK(head->headers.fields().size() <= gated.fields.size());
  for (const auto& [name, value] : head->headers.fields()) {
    FUZZ_CHECK(std::any_of(
        gated.fields.begin(), gated.fields.end(),
        [&, &n = name, &v = value](const auto& field) { return field.first == n && field.second == v; }));
  }
  const auto framing = http::read_framing(*head, gated.minor_version);
  if (const auto* read = std::get_if<http::Framing>(&framing))
    FUZZ_CHECK(!read->chunked || read->length == 0);
}
#endif

}  // namespace

FUZZ_TARGET(http_head, Bytes) {
  http::Gate whole(kHeadLimits);
  const http::Gate::Verdict verdict = whole.scan(input);

  http::Gate bytewise(kHeadLimits);
  http::Gate::Verdict piece = http::Gate::Verdict::NeedMore;
  std::size_t seen = 0;
  while (piece == http::Gate::Verdict::NeedMore && seen < input.size())
    piece = bytewise.scan(input.substr(0, ++seen));
  FUZZ_CHECK(piece == verdict);

  if (verdict == http::Gate::Verdict::Refused) {
    FUZZ_CHECK(!whole.problem().what.empty());
    FUZZ_CHECK(whole.problem().refusal == bytewise.problem().refusal &&
               whole.problem().what == bytewise.problem().what);
    FUZZ_CHECK(whole.understood(input).target.size() <= kHeadLimits.target_bytes);
  } else if (verdict == http::Gate::Verdict::Complete) {
    const http::GatedHead head = whole.head(input);
    FUZZ_CHECK(head.length == seen);
    check_gated(head, input);
#ifndef ZEST_STOCK_LISTENER
    check_parsed(head);
#endif
  }
}

}  // namespace zest::fuzz
