#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/crypto.h"
#include "certify/checks.h"
#include "client/webhook_signature.h"

namespace zest::certify {
namespace {

constexpr std::chrono::seconds kTolerance{300};  // Zest docs: webhooks/signatures
// Clocks of two machines and the way there: "just" outside and inside keep this distance.
constexpr std::chrono::seconds kMargin{5};

struct Forgery {
  const char* what;
  client::Webhook (*make)(Session& session);
};

// A genuine webhook whose header `change` makes another one of.
template <class Change>
client::Webhook with_header(Session& session, Change change) {
  client::Webhook webhook = session.webhook(session.take_single());
  webhook.signature = change(*webhook.signature);
  return webhook;
}

std::string timestamp_part(const std::string& header) { return header.substr(0, header.find(',')); }
std::string hex_part(const std::string& header) { return header.substr(header.find(",v1=") + 4); }

std::string with_another_digit(std::string header) {
  header.back() = header.back() == '0' ? '1' : '0';
  return header;
}

client::Webhook flipped(Session& session) { return with_header(session, with_another_digit); }

client::Webhook wrong_secret(Session& session) {
  client::Webhook webhook = session.webhook(session.take_single());
  webhook.signature = client::sign_webhook(session.secret() + "0", webhook.body, session.wall());
  return webhook;
}

client::Webhook tampered(Session& session) {
  Json event = session.take_single();
  const std::string signature = session.sign(session.body_of(event));
  event["data"]["status"] = "tampered";
  return session.webhook(event, session.body_of(event), signature);
}

client::Webhook of_another_event(Session& session) {
  const client::Webhook other = session.webhook(session.take_single());
  client::Webhook webhook = session.webhook(session.take_single());
  webhook.signature = other.signature;
  return webhook;
}

client::Webhook moved_timestamp(Session& session) {
  client::Webhook webhook = session.webhook(session.take_single());
  const std::string early = session.sign(webhook.body, std::chrono::seconds(-60));
  webhook.signature = timestamp_part(*webhook.signature) + ",v1=" + hex_part(early);
  return webhook;
}

template <std::size_t kLength>
client::Webhook truncated(Session& session) {
  return with_header(session, [](const std::string& header) {
    return timestamp_part(header) + ",v1=" + hex_part(header).substr(0, kLength);
  });
}

client::Webhook zeros(Session& session) {
  return with_header(session, [](const std::string& header) {
    return timestamp_part(header) + ",v1=" + std::string(64, '0');
  });
}

client::Webhook no_v1(Session& session) { return with_header(session, timestamp_part); }

client::Webhook only_v2(Session& session) {
  return with_header(
      session, [](const std::string& header) { return timestamp_part(header) + ",v2=" + hex_part(header); });
}

client::Webhook no_timestamp(Session& session) {
  return with_header(session, [](const std::string& header) { return "v1=" + hex_part(header); });
}

client::Webhook empty_header(Session& session) {
  return with_header(session, [](const std::string&) { return std::string(); });
}

client::Webhook garbage(Session& session) {
  return with_header(session, [](const std::string&) { return std::string("=,;t=now,v1,{}"); });
}

// Whether what was refused was believed all the same, as far as a probe shows it.
class Unbelieved {
 public:
  explicit Unbelieved(Session& session) : session_(session) {}

  void note(const std::string& what, const client::Webhook& webhook) {
    const Result<Json> envelope = parse_json(webhook.body);
    const std::optional<std::string> url =
        session_.has_probe() && envelope.ok() ? session_.probe_url(*envelope) : std::nullopt;
    seen_.push_back({what, webhook, url, url ? state_at(*url) : kUnreadable, false});
  }
  void came_back(const Exchange& exchange) {
    seen_.back().refused =
        exchange.reception == Reception::Refused || exchange.reception == Reception::Broken;
  }

  void judge(DutyResult& result) {
    if (!session_.has_probe()) return;
    std::this_thread::sleep_for(session_.settle());
    for (const Seen& one : seen_) {
      if (!one.url || !one.refused) continue;
      const std::string now = state_at(*one.url);
      if (now == one.before || now == kUnreadable) continue;
      result.evidence.push_back({one.what + ", then GET " + *one.url, now, std::nullopt});
      return set_verdict(result, Verdict::Fail,
                         "A forged webhook was refused (" + one.what +
                             "), and what it says was believed all the same: GET " + *one.url + " says " +
                             now + ". It is worked off before its signature is verified.");
    }
    judge_genuine_after_forged(result);
  }

 private:
  struct Seen {
    std::string what;
    client::Webhook webhook;
    std::optional<std::string> url;
    std::string before;
    bool refused = false;
  };
  static constexpr const char* kUnreadable = "nothing";

  std::string state_at(const std::string& url) const {
    const Result<std::string> state = session_.probe(url);
    return state.ok() ? *state : kUnreadable;
  }
  // Whether the state there becomes another one than before.
  bool shows(const std::string& url, const std::string& before) const {
    const auto differs = [&before](const Result<std::string>& now) { return now.ok() && *now != before; };
    return differs(session_.probe_until(url, differs));
  }

  // Who notes event ids before the signature is verified lets a forger keep genuine webhooks out.
  void judge_genuine_after_forged(DutyResult& result) {
    const Seen& forged = seen_.front();  // a genuine body under a wrong signature
    const Json other = session_.take_single();
    const std::optional<std::string> url = session_.probe_url(other);
    if (!url || !forged.url || !forged.refused) return;
    const std::string before = state_at(*url);
    if (session_.send_genuine("genuine " + text_of(other, "eventType"), other).reception !=
            Reception::Accepted ||
        !shows(*url, before)) {
      return;  // such events do not show there
    }
    client::Webhook genuine = forged.webhook;
    genuine.signature = session_.sign(genuine.body);
    const Exchange exchange =
        session_.send("genuine " + genuine.event_type + " after its forged copy", true, genuine);
    if (exchange.reception == Reception::Accepted && shows(*forged.url, forged.before)) return;
    add_evidence(result, {exchange});
    set_verdict(result, Verdict::Fail,
                "A genuine webhook whose forged copy had come before had no effect (" +
                    answer_text(exchange.outcome) +
                    "): event ids are noted before the signature is verified, so a forger can keep genuine "
                    "webhooks out.");
  }

  Session& session_;
  std::vector<Seen> seen_;
};

void check_bad_signature(Session& session, DutyResult& result) {
  static constexpr Forgery kForgeries[] = {
      {"one hex digit of v1 changed", flipped},
      {"signed with another secret", wrong_secret},
      {"body changed after signing", tampered},
      {"the signature of another event", of_another_event},
      {"t changed after signing", moved_timestamp},
      {"v1 cut to half its length", truncated<32>},
      {"v1 empty", truncated<0>},
      {"v1 of zeros only", zeros},
      {"no v1", no_v1},
      {"no v1, but its value as v2", only_v2},
      {"no t", no_timestamp},
      {"Zest-Signature empty", empty_header},
      {"Zest-Signature garbage", garbage},
  };
  std::vector<Exchange> exchanges;
  Unbelieved unbelieved(session);
  const auto send = [&](const std::string& what, const client::Webhook& webhook) {
    if (session.gone()) return;
    unbelieved.note(what, webhook);
    exchanges.push_back(session.send(what, false, webhook));
    unbelieved.came_back(exchanges.back());
  };
  for (const Forgery& forgery : kForgeries) send(forgery.what, forgery.make(session));
  session.takes_any_signature = exchanges.front().reception == Reception::Accepted;
  // Some verify where the money is, and nothing else.
  std::vector<Json> events = session.take_history();
  for (Json& event : session.take_endings()) events.push_back(std::move(event));
  for (const Json& event : events) {
    client::Webhook webhook = session.webhook(event);
    webhook.signature = with_another_digit(*webhook.signature);
    send("one hex digit of v1 changed, " + text_of(event, "eventType"), webhook);
  }
  judge_rejected(result, exchanges);
  if (result.verdict == Verdict::Pass && !session.gone()) unbelieved.judge(result);
}

void check_missing_header(Session& session, DutyResult& result) {
  const Json event = session.take_single();
  const client::Webhook webhook = session.webhook(event, session.body_of(event), std::nullopt);
  judge_rejected(result, {session.send("no Zest-Signature header", false, webhook)});
}

Exchange send_at(Session& session, const std::string& what, bool genuine, std::chrono::seconds later) {
  const Json event = session.take_single();
  const std::string body = session.body_of(event);
  return session.send(what, genuine, session.webhook(event, body, session.sign(body, later)));
}

// A webhook may take as long as the timeout allows; a timestamp ahead comes nearer meanwhile.
std::chrono::seconds on_the_way(const Session& session) {
  return std::chrono::ceil<std::chrono::seconds>(session.timeout());
}

void check_stale(Session& session, DutyResult& result) {
  const std::chrono::seconds outside = kTolerance + kMargin;
  judge_rejected(result,
                 {send_at(session, "t " + std::to_string(outside.count()) + " s old", false, -outside),
                  send_at(session, "t a day old", false, -std::chrono::hours(24)),
                  send_at(session, "t of 1970", false,
                          -std::chrono::floor<std::chrono::seconds>(session.wall().time_since_epoch()))});
}

void check_future(Session& session, DutyResult& result) {
  const std::chrono::seconds outside = kTolerance + kMargin + on_the_way(session);
  judge_rejected(result,
                 {send_at(session, "t " + std::to_string(outside.count()) + " s ahead", false, outside),
                  send_at(session, "t a day ahead", false, std::chrono::hours(24))});
}

void check_window(Session& session, DutyResult& result) {
  const std::chrono::seconds old = kTolerance - kMargin - on_the_way(session);
  const std::chrono::seconds ahead = kTolerance - kMargin;
  judge_accepted(result,
                 {send_at(session, "t " + std::to_string(old.count()) + " s old", true, -old),
                  send_at(session, "t " + std::to_string(ahead.count()) + " s ahead", true, ahead)},
                 "Timestamps " + std::to_string(old.count()) + " s old and " + std::to_string(ahead.count()) +
                     " s ahead were accepted.");
}

void check_unknown_version(Session& session, DutyResult& result) {
  const std::string other(64, 'a');
  std::vector<Exchange> exchanges;
  const auto send = [&](const char* what, const std::string& before, const std::string& after) {
    const client::Webhook webhook = with_header(session, [&](const std::string& header) {
      return timestamp_part(header) + before + ",v1=" + hex_part(header) + after;
    });
    exchanges.push_back(session.send(what, true, webhook));
  };
  send("v2 after v1", "", ",v2=" + other);
  send("v2 before v1", ",v2=" + other, "");
  send("v0 before and v3 after v1", ",v0=" + other, ",v3=" + other + other);
  judge_accepted(result, exchanges, "Further versions before and after v1 did not disturb it.");
}

}  // namespace

Check check_of_signature(std::string_view duty_id) {
  if (duty_id == "rejects-bad-signature") return check_bad_signature;
  if (duty_id == "rejects-missing-header") return check_missing_header;
  if (duty_id == "rejects-stale-timestamp") return check_stale;
  if (duty_id == "rejects-future-timestamp") return check_future;
  if (duty_id == "accepts-timestamp-in-window") return check_window;
  if (duty_id == "accepts-unknown-version") return check_unknown_version;
  return nullptr;
}

}  // namespace zest::certify
