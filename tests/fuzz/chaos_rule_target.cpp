// Chaos rules as people write them: what is read is written the same way.
#include "chaos/rule.h"
#include "fuzz/target.h"

namespace zest::fuzz {

FUZZ_TARGET(chaos_rule, Json) {
  const Result<Json> document = parse_json(input);
  if (!document.ok()) return;
  Result<chaos::Rule> rule = chaos::read_rule(*document);
  if (!rule.ok()) {
    FUZZ_CHECK(rule.error().kind == ErrorKind::InvalidRequest && !rule.error().detail.empty());
    return;
  }
  if (rule->id.empty()) rule->id = "r1";  // whoever keeps a rule names it
  const Json written = chaos::to_json(*rule);
  const Result<chaos::Rule> again = chaos::read_rule(written);
  FUZZ_CHECK(again.ok() && chaos::to_json(*again) == written);
}

}  // namespace zest::fuzz
