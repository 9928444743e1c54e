// Snapshots of any shape: what is refused leaves nothing behind, and what is taken can be looked at from
// every side, saved, and loaded again.
#include "base/json.h"
#include "fuzz/fuzzed_sandbox.h"
#include "fuzz/target.h"

namespace zest::fuzz {
namespace {

Json saved(FuzzedSandbox& sandbox) {
  const ReadAnswer answer = sandbox.call("GET", "/_sandbox/snapshot");
  FUZZ_CHECK(answer.status == 200);
  Result<Json> json = parse_json(answer.body);
  FUZZ_CHECK(json.ok() && json->is_object());
  json->erase("createdAt");
  return std::move(*json);
}

void look_at_everything(FuzzedSandbox& sandbox) {
  for (const char* target : {"/_sandbox/status", "/_sandbox/partners", "/_sandbox/spv-requests",
                             "/_sandbox/clock", "/_sandbox/subscriptions", "/_sandbox/chaos/rules",
                             "/_sandbox/chaos/held", "/_sandbox/requests", "/_sandbox/metrics"}) {
    FUZZ_CHECK(sandbox.call("GET", target).status == 200);
  }
  const ReadAnswer list = sandbox.call("GET", "/_sandbox/webhook-deliveries?perPage=5");
  FUZZ_CHECK(list.status == 200);
  const Result<Json> deliveries = parse_json(list.body);
  FUZZ_CHECK(deliveries.ok());
  for (const Json& delivery : (*deliveries)["documents"]) {
    const std::string* id = string_member(delivery, "deliveryId");
    FUZZ_CHECK(id != nullptr);
    check_answer(sandbox.call("GET", "/_sandbox/webhook-deliveries/" + http::percent_encode(*id)));
  }
}

}  // namespace

FUZZ_TARGET(snapshot, Json) {
  static FuzzedSandbox sandbox;
  if (input.empty()) return;
  const Json before = saved(sandbox);
  const ReadAnswer loaded = sandbox.call("PUT", "/_sandbox/snapshot", input);
  check_answer(loaded);
  if (loaded.status != 200) {
    FUZZ_CHECK(saved(sandbox) == before);
    return;
  }
  look_at_everything(sandbox);
  check_answer(sandbox.call("POST", "/_sandbox/clock/advance", R"({"by": "1h"})"));
  look_at_everything(sandbox);
  const ReadAnswer document = sandbox.call("GET", "/_sandbox/snapshot");
  FUZZ_CHECK(document.status == 200);
  FUZZ_CHECK(sandbox.call("PUT", "/_sandbox/snapshot", document.body).status == 200);
  sandbox.reset();
}

}  // namespace zest::fuzz
