#include "certify/session.h"

#include <algorithm>
#include <array>
#include <thread>

#include "application/asking.h"
#include "application/url_template.h"
#include "base/utf8.h"
#include "client/webhook_signature.h"

namespace zest::certify {
namespace {

constexpr Duration kPollInterval{50};  // wall
constexpr std::size_t kShownAnswer = 120;
constexpr std::array<std::string_view, 6> kProbeNames = {"subject",          "kind",    "spvRequestSlug",
                                                         "subscriptionSlug", "spvSlug", "personId"};

// The start of an answer's body on one line.
std::string excerpt(const std::string& body) {
  std::string text;
  for (std::size_t at = 0; at < body.size() && text.size() < kShownAnswer;) {
    const std::size_t length = utf8_sequence_length(body, at);
    const auto first = static_cast<unsigned char>(body[at]);
    text += length == 0 ? "?" : first < 0x20 || first == 0x7F ? " " : body.substr(at, length);
    at += std::max<std::size_t>(length, 1);
  }
  return text.size() < body.size() && text.size() >= kShownAnswer ? text + "…" : text;
}

}  // namespace

std::string text_of(const Json& object, std::string_view name) {
  const std::string* text = string_member(object, name);
  return text ? *text : std::string();
}

Subject subject_of(const Json& envelope) {
  const Json* data = member(envelope, "data");
  if (!data) return {};
  for (const auto& candidate : {Subject{"subscription", text_of(*data, "subscriptionSlug")},
                                Subject{"spv-request", text_of(*data, "spvRequestSlug")},
                                Subject{"investor", text_of(*data, "zestPersonId")}}) {
    if (!candidate.id.empty()) return candidate;
  }
  return {};
}

Reception reception_of(const http::Outcome& outcome) {
  switch (outcome.failure) {
    case http::Failure::None:
      break;
    case http::Failure::Timeout:
      return Reception::TooLate;
    case http::Failure::Reset:
      return Reception::Closed;
    case http::Failure::TooLarge:
      return Reception::Broken;
    default:
      return Reception::Gone;
  }
  switch (outcome.status / 100) {
    case 2:
      return Reception::Accepted;
    case 3:
      return Reception::Redirected;
    case 4:
      return Reception::Refused;
    default:
      return Reception::Broken;
  }
}

std::string answer_text(const http::Outcome& outcome) {
  if (outcome.failure == http::Failure::Timeout) {
    return "no answer within " + format_duration(outcome.latency);
  }
  if (outcome.failure != http::Failure::None) {
    return std::string(http::failure_name(outcome.failure)) + ": " + outcome.failure_detail;
  }
  const std::string shown = excerpt(outcome.body);
  return std::to_string(outcome.status) + (shown.empty() ? "" : " " + shown);
}

Session::Session(const Options& options, Events events, const WallClock& clock)
    : options_(options), events_(std::move(events)), clock_(clock), sender_(options.endpoint) {}

Json Session::take_single() {
  const std::vector<Json>& pool = singles_are_investors_ ? events_.investors : events_.requests;
  return pool[singles_taken_++ % pool.size()];
}

std::vector<Json> Session::take_history() { return events_.histories[histories_taken_++ % kHistories]; }

std::vector<Json> Session::burst() const {
  std::vector<Json> events;
  for (std::size_t i = kHistories; i < events_.histories.size(); ++i)
    events.insert(events.end(), events_.histories[i].begin(), events_.histories[i].end());
  return events;
}

std::vector<Json> Session::take_endings() {
  constexpr std::size_t kEach = 4;  // two requests with two events each
  const std::size_t first = kEach * (endings_taken_++ % kEndings);
  const auto begin = events_.endings.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(kEach)};
}

bool Session::made_itself(application::Resource resource) const {
  switch (resource) {
    case application::Resource::SpvRequest:
      return events_.own_requests;
    case application::Resource::Investor:
      return events_.own_investors;
    case application::Resource::Subscription:
      return events_.own_subscriptions;
  }
  return false;
}

std::string Session::sign(const std::string& body, std::chrono::seconds later) const {
  return client::sign_webhook(options_.secret, body, clock_.wall() + later);
}

client::Webhook Session::webhook(const Json& envelope) const {
  const std::string body = body_of(envelope);
  return webhook(envelope, body, sign(body));
}

client::Webhook Session::webhook(const Json& envelope, std::string body,
                                 std::optional<std::string> signature) const {
  return {text_of(envelope, "eventId"), text_of(envelope, "eventType"), std::move(body),
          std::move(signature)};
}

Exchange Session::exchange_of(const std::string& what, bool genuine, const std::string& type,
                              http::Outcome outcome) const {
  const Reception reception = reception_of(outcome);
  return {what, type, genuine, reception, std::move(outcome)};
}

Exchange Session::send_genuine(const std::string& what, const Json& envelope) {
  Exchange exchange = send(what, true, webhook(envelope));
  if (first_taken.is_null() && exchange.reception == Reception::Accepted) first_taken = envelope;
  return exchange;
}

Exchange Session::send(const std::string& what, bool genuine, const client::Webhook& webhook) {
  ++sent_;
  exchanges_.push_back(exchange_of(what, genuine, webhook.event_type, sender_.send(webhook)));
  gone_ = gone_ || exchanges_.back().reception == Reception::Gone;
  return exchanges_.back();
}

std::vector<Exchange> Session::send_together(const std::string& what, const std::vector<Json>& envelopes) {
  std::vector<client::Webhook> webhooks;
  webhooks.reserve(envelopes.size());
  for (const Json& envelope : envelopes) webhooks.push_back(webhook(envelope));
  sent_ += webhooks.size();
  std::vector<http::Outcome> outcomes = sender_.send_all(webhooks);
  std::vector<Exchange> exchanges;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    exchanges.push_back(exchange_of(what, true, webhooks[i].event_type, std::move(outcomes[i])));
  }
  return exchanges;
}

Result<void> check_probe_template(std::string_view text) {
  std::string names;
  for (const std::string_view name : kProbeNames)
    names += (names.empty() ? "{" : ", {") + std::string(name) + "}";
  std::optional<std::string> unknown;
  bool any = false;
  const bool whole = application::walk_template(text, [&](std::string_view piece, bool is_name) {
    if (!is_name) return;
    any = true;
    if (std::find(kProbeNames.begin(), kProbeNames.end(), piece) == kProbeNames.end()) unknown = piece;
  });
  if (!whole) return make_error(ErrorKind::InvalidRequest, "a brace has no partner; there are " + names);
  if (unknown) {
    return make_error(ErrorKind::InvalidRequest, "there is no {" + *unknown + "}; there are " + names);
  }
  if (!any) {
    return make_error(
        ErrorKind::InvalidRequest,
        "it does not say where the identifier goes, as in http://127.0.0.1:3000/state/{subject}; "
        "there are " +
            names);
  }
  return {};
}

bool Session::has_probe() const {
  if (!options_.probe_template.empty()) return true;
  return application() && (application()->probe(application::Resource::SpvRequest) ||
                           application()->probe(application::Resource::Subscription));
}

std::optional<std::string> Session::probe_url(const Json& envelope) {
  const Subject subject = subject_of(envelope);
  if (options_.probe_template.empty() && application()) {
    const std::optional<application::Resource> resource = application::resource_of(subject.id);
    const application::Probe* probe = resource ? application()->probe(*resource) : nullptr;
    if (!probe) return std::nullopt;
    const Json names = application::names_of(envelope);
    const Result<std::string> filled = application::fill_template(probe->question.url, names);
    if (!filled.ok()) return std::nullopt;
    asked_[*filled] = {&probe->question, names};
    return *filled;
  }
  const Json data = envelope.value("data", Json::object());
  std::string url;
  bool complete = true;
  application::walk_template(options_.probe_template, [&](std::string_view piece, bool is_name) {
    if (!is_name) {
      url += piece;
      return;
    }
    const std::string value = piece == "subject" ? subject.id
                              : piece == "kind"  ? subject.kind
                                                 : text_of(data, piece);
    complete = complete && !value.empty();
    url += http::percent_encode(value);
  });
  return complete ? std::optional<std::string>(url) : std::nullopt;
}

Result<std::string> Session::probe(const std::string& url) const {
  if (const auto asked = asked_.find(url); asked != asked_.end()) {
    ASSIGN_OR_RETURN(const std::optional<Json> value,
                     application::ask(*asked->second.question, asked->second.names));
    if (value) return canonical_json(*value);
    return make_error(ErrorKind::NotFound, "the application knows nothing of it");
  }
  const http::Outcome outcome = sender_.get(url);
  if (reception_of(outcome) != Reception::Accepted) {
    return make_error(ErrorKind::ServiceUnavailable, answer_text(outcome));
  }
  Result<Json> json = parse_json(outcome.body);
  if (json.ok()) return canonical_json(*json);
  const std::size_t first = outcome.body.find_first_not_of(" \t\r\n");
  const std::size_t last = outcome.body.find_last_not_of(" \t\r\n");
  return first == std::string::npos ? std::string() : outcome.body.substr(first, last - first + 1);
}

Result<std::string> Session::probe_until(
    const std::string& url, const std::function<bool(const Result<std::string>&)>& enough) const {
  const Instant deadline = clock_.steady() + timeout();
  while (true) {
    Result<std::string> state = probe(url);
    if (enough(state) || clock_.steady() >= deadline) return state;
    std::this_thread::sleep_for(kPollInterval);
  }
}

Result<std::string> Session::probe_while(const std::string& url, const std::string& state) const {
  const Instant deadline = clock_.steady() + options_.settle;
  while (true) {
    const bool last = clock_.steady() >= deadline;
    Result<std::string> now = probe(url);
    if (!now.ok() || *now != state || last) return now;
    std::this_thread::sleep_for(kPollInterval);
  }
}

}  // namespace zest::certify
