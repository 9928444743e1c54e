// Grades a partner's webhook receiver: sends it genuine and forged webhooks, looks at nothing but the answers
// (and, when told where, at the state of the partner's application), and says which documented duty holds,
// which does not, and which a look from outside cannot show. Thread-safety: none; blocks while it runs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "client/webhook_sender.h"

namespace zest::scenario {

enum class Level { Must, Should };

// One row of the table of duties.
struct Duty {
  std::string_view id;     // part of the reports' format: stable
  std::string_view title;  // what a good receiver does
  Level level = Level::Must;
  std::string_view documentation;  // page of Zest's documentation
  std::string_view fix;            // what to do when it does not hold
};
const std::vector<Duty>& duties();

enum class Verdict {
  Pass,
  Fail,
  NotShown,  // it could not be judged; the sentence says why
  NotAsked,  // the same, because an option was not given
};
const char* verdict_name(Verdict verdict);  // "pass", "fail", "not shown"
const char* level_name(Level level);

// One webhook (or several of a kind) and what came back.
struct Evidence {
  std::string sent;
  std::string answer;
  std::optional<Duration> latency;  // wall; nothing when it is no exchange
};

struct DutyResult {
  const Duty* duty = nullptr;
  Verdict verdict = Verdict::NotShown;
  std::string sentence;
  std::vector<Evidence> evidence;
  Duration took{0};  // wall
};

// A    every duty holds, those about state included
// B    every must that was judged holds; a should does not, or state was not looked at
// C    a must does not hold (or could not be judged), but genuine webhooks get in and others do not
// F    forged or replayed webhooks get in, or genuine ones do not
enum class Grade { A, B, C, F };
const char* grade_name(Grade grade);
const char* grade_meaning(Grade grade);

struct CertifyReport {
  std::string url;        // without credentials and query
  std::string probe_url;  // the same; "": none
  Instant started_at{};   // wall
  Duration took{0};       // wall
  std::size_t webhooks_sent = 0;
  std::vector<DutyResult> results;  // in the order of duties()
  Grade grade = Grade::F;
  std::vector<std::string> limits;  // what no black box can show, one sentence each

  bool passed() const;  // every must holds, but those that were not asked for
};

// Envelopes as they come from the sandbox: real events of resources that no earlier run has told of.
struct CertifyEvents {
  std::vector<Json> requests;                // spv_request.created, each of an SPV request of its own
  std::vector<Json> investors;               // investor.created, each of another person
  std::vector<Json> endings;                 // an spv_request.rejected and an spv_request.cancelled
  std::vector<std::vector<Json>> histories;  // from spv_request.created to subscription.completed, in order
};
// What certify() takes of them.
inline constexpr std::size_t kSinglesNeeded = 64;    // of requests and of investors
inline constexpr std::size_t kHistoriesNeeded = 18;  // twelve for the burst

struct CertifyOptions {
  client::WebhookEndpoint endpoint;
  std::string secret;
  std::string probe_template;  // "": state is not looked at; see check_probe_template
  Duration settle{500};        // wall: how long state must stay as it is
};

// "{subject}" is the slug or id that an event is about, "{kind}" is spv-request or subscription; further
// names are members of the events' data: {spvRequestSlug}, {subscriptionSlug}, {spvSlug}, {personId}. Errors:
// InvalidRequest for another name or none at all.
Result<void> check_probe_template(std::string_view text);

// Errors: ServiceUnavailable when nobody can be reached at the URL; InvalidRequest when it is no URL.
Result<CertifyReport> certify(const CertifyOptions& options, CertifyEvents events, const WallClock& clock);

}  // namespace zest::scenario
