#include "certify/client_duties.h"

#include <algorithm>

#include "certify/client_checks.h"

namespace zest::certify {
namespace {

constexpr std::string_view kClientGates[] = {"key-on-every-write", "same-key-on-retry",
                                             "fresh-key-per-intent"};

bool is_client_gate(const Duty& duty) {
  return std::find(std::begin(kClientGates), std::end(kClientGates), duty.id) != std::end(kClientGates);
}

}  // namespace

const std::vector<ClientDuty>& client_duties() {
  static const std::vector<ClientDuty> all = {
      {{"key-on-every-write", "Sends an Idempotency-Key with every write", Level::Must, "idempotency",
        "Make a key when the intent arises (a UUID kept with your own record), and send it with every POST "
        "that takes "
        "one, also where it is optional."},
       client_checks::check_keys_given},
      {{"same-key-on-retry", "Tries again with the same key", Level::Must, "idempotency",
        "Keep the key with the intent, outside the function that makes the call: each retry of one write, by "
        "your HTTP "
        "library too, sends the key of the first try."},
       client_checks::check_same_key},
      {{"fresh-key-per-intent", "Uses another key for another intent", Level::Must, "idempotency",
        "Derive the key from the intent's own id, not from its content, the day or the user: two equal "
        "orders are two "
        "orders."},
       client_checks::check_fresh_key},
      {{"retries-transient-failures", "Tries again after lost answers, 429 and 5xx", Level::Must, "errors",
        "Take a broken or cut connection, a timeout, 429 and 5xx for \"not known yet\", and try the same "
        "call again."},
       client_checks::check_retries},
      {{"retries-after-timeout", "Tries again when no answer comes in time", Level::Must, "errors",
        "Give every call a timeout (10 s or so), and take one that it ended for \"not known yet\": the same "
        "call again, with the same key, as after a lost answer."},
       client_checks::check_timeout},
      {{"backs-off", "Waits longer before each further try", Level::Should, "errors",
        "Double the pause with each try, with some jitter: a service that comes back is not helped by "
        "everybody at once."},
       client_checks::check_backs_off},
      {{"honours-retry-after", "Waits as long as Retry-After says", Level::Should, "errors",
        "Where an answer has Retry-After (seconds, or a date), wait at least so long before the next try, "
        "also where your own pause would be shorter."},
       client_checks::check_retry_after},
      {{"gives-up", "Stops trying some day", Level::Must, "errors",
        "Bound the tries of one write (five or so), then keep it as failed, tell somebody, and let a job "
        "take it up."},
       client_checks::check_gives_up},
      {{"no-blind-retry", "Does not repeat what was refused for good", Level::Must, "errors",
        "400, 403, 404, 409, 413 and 415 do not change by themselves: put right what they name, or tell the "
        "caller."},
       client_checks::check_no_blind_retry},
      {{"renews-after-401", "Renews its token once after a 401 and tries again", Level::Must,
        "authentication",
        "On 401 throw the token away, fetch one (once for all waiting calls), and make the call again, "
        "once."},
       client_checks::check_renewal},
      {{"assertion-valid", "Makes assertions that are fresh and for the right audience", Level::Must,
        "authentication",
        "Sign a new assertion for each exchange: aud is the environment's base URL, iat is now by a "
        "synchronised clock, "
        "each jti is used once."},
       client_checks::check_assertions_valid},
      {{"assertion-short", "Makes assertions that live for 60 s at most", Level::Should, "authentication",
        "Set exp to iat + 60: whoever finds one in a log has no use for it."},
       client_checks::check_assertions_short},
      {{"token-reused", "Uses an access token for many calls", Level::Should, "authentication",
        "Keep the token beside its end (expiresIn), shared by all calls of the process, and renew it shortly "
        "before."},
       client_checks::check_token_reused},
      {{"renews-before-end", "Renews its token before it ends", Level::Should, "authentication",
        "Note when the token ends (now + expiresIn), and fetch the next one a minute or so before: a call "
        "with one that has ended costs a 401."},
       client_checks::check_renews_in_time},
      {{"refresh-once", "Uses each refresh token once", Level::Must, "authentication",
        "Let one refresh run at a time, and store the new refresh token before anything else; a spent one "
        "revokes the "
        "whole chain."},
       client_checks::check_refresh_once},
      {{"keeps-secrets", "Keeps tokens and keys out of logs and answers", Level::Should, "authentication",
        "Log method, path, status and errorId of a call, never its headers or the request object of your "
        "HTTP library, which has the Authorization header; redact what begins with eyJ or whsec_."},
       client_checks::check_secrets_kept},
      {{"calls-accepted", "Makes calls that Zest accepts", Level::Must, "errors",
        "The answer says what is wrong with the call: its path, its Content-Type, a header, a member of the "
        "body. `zest-sandbox explain last` says which rule it broke and what to change."},
       client_checks::check_calls_accepted},
      {{"surfaces-validation-errors", "Tells every row of validationErrors", Level::Must, "errors",
        "Pass field and message of every row on to whoever can put them right, not only the first or the "
        "status."},
       client_checks::check_violations_surfaced},
      {{"keeps-error-id", "Keeps the errorId of a 5xx", Level::Should, "errors",
        "Log errorId and tell it with the failure: it is what Zest's support looks for. Where it is kept a "
        "probe \"failure\" of zest-app.json shows."},
       client_checks::check_error_id_kept},
      {{"reads-row-results", "Reads the result of every investor, not only the status", Level::Must,
        "investors", "The answer is 200 also when rows failed: go through results by partnerInvestorId."},
       client_checks::check_rows_read},
      {{"ignores-unknown-members", "Passes over members that it does not know", Level::Must, "conventions",
        "Read the members that you need; a strict deserialiser breaks on the day that Zest adds one."},
       client_checks::check_unknown_members},
      {{"form-before-receipt", "Uploads the form before the funding receipt", Level::Must, "subscriptions",
        "409 on fundings means that no signed form is on record: upload it first, then the receipt again."},
       client_checks::check_form_first},
      {{"no-polling", "Waits for the review by webhook", Level::Should, "webhooks/events",
        "Act on spv_request.completed and spv_request.rejected; read the request once after a start, not in "
        "a loop."},
       client_checks::check_no_polling},
      {{"uploads-right", "Uploads right types and sizes, and the same bytes again", Level::Must, "uploads",
        "Give the part its Content-Type (PDF, JPEG, PNG or WebP) and at most 10 MB; keep the bytes until the "
        "answer is "
        "there."},
       client_checks::check_uploads},
  };
  return all;
}

std::vector<DutyResult> judge_client(const ClientFacts& facts) {
  std::vector<DutyResult> results;
  for (const ClientDuty& each : client_duties()) {
    DutyResult result;
    result.duty = &each.duty;
    each.check(facts, result);
    results.push_back(std::move(result));
  }
  return results;
}

Grade client_grade(const std::vector<DutyResult>& results) {
  bool all = true;
  bool musts = true;
  bool safe = true;
  for (const DutyResult& result : results) {
    const bool failed = result.verdict == Verdict::Fail;
    all = all && result.verdict == Verdict::Pass;
    musts = musts && !(failed && result.duty->level == Level::Must);
    safe = safe && !(failed && is_client_gate(*result.duty));
  }
  return !safe ? Grade::F : !musts ? Grade::C : all ? Grade::A : Grade::B;
}

const char* client_grade_meaning(Grade grade) {
  switch (grade) {
    case Grade::A:
      return "Every duty was looked at and holds.";
    case Grade::B:
      return "Every must that was judged holds; something that should hold does not, or was not looked at.";
    case Grade::C:
      return "No write is lost or made twice, but another duty that must hold does not.";
    case Grade::F:
      return "Writes can be lost or made twice.";
  }
  return "";
}

}  // namespace zest::certify
