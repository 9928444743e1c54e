#include "certify/checks.h"

#include <algorithm>

namespace zest::certify {
namespace {

constexpr std::size_t kBurst = 100;
constexpr int kBurstRounds = 3;  // for connections that are turned away
constexpr std::size_t kSentAgainAtOnce = 4;
constexpr std::size_t kSimultaneousCopies = 5;
constexpr std::size_t kOrders = 3;  // completed, the receipt and the form first

Json with(Json envelope, const std::string& place, const Json& value) {
  Json& target = place.empty() ? envelope : envelope[place];
  for (const auto& entry : value.items()) target[entry.key()] = entry.value();
  return envelope;
}

void check_every_type(Session& session, DutyResult& result) {
  std::vector<Json> events = session.take_history();
  for (Json& event : session.take_endings()) events.push_back(std::move(event));
  std::vector<Exchange> exchanges;
  std::vector<Beginning> beginnings;
  for (const Json& event : events) {
    exchanges.push_back(session.send_genuine("genuine " + text_of(event, "eventType"), event));
    const Reception reception = exchanges.back().reception;
    if (reception == Reception::Accepted) beginnings.push_back(look_at_beginning(session, event));
    if (reception == Reception::Refused || reception == Reception::Broken) {
      session.refused_types.insert(exchanges.back().event_type);
    }
    if (session.gone()) break;
  }
  judge_accepted(result, exchanges, "Genuine events of all nine types were answered 2xx.");
  if (result.verdict == Verdict::Pass) check_beliefs(session, events, beginnings, result);
}

void check_unknown_type(Session& session, DutyResult& result) {
  std::vector<Exchange> exchanges;
  for (const char* type : {"vehicle.renamed", "investor.kyc_refreshed"}) {
    const Json event = with(session.take_single(), "", {{"eventType", type}});
    exchanges.push_back(session.send_genuine(std::string("event of the unknown type ") + type, event));
  }
  judge_accepted(result, exchanges, "Events of types that do not exist today were answered 2xx.");
}

void check_unknown_fields(Session& session, DutyResult& result) {
  const Json addition = {{"addedLater", {{"name", "Zoe"}, {"list", {1, 2.5, nullptr, true}}}}};
  const std::vector<Exchange> exchanges = {
      session.send_genuine("an unknown member in the envelope", with(session.take_single(), "", addition)),
      session.send_genuine("an unknown member in data", with(session.take_single(), "data", addition))};
  judge_accepted(result, exchanges, "Additional members in the envelope and in data did not disturb it.");
  session.fields_accepted = result.verdict == Verdict::Pass;
}

void check_raw_bytes(Session& session, DutyResult& result) {
  struct Variant {
    const char* what;
    JsonFormat format;
  };
  std::vector<Variant> variants(7);
  variants[0].what = "body written compactly";
  variants[1] = {"body indented, over many lines", {}};
  variants[1].format.before_item = "\n  ";
  variants[1].format.after_colon = " ";
  variants[2] = {"body with a space after colons and commas", {}};
  variants[2].format.after_colon = variants[2].format.after_comma = " ";
  variants[3] = {"body with \\u escapes for plain letters and \\/ for slashes", {}};
  variants[3].format.escaped = true;
  variants[4] = {"body with its members in another order", {}};
  variants[4].format.reversed = true;
  variants[5] = {"body that ends in a newline", {}};
  variants[5].format.at_end = "\n";
  variants[6] = {"body between white space", {}};
  variants[6].format.at_start = " \r\n";
  variants[6].format.at_end = " \t";
  std::vector<Exchange> exchanges;
  const auto send = [&](const std::string& what, const Json& event, const std::string& body) {
    exchanges.push_back(session.send(what, true, session.webhook(event, body, session.sign(body))));
  };
  for (const Variant& variant : variants) {
    const Json event = session.take_single();
    send(variant.what, event, write_json(event, variant.format));
  }
  if (session.fields_accepted) {
    const Json event = session.take_single();
    std::string body = dump_json(event);
    body.insert(body.size() - 1, ",\"addedLater\":{\"amount\":1.500,\"many\":1E3,\"name\":\"Zoë\"}");
    send("body with numbers such as 1.500 and 1E3, and letters beyond ASCII", event, body);
  }
  judge_accepted(result, exchanges,
                 "Bodies in " + std::to_string(exchanges.size()) +
                     " unusual spellings, signed as they are, were answered 2xx.");
  const bool some_accepted = std::any_of(exchanges.begin(), exchanges.end(), [](const Exchange& exchange) {
    return exchange.reception == Reception::Accepted;
  });
  if (result.verdict == Verdict::Fail && some_accepted) {
    result.sentence +=
        " It takes some spellings of the same JSON and refuses others, so what it verifies is "
        "not the body as it came.";
  }
}

void check_duplicates(Session& session, DutyResult& result) {
  const Json event = session.take_single();
  std::vector<Exchange> exchanges;
  for (const char* what : {"an event", "the same event again", "the same event a third time"}) {
    exchanges.push_back(session.send_genuine(what, event));
  }
  const std::vector<Json> copies(kSimultaneousCopies, session.take_single());
  for (Exchange& exchange : session.send_together("one of five copies at the same time", copies)) {
    exchanges.push_back(std::move(exchange));
  }
  judge_accepted(result, exchanges, "Copies one after the other and at the same time were answered 2xx.");
}

Json long_ago(Json event) {
  constexpr std::chrono::seconds kOffsetOfTheLast{52'530};  // of six attempts. Zest docs: webhooks/retries
  const Result<Instant> at = parse_instant(text_of(event, "occurredAt"));
  if (at.ok()) event["occurredAt"] = format_instant(*at - kOffsetOfTheLast);
  return event;
}

void check_any_order(Session& session, DutyResult& result) {
  std::vector<Exchange> exchanges;
  // Once newest first, and once each of the subscription's is the first that comes of it.
  for (std::size_t first = 0; first < kOrders; ++first) {
    std::vector<Json> events = session.take_history();
    std::reverse(events.begin(), events.end());
    const auto foremost = events.begin() + static_cast<std::ptrdiff_t>(first);
    std::rotate(events.begin(), foremost, foremost + 1);
    for (const Json& event : events) {
      if (session.refused_types.contains(text_of(event, "eventType"))) continue;
      exchanges.push_back(
          session.send_genuine(text_of(event, "eventType") + " before what comes before it", event));
    }
  }
  const Json old = long_ago(session.take_single());
  exchanges.push_back(
      session.send_genuine("one that occurred 14 h 35 min ago, as a sixth attempt says", old));
  judge_accepted(result, exchanges,
                 "The events of an investment, newest first and in other orders, were each answered 2xx.");
  if (result.verdict != Verdict::Pass) return;
  const Json fresh = session.take_single();
  if (session.send_genuine("one that has just occurred", fresh).reception != Reception::Accepted ||
      !look_at_beginning(session, fresh).failure.empty() || look_at_beginning(session, old).failure.empty())
    return;
  set_verdict(result, Verdict::Fail,
              "An event that occurred 14 h 35 min ago, as the sixth attempt of a webhook says, was answered "
              "2xx and dropped; its t was fresh.");
}

std::vector<Json> burst_events(Session& session) {
  std::vector<Json> events;
  for (Json& event : session.burst()) {
    if (!session.refused_types.contains(text_of(event, "eventType"))) events.push_back(std::move(event));
  }
  while (events.size() < kBurst) events.push_back(session.take_single());
  events.resize(kBurst);
  return events;
}

bool was_turned_away(const Exchange& exchange) {
  return exchange.reception == Reception::Closed || exchange.reception == Reception::Gone;
}

std::vector<Exchange> send_in_groups(Session& session, const std::vector<Json>& events, std::size_t size) {
  std::vector<Exchange> all;
  for (std::size_t from = 0; from < events.size(); from += size) {
    const auto first = events.begin() + static_cast<std::ptrdiff_t>(from);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(size, events.size() - from));
    for (Exchange& exchange :
         session.send_together("one of 100 events at the same time", std::vector<Json>(first, last))) {
      all.push_back(std::move(exchange));
    }
  }
  return all;
}

// A short listen queue turns connections away under any sender; what counts is that the events get in when
// they come again, and that none of them is answered by an error or too late.
void check_burst(Session& session, DutyResult& result) {
  std::vector<Json> events = burst_events(session);
  const std::vector<Json> all = events;
  std::vector<Exchange> lost;
  std::size_t turned_away = 0;
  Duration slowest{0};
  for (int round = 0; round < kBurstRounds && !events.empty(); ++round) {
    const std::vector<Exchange> exchanges =
        send_in_groups(session, events, round == 0 ? events.size() : kSentAgainAtOnce);
    std::vector<Json> again;
    for (std::size_t i = 0; i < exchanges.size(); ++i) {
      slowest = std::max(slowest, exchanges[i].outcome.latency);
      if (exchanges[i].reception == Reception::Accepted) continue;
      const bool may_come_again = was_turned_away(exchanges[i]) && round + 1 < kBurstRounds;
      if (may_come_again) {
        again.push_back(events[i]);
      } else {
        lost.push_back(exchanges[i]);
      }
    }
    if (round == 0) turned_away = again.size();
    events = std::move(again);
  }
  if (!lost.empty()) {
    add_evidence(result, lost);
    return set_verdict(result, Verdict::Fail,
                       "Of 100 events at the same time " + std::to_string(lost.size()) +
                           " were not taken (Zest would send them again by the retry schedule).");
  }
  const std::string first = turned_away == 0
                                ? "100 events at the same time were all answered 2xx"
                                : "Of 100 events at the same time " + std::to_string(turned_away) +
                                      " connections were turned away at first (a short listen backlog); all "
                                      "events were answered 2xx in the end";
  if (const std::string lost_later = lost_of(session, all); !lost_later.empty()) {
    return set_verdict(
        result, Verdict::Fail,
        "Of 100 events at the same time, all answered 2xx, some were lost: " + lost_later + ".");
  }
  set_verdict(result, Verdict::Pass, first + ", the slowest one after " + format_duration(slowest) + ".");
}

std::string list_of(const std::vector<std::string>& words) {
  constexpr std::size_t kShown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(words.size(), kShown); ++i) text += (i == 0 ? "" : "; ") + words[i];
  return words.size() > kShown ? text + "; and " + std::to_string(words.size() - kShown) + " more" : text;
}

}  // namespace

void set_verdict(DutyResult& result, Verdict verdict, std::string sentence) {
  result.verdict = verdict;
  result.sentence = std::move(sentence);
}

void add_evidence(DutyResult& result, const std::vector<Exchange>& exchanges) {
  for (const Exchange& exchange : exchanges) {
    result.evidence.push_back({exchange.sent, answer_text(exchange.outcome), exchange.outcome.latency});
  }
}

void judge_accepted(DutyResult& result, const std::vector<Exchange>& exchanges, const std::string& passed) {
  add_evidence(result, exchanges);
  std::vector<std::string> refused;
  bool elsewhere = false;
  for (const Exchange& exchange : exchanges) {
    if (exchange.reception == Reception::Accepted) continue;
    if (exchange.reception == Reception::TooLate || exchange.reception == Reception::Redirected) {
      elsewhere = true;
    } else {
      refused.push_back(exchange.sent + " (" + answer_text(exchange.outcome) + ")");
    }
  }
  if (!refused.empty()) {
    return set_verdict(result, Verdict::Fail,
                       std::to_string(refused.size()) + " of " + std::to_string(exchanges.size()) +
                           " genuine webhooks were not accepted: " + list_of(refused) + ".");
  }
  if (elsewhere) {
    return set_verdict(result, Verdict::NotShown,
                       "Some webhooks were answered too late or by a redirect, which another duty is about.");
  }
  set_verdict(result, Verdict::Pass, passed);
}

void judge_rejected(DutyResult& result, const std::vector<Exchange>& exchanges) {
  add_evidence(result, exchanges);
  std::vector<std::string> accepted;
  bool gone = false;
  for (const Exchange& exchange : exchanges) {
    if (exchange.reception == Reception::Accepted) accepted.push_back(exchange.sent);
    gone = gone || exchange.reception == Reception::Gone;
  }
  const std::string total = std::to_string(exchanges.size());
  if (!accepted.empty()) {
    return set_verdict(result, Verdict::Fail,
                       exchanges.size() == 1
                           ? "It was accepted (" + list_of(accepted) + ")."
                           : std::to_string(accepted.size()) + " of " + total +
                                 " such webhooks were accepted: " + list_of(accepted) + ".");
  }
  if (gone) return set_verdict(result, Verdict::Fail, "The receiver went away when it got such a webhook.");
  set_verdict(result, Verdict::Pass,
              exchanges.size() == 1 ? "It was refused." : "All " + total + " such webhooks were refused.");
}

void judge_answers_in_time(const Session& session, DutyResult& result) {
  std::vector<Exchange> late;
  Duration slowest{0};
  std::size_t genuine = 0;
  for (const Exchange& exchange : session.exchanges()) {
    if (!exchange.genuine) continue;
    ++genuine;
    if (exchange.reception == Reception::TooLate) late.push_back(exchange);
    slowest = std::max(slowest, exchange.outcome.latency);
  }
  const std::string limit = format_duration(session.timeout());
  if (!late.empty()) {
    add_evidence(result, late);
    return set_verdict(result, Verdict::Fail,
                       std::to_string(late.size()) + " of " + std::to_string(genuine) +
                           " genuine webhooks had no answer within " + limit + ".");
  }
  set_verdict(result, Verdict::Pass,
              "Of " + std::to_string(genuine) +
                  " genuine webhooks sent one by one, the slowest answer took " + format_duration(slowest) +
                  " of " + limit + ".");
}

void judge_no_redirect(const Session& session, DutyResult& result) {
  std::vector<Exchange> redirected;
  for (const Exchange& exchange : session.exchanges()) {
    if (exchange.genuine && exchange.reception == Reception::Redirected) redirected.push_back(exchange);
  }
  if (redirected.empty()) return set_verdict(result, Verdict::Pass, "No genuine webhook was redirected.");
  add_evidence(result, redirected);
  const std::string* target = redirected.front().outcome.headers.find("Location");
  set_verdict(result, Verdict::Fail,
              std::to_string(redirected.size()) + " genuine webhooks were answered by a redirect" +
                  (target ? ", the first one to " + *target : std::string()) + ".");
}

void judge_refusals(const Session& session, DutyResult& result) {
  std::vector<Exchange> crude;
  std::size_t refused = 0;
  for (const Exchange& exchange : session.exchanges()) {
    if (exchange.genuine || exchange.reception == Reception::Accepted) continue;
    ++refused;
    if (exchange.reception != Reception::Refused) crude.push_back(exchange);
  }
  if (refused == 0) {
    return set_verdict(result, Verdict::NotShown, "No forged webhook was refused.");
  }
  if (crude.empty()) {
    return set_verdict(result, Verdict::Pass,
                       "All " + std::to_string(refused) + " refusals were answers with a 4xx.");
  }
  add_evidence(result, crude);
  set_verdict(result, Verdict::Fail,
              std::to_string(crude.size()) + " of " + std::to_string(refused) +
                  " forged webhooks were not answered with a 4xx: " + crude.front().sent + " (" +
                  answer_text(crude.front().outcome) + ").");
}

Check check_of(std::string_view duty_id) {
  struct Row {
    std::string_view id;
    Check check;
  };
  static constexpr Row kRows[] = {
      {"accepts-every-type", check_every_type},
      {"accepts-unknown-type", check_unknown_type},
      {"accepts-unknown-fields", check_unknown_fields},
      {"verifies-raw-bytes", check_raw_bytes},
      {"accepts-duplicates", check_duplicates},
      {"accepts-any-order", check_any_order},
      {"survives-burst", check_burst},
      {"survives-crash", check_crash},
  };
  for (const Row& row : kRows) {
    if (row.id == duty_id) return row.check;
  }
  return check_of_signature(duty_id);
}

}  // namespace zest::certify
