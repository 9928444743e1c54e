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

client::Webhook flipped(Session& session) {
  return with_header(session, [](std::string header) {
    header.back() = header.back() == '0' ? '1' : '0';
    return header;
  });
}

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
  for (const Forgery& forgery : kForgeries) {
    if (!session.gone()) exchanges.push_back(session.send(forgery.what, false, forgery.make(session)));
  }
  session.takes_any_signature = exchanges.front().reception == Reception::Accepted;
  judge_rejected(result, exchanges);
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
