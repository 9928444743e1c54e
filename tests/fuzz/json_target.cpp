// JSON from outside: what is accepted stays the same when it is written and read again, the parser and the
// code that explains its refusals agree, and the bounds hold.
#include "base/json.h"

#include <algorithm>

#include "base/json_fault.h"
#include "base/utf8.h"
#include "fuzz/target.h"

namespace zest::fuzz {
namespace {

void check_bounds(const Json& value, std::size_t depth) {
  if (!value.is_structured()) return;
  FUZZ_CHECK(depth < kMaxJsonDepth && (!value.is_object() || value.size() <= kMaxJsonMembers));
  for (const Json& inner : value) check_bounds(inner, depth + 1);
}

}  // namespace

FUZZ_TARGET(json, Json) {
  const Result<Json> parsed = parse_json(input);
  const std::string_view unmarked = without_byte_order_mark(input);
  const auto bound = find_json_bound_fault(unmarked);
  if (!parsed.ok()) {
    FUZZ_CHECK(parsed.error().kind == ErrorKind::InvalidRequest && !parsed.error().detail.empty());
    FUZZ_CHECK(bound || find_json_syntax_fault(unmarked));
    return;
  }
  FUZZ_CHECK(!bound && !find_json_syntax_fault(unmarked));
  check_bounds(*parsed, 0);
  static_cast<void>(find_duplicate_member(input));

  const std::string text = dump_json(*parsed);
  FUZZ_CHECK(text.find('\n') == std::string::npos);
  const Result<Json> again = parse_json(text);
  FUZZ_CHECK(again.ok() && *again == *parsed);
  FUZZ_CHECK(!find_duplicate_member(text));
  const Result<Json> pretty = parse_json(dump_json_pretty(*parsed));
  FUZZ_CHECK(pretty.ok() && *pretty == *parsed);

  const std::string canonical = canonical_json(*parsed);
  const Result<Json> sorted = parse_json(canonical);
  FUZZ_CHECK(sorted.ok() && canonical_json(*sorted) == canonical);
}

}  // namespace zest::fuzz
