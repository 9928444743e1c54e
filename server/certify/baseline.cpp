#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "base/crypto.h"
#include "certify/checks.h"
#include "client/webhook_signature.h"

namespace zest::certify {
namespace {

constexpr std::chrono::hours kFurthestZone{14};
constexpr std::string_view kSecretPrefix = "whsec_";

struct Spelling {
  const char* what;
  JsonFormat format;
};

// How common JSON writers spell a document: a receiver that writes it again before it verifies takes nothing
// else.
std::vector<Spelling> spellings() {
  std::vector<Spelling> all(6);
  all[0].what = "with a space after each colon and comma";
  all[0].format.after_colon = all[0].format.after_comma = " ";
  all[1].what = "with sorted members";
  all[1].format.sorted = true;
  all[2] = {"with sorted members and a space after each colon and comma", all[0].format};
  all[2].format.sorted = true;
  all[3].what = "with \\/ for slashes";
  all[3].format.slashes = true;
  for (const std::size_t indent : {std::size_t{2}, std::size_t{4}}) {
    Spelling& spelling = all[3 + indent / 2];
    spelling.what = indent == 2 ? "indented by two spaces" : "indented by four spaces";
    spelling.format.indent = indent;
    spelling.format.after_colon = " ";
  }
  return all;
}

std::string in_capitals(std::string hex) {
  for (char& letter : hex)
    letter = letter >= 'a' && letter <= 'f' ? static_cast<char>(letter - 'a' + 'A') : letter;
  return hex;
}

// What a receiver may take for the right signature.
struct Mistake {
  std::string what;
  std::string header;
};

// Zest's own form is t=<seconds>,v1=<hex of HMAC-SHA256 of "<t>.<body>" under the whole secret>.
std::vector<Mistake> mistakes_with(const std::string& secret, const std::string& body, Instant at) {
  const std::string t = std::to_string(to_ms(at) / 1000);
  const std::string milliseconds = std::to_string(to_ms(at));
  const std::string message = t + "." + body;
  const auto header = [](const std::string& stamp, const std::string& value) {
    return "t=" + stamp + ",v1=" + value;
  };
  const auto in_hex = [&](const std::string& key, const std::string& text) {
    return header(t, to_hex(hmac_sha256(key, text)));
  };
  std::vector<Mistake> mistakes = {
      {"of the body alone, without t and the dot", in_hex(secret, body)},
      {"of t and the body without the dot between them", in_hex(secret, t + body)},
      {"of the body, a dot and t, in this order", in_hex(secret, body + "." + t)},
      {"with t in milliseconds, while Zest sends seconds",
       header(milliseconds, to_hex(hmac_sha256(secret, milliseconds + "." + body)))},
      {"in upper-case hex", header(t, in_capitals(to_hex(hmac_sha256(secret, message))))},
      {"in base64 instead of hex", header(t, base64_encode(hmac_sha256(secret, message)))},
      {"under the secret with a newline at its end", in_hex(secret + "\n", message)}};
  for (std::chrono::hours off = -kFurthestZone; off <= kFurthestZone; ++off) {
    const std::string hours = std::to_string(std::abs(off.count())) + " h ";
    mistakes.push_back({"whose t is " + hours + (off.count() < 0 ? "old" : "ahead") +
                            ": its clock or its time zone is wrong, t is in UTC",
                        client::sign_webhook(secret, body, at + off)});
  }
  for (const Digest digest : {Digest::Sha1, Digest::Sha512, Digest::Sha384})
    mistakes.push_back({"by HMAC-" + std::string(to_string(digest)) + " instead of HMAC-SHA-256",
                        header(t, to_hex(hmac(digest, secret, message)))});
  if (secret.rfind(kSecretPrefix, 0) != 0) return mistakes;
  const std::string rest = secret.substr(kSecretPrefix.size());
  mistakes.push_back({"under the secret without its whsec_ prefix", in_hex(rest, message)});
  if (const Result<std::string> bytes = from_hex(rest); bytes.ok())
    mistakes.push_back({"under the bytes that the secret's hex spells", in_hex(*bytes, message)});
  if (const Result<std::string> bytes = base64_decode(rest); bytes.ok())
    mistakes.push_back({"under the bytes that the secret's base64 spells", in_hex(*bytes, message)});
  return mistakes;
}

// What a receiver that refuses genuine webhooks computes instead; "" when nothing fits.
std::string mistaken_signature(Session& session, std::vector<Exchange>& exchanges) {
  const std::size_t number = mistakes_with(session.secret(), "", session.wall()).size();
  for (std::size_t i = 0; i < number; ++i) {
    const Json event = session.take_single();
    const std::string body = session.body_of(event);
    const Mistake mistake = mistakes_with(session.secret(), body, session.wall())[i];
    exchanges.push_back(
        session.send("signature " + mistake.what, false, session.webhook(event, body, mistake.header)));
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

// The page of a framework that takes it for a form of its own.
bool wants_csrf_token(const std::vector<Exchange>& exchanges) {
  return exchanges.front().outcome.status == 403 &&
         exchanges.front().outcome.body.find("CSRF") != std::string::npos;
}

// An exception that nobody caught, whatever comes.
bool breaks_each_time(const std::vector<Exchange>& exchanges) {
  return std::all_of(exchanges.begin(), exchanges.end(),
                     [](const Exchange& exchange) { return exchange.outcome.status >= 500; });
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
  const bool breaks = breaks_each_time(exchanges);
  const std::string mistake = mistaken_signature(session, exchanges);
  add_evidence(result, exchanges);
  set_verdict(result, Verdict::Fail,
              "Genuine webhooks were not accepted (" + answer + "). " +
                  (wants_csrf_token(exchanges)
                       ? "The CSRF protection of its framework refuses it: exempt the webhook's path, for "
                         "its signature is what protects it."
                   : !mistake.empty() ? "It accepts a signature " + mistake + "."
                   : breaks ? "That is an error of its own rather than a refusal: its log says more."
                            : "Does the receiver have the secret that was given here?"));
  return {};
}

}  // namespace zest::certify
