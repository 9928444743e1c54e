#include <algorithm>

#include "base/crypto.h"
#include "certify/checks.h"
#include "client/webhook_signature.h"

namespace zest::certify {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";

struct Spelling {
  const char* what;
  JsonFormat format;
};

// How common JSON writers spell a document: a receiver that writes it again before it verifies takes nothing
// else.
std::vector<Spelling> spellings() {
  std::vector<Spelling> all(3);
  all[0].what = "with a space after each colon and comma";
  all[0].format.after_colon = all[0].format.after_comma = " ";
  all[1].what = "with sorted members";
  all[1].format.sorted = true;
  all[2] = {"with sorted members and a space after each colon and comma", all[0].format};
  all[2].format.sorted = true;
  return all;
}

std::string header_of(std::string_view key, const std::string& message, Instant at) {
  return "t=" + std::to_string(to_ms(at) / 1000) + ",v1=" + to_hex(hmac_sha256(key, message));
}

// What a receiver that refuses genuine webhooks computes instead; "" when nothing fits.
std::string mistaken_signature(Session& session, std::vector<Exchange>& exchanges) {
  struct Mistake {
    std::string what;
    std::string key;
    bool body_only = false;
  };
  const std::string& secret = session.secret();
  std::vector<Mistake> mistakes = {{"of the body alone, without t and the dot", secret, true}};
  if (secret.rfind(kSecretPrefix, 0) == 0) {
    const std::string rest = secret.substr(kSecretPrefix.size());
    mistakes.push_back({"under the secret without its whsec_ prefix", rest});
    const Result<std::string> bytes = from_hex(rest);
    if (bytes.ok()) mistakes.push_back({"under the bytes that the secret's hex spells", *bytes});
  }
  for (const Mistake& mistake : mistakes) {
    const Json event = session.take_single();
    const std::string body = session.body_of(event);
    const std::string timestamp = std::to_string(to_ms(session.wall()) / 1000);
    const std::string signature =
        header_of(mistake.key, mistake.body_only ? body : timestamp + "." + body, session.wall());
    exchanges.push_back(
        session.send("signature " + mistake.what, false, session.webhook(event, body, signature)));
    if (exchanges.back().reception == Reception::Accepted) return mistake.what;
  }
  return "";
}

Result<void> check_reachable(const Exchange& exchange) {
  if (exchange.outcome.failure == http::Failure::BadUrl) {
    return make_error(ErrorKind::InvalidRequest, exchange.outcome.failure_detail);
  }
  if (exchange.reception == Reception::Gone) {
    return make_error(ErrorKind::ServiceUnavailable, answer_text(exchange.outcome));
  }
  return {};
}

bool is_refusal(const Exchange& exchange) {
  return exchange.reception != Reception::Accepted && exchange.reception != Reception::TooLate &&
         exchange.reception != Reception::Redirected;
}

// Whatever is sent, nobody is at home: the path is wrong, or takes no POST.
bool nothing_is_there(const std::vector<Exchange>& exchanges) {
  return std::all_of(exchanges.begin(), exchanges.end(), [](const Exchange& exchange) {
    return exchange.outcome.status == 404 || exchange.outcome.status == 405;
  });
}

}  // namespace

Result<void> check_baseline(Session& session, DutyResult& result) {
  std::vector<Exchange> exchanges = {
      session.send_genuine("genuine spv_request.created", session.take_single())};
  RETURN_IF_ERROR(check_reachable(exchanges.back()));
  if (is_refusal(exchanges.back())) {
    session.use_investors();
    exchanges.push_back(session.send_genuine("genuine investor.created", session.take_single()));
  }
  const bool refused = is_refusal(exchanges.back());
  if (!refused) {
    judge_accepted(result, {exchanges.back()},
                   "A genuine " + exchanges.back().event_type + " was answered " +
                       std::to_string(exchanges.back().outcome.status) + ".");
    return {};
  }
  for (const Spelling& spelling : spellings()) {
    session.set_format(spelling.format);
    exchanges.push_back(
        session.send_genuine(std::string("genuine event, spelt ") + spelling.what, session.take_single()));
    if (exchanges.back().reception != Reception::Accepted) continue;
    add_evidence(result, exchanges);
    set_verdict(result, Verdict::Pass,
                std::string("Genuine events are accepted, but only when their JSON is spelt ") +
                    spelling.what + "; all further webhooks were sent like that.");
    return {};
  }
  session.set_format({});
  const std::string answer = answer_text(exchanges.front().outcome);
  if (nothing_is_there(exchanges)) {
    add_evidence(result, exchanges);
    set_verdict(result, Verdict::Fail,
                "Nothing answers POST at this path (" + answer + " to every webhook): is it the right URL?");
    return {};
  }
  const std::string mistake = mistaken_signature(session, exchanges);
  add_evidence(result, exchanges);
  set_verdict(result, Verdict::Fail,
              "Genuine webhooks were not accepted (" + answer + "). " +
                  (mistake.empty() ? "Does the receiver have the secret that was given here?"
                                   : "It accepts a signature " + mistake + "."));
  return {};
}

}  // namespace zest::certify
