// Grades a partner's webhook receiver: sends it genuine and forged webhooks, looks at nothing but the answers
// (and, when told where, at the state of the partner's application), and says which documented duty holds,
// which does not, and which a look from outside cannot show. Thread-safety: none; blocks while it runs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "application/description.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "certify/report.h"
#include "client/webhook_sender.h"

namespace zest::certify {

// Envelopes as they come from the sandbox: real events of resources that no earlier run has told of.
struct Events {
  std::vector<Json> requests;   // spv_request.created, each of an SPV request of its own
  std::vector<Json> investors;  // investor.created, each of another person
  std::vector<Json>
      endings;  // kEndings requests that are rejected and as many cancelled, each with its start
  std::vector<std::vector<Json>> histories;  // from spv_request.created to subscription.completed, in order
  // Of the first kHistories and the endings: the application itself made the SPV requests, the investors, the
  // subscriptions. It has heard of them, then, also where it keeps no others.
  bool own_requests = false;
  bool own_investors = false;
  bool own_subscriptions = false;
};
// What grade_receiver() takes of them.
inline constexpr std::size_t kSinglesNeeded = 80;  // of requests and of investors
inline constexpr std::size_t kHistories = 20;      // all that state and effects are looked at by
inline constexpr std::size_t kHistoriesOfTheBurst = 12;
inline constexpr std::size_t kHistoriesNeeded = kHistories + kHistoriesOfTheBurst;
inline constexpr std::size_t kEndings = 6;

struct Options {
  client::WebhookEndpoint endpoint;
  std::string secret;
  std::string probe_template;  // "": state is not looked at; see check_probe_template
  // In its place the probes of an application, whose effects are looked at, too; nullptr: none is described.
  std::shared_ptr<const application::Description> application;
  Duration settle{500};  // wall: how long state must stay as it is
  // Ends the application as a crash would, and starts it again. Empty: it was not started by us. Errors: it
  // does not start again.
  std::function<Result<void>()> crash;
  // Told which check begins, the how manieth of how many. May be empty.
  std::function<void(const Duty& duty, std::size_t number, std::size_t of)> on_check;
};

// "{subject}" is the slug or id that an event is about, "{kind}" is spv-request or subscription; further
// names are members of the events' data: {spvRequestSlug}, {subscriptionSlug}, {spvSlug}, {personId}. Errors:
// InvalidRequest for another name or none at all.
Result<void> check_probe_template(std::string_view text);

// Errors: ServiceUnavailable when nobody can be reached at the URL; InvalidRequest when it is no URL.
Result<Report> grade_receiver(const Options& options, Events events, const WallClock& clock);

}  // namespace zest::certify
