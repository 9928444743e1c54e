// Calls that a scenario makes: of the Partner API, of Zest's admin, of the partner's own application.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "client/connection.h"
#include "scenario/matcher.h"
#include "scenario/stage.h"

namespace zest::scenario {

// What a mismatch of the whole body is called.
inline constexpr const char* kTextOfAnswer = "text of the answer";

// What came of one: an answer, or why there is none.
struct Answered {
  std::optional<client::Reply> reply;
  std::string lost;  // why there is no reply
};

// `key` is the Idempotency-Key of a call that needs one and names none. Errors: what the step cannot mean.
Result<Answered> call_partner_api(Stage& stage, const Json& step, const std::string& key);
Result<Answered> probe(const Json& step);
// Again and again, as long as the step's `within` (wall), until the answer is as expected.
Result<Answered> probe_until(const Json& step);
// approve, reject, complete; and one retry of the delivery `id`.
Result<Answered> call_admin(Stage& stage, const Json& step);
Result<Answered> retry_delivery(Stage& stage, const std::string& id);
Result<Answered> retry_all(Stage& stage, const Json& filter);

// `expect` of the step; without a status a success is expected.
Mismatches check_answer(const Answered& answered, const Json& step);
// The value of a capture: a path into the body, or "header:NAME".
Result<Json> captured_value(const client::Reply& reply, const std::string& path);

}  // namespace zest::scenario
