// What is wrong with a signature, and with a token.
#include <algorithm>
#include <charconv>
#include <chrono>

#include "api/control/control.h"
#include "api/pipeline/auth.h"
#include "api/pipeline/errors.h"
#include "api/pipeline/readers.h"
#include "api/pipeline/request_scope.h"
#include "base/crypto.h"
#include "base/text.h"
#include "delivery/signer.h"
#include "insight/signature_doctor.h"
#include "insight/token_doctor.h"
#include "rules/tokens.h"

namespace zest::api {
namespace {

constexpr std::string_view kSignatureHeader = "Zest-Signature";
constexpr std::string_view kEventIdHeader = "Zest-Event-Id";

// The value of the header field of that name in {"Name": "value", …}, whatever the case of its letters.
const std::string* header_value(const Json& headers, std::string_view name) {
  for (const auto& [field, value] : headers.items()) {
    if (value.is_string() && http::equal_ignoring_case(field, name))
      return value.get_ptr<const std::string*>();
  }
  return nullptr;
}

// The first `t=` of a signature header, in seconds.
std::optional<Instant> signed_at(std::string_view header) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(','), header.size());
    std::string_view item = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (!item.empty() && is_blank(item.front())) item.remove_prefix(1);
    if (item.substr(0, 2) != "t=") continue;
    std::int64_t seconds = 0;
    const char* stop = item.data() + item.size();
    const auto [parsed, problem] = std::from_chars(item.data() + 2, stop, seconds);
    if (problem != std::errc() || parsed != stop || seconds < 0 || seconds > kLastSecond) return std::nullopt;
    return Instant(std::chrono::seconds(seconds));
  }
  return std::nullopt;
}

// Recent bodies and all secrets, for telling "another event's body" and "another partner's secret".
Result<void> add_known(const Services& services, insight::SignatureCase& question) {
  constexpr std::size_t kRecentEvents = 50;
  RETURN_IF_ERROR(services.store.read([&question](store::Read& tx) {
    const std::optional<Delivery> asked = tx.delivery(question.event_id);
    for (const Partner& partner : tx.partners()) {
      question.secrets.push_back({partner.client_id, partner.webhook_secret});
      const bool receives =
          asked ? partner.client_id == asked->client_id : partner.webhook_secret == question.secret;
      if (receives && question.url.empty()) question.url = partner.webhook_url.value_or("");
    }
    std::vector<std::string> ids;
    if (!question.event_id.empty()) ids.push_back(question.event_id);
    for (const Delivery& delivery : tx.deliveries({}, {0, kRecentEvents}).documents) {
      if (delivery.id != question.event_id) ids.push_back(delivery.id);
    }
    for (const std::string& id : ids) {
      if (const std::optional<Event> event = tx.event(id)) question.bodies.push_back({id, event->body});
    }
    return Done{};
  }));
  return {};
}

Result<Answer> verify_signature(const Services& services, Exchange& exchange) {
  BodyReader reader(exchange);
  const Json* headers = reader.any("headers");
  if (headers != nullptr && !headers->is_object())
    reader.fail_member("headers", "must be an object of header fields");
  const bool encoded = reader.has("bodyBase64");
  if (!encoded) reader.require("body");
  if (encoded && reader.has("body")) reader.fail("\"body\" and \"bodyBase64\" exclude each other");
  std::string body = reader.any_text(encoded ? "bodyBase64" : "body").value_or("");
  if (encoded) {
    const Result<std::string> bytes = base64_decode(body);
    if (!bytes.ok()) reader.fail_member("bodyBase64", "must be base64");
    if (bytes.ok()) body = *bytes;
  }
  const std::string secret = reader.any_text("secret").value_or("");
  const std::optional<std::string> computed = reader.text("computed");
  const std::string endpoint = reader.text("endpoint").value_or("");
  if (reader.error()) return *reader.error();

  const Instant now = services.clock.wall();
  const std::string* header = header_value(*headers, kSignatureHeader);
  const std::optional<Instant> at = header != nullptr ? signed_at(*header) : std::nullopt;
  using Check = delivery::SignatureCheck;
  const Check check =
      header == nullptr ? Check::MissingHeader : delivery::check_signature(secret, *header, body, now);
  insight::SignatureCase question;
  if (header != nullptr) question.header = *header;
  question.body = body;
  question.secret = secret;
  question.computed = computed;
  question.url = endpoint;
  if (const std::string* id = header_value(*headers, kEventIdHeader)) question.event_id = *id;
  question.now = now;
  RETURN_IF_ERROR(add_known(services, question));
  const insight::SignatureDiagnosis diagnosis = insight::diagnose_signature(question);
  Json json{{"verified", check == Check::Valid},
            {"signatureMatches", diagnosis.signature_matches},
            {"detail", check == Check::Valid ? "the signature is valid" : to_string(check)}};
  if (at) {
    json["signedAt"] = format_instant(*at);
    json["ageSeconds"] = (now - *at).count() / 1000;
    json["expected"] = diagnosis.expected;
    if (computed) json["computedMatches"] = *computed == diagnosis.expected;
  }
  json["findings"] = to_json(diagnosis.findings);
  return json_answer(200, json);
}

struct ExpectedAnswer {
  int status = 0;
  std::string_view code;  // "" for a success
  std::string detail;
};

ExpectedAnswer refusal_of(const Error& error) {
  const ErrorForm form = error_form(error.kind);
  return {form.status, form.code, error.detail};
}

// What POST /v1/oauth2/tokens would answer: its own work, rolled back.
Result<ExpectedAnswer> expected_grant(const Services& services, const std::string& token,
                                      const rules::Audiences& audiences, Instant wall,
                                      const std::vector<Partner>& partners) {
  const auto find = [&partners](const std::string& client_id) -> std::optional<Partner> {
    for (const Partner& partner : partners) {
      if (partner.client_id == client_id) return partner;
    }
    return std::nullopt;
  };
  const Result<rules::Assertion> assertion = rules::check_assertion(token, audiences, wall, find);
  if (!assertion.ok()) return refusal_of(assertion.error());
  std::optional<ExpectedAnswer> answer;
  const Result<rules::TokenPair> undone =
      services.store.write([&](store::Write& tx) -> Result<rules::TokenPair> {
        const Result<rules::TokenPair> pair = services.tokens.grant(tx, *assertion, wall);
        answer = pair.ok() ? ExpectedAnswer{201, "", ""} : refusal_of(pair.error());
        return invalid_request("nothing of this is to stay");
      });
  if (!answer) return undone.error();
  return std::move(*answer);
}

// What a call with this bearer would be answered, as far as the token goes.
ExpectedAnswer expected_use(const Services& services, const std::string& token) {
  http::RequestHead head;
  head.headers.set("Authorization", "Bearer " + token);
  const Result<Authenticator::Caller> caller = Authenticator(services).authenticate(head);
  return caller.ok() ? ExpectedAnswer{200, "", ""} : refusal_of(caller.error());
}

Json answer_json(const ExpectedAnswer& answer) {
  Json json{{"status", answer.status}};
  if (!answer.code.empty()) {
    json["code"] = answer.code;
    json["detail"] = answer.detail;
  }
  return json;
}

Result<Answer> explain_token(const Services& services, Exchange& exchange) {
  BodyReader reader(exchange);
  insight::TokenCase question;
  question.token = reader.text("token").value_or("");
  if (const std::optional<std::string> key = reader.text("publicKey")) {
    const Result<std::string> raw = parse_ed25519_public_key(*key);
    if (raw.ok()) question.own_key = *raw;
    if (!raw.ok()) reader.fail_member("publicKey", raw.error().detail);
  }
  if (reader.error()) return *reader.error();
  question.audiences = audiences_of_call(services, exchange);
  question.wall = services.clock.wall();
  ASSIGN_OR_RETURN(question.partners, services.store.read([](store::Read& tx) { return tx.partners(); }));
  insight::TokenDiagnosis diagnosis = insight::diagnose_token(question);
  ExpectedAnswer expected;
  if (diagnosis.kind == "access token") {
    expected = expected_use(services, question.token);
    if (expected.status != 200) insight::add_refused_access(diagnosis, expected.detail);
  } else {
    ASSIGN_OR_RETURN(expected, expected_grant(services, question.token, question.audiences, question.wall,
                                              question.partners));
    if (expected.detail == rules::kJtiSpent) insight::add_spent_jti(diagnosis);
  }
  Json json{{"kind", diagnosis.kind}, {"answer", answer_json(expected)}};
  if (diagnosis.header.is_object()) json["header"] = diagnosis.header;
  if (diagnosis.claims.is_object()) json["claims"] = diagnosis.claims;
  if (diagnosis.partner != nullptr) {
    json["registeredKey"] = Json{{"clientId", diagnosis.partner->client_id},
                                 {"thumbprint", insight::key_thumbprint(diagnosis.partner->public_key)}};
  }
  json["clock"] = format_instant(question.wall);
  json["findings"] = to_json(diagnosis.findings);
  return json_answer(200, json);
}

}  // namespace

void add_doctor_routes(RouteTable& table, const Services& services) {
  Route verify = control_route(Operation::VerifySignature,
                               "Whether a webhook's signature follows from a secret, and if not, why",
                               {"SignatureToVerify", "SignatureVerdict"});
  verify.waits = true;  // a search of up to a second
  add_control(table, services, std::move(verify), verify_signature);
  add_control(
      table, services,
      control_route(Operation::ExplainToken,
                    "Everything that is wrong with an assertion or a token, and what it would be answered",
                    {"TokenToExplain", "TokenVerdict"}),
      explain_token);
}

}  // namespace zest::api
