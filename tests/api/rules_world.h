// A whole sandbox on a free port, its clock standing still, and partners that call it over HTTP: the stage of
// the tests in suite Rules. No test fixture, because that suite has tests in every room.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "control_fixture.h"

namespace zest::api {

// The machine's clock, moved ahead as a test says.
class AheadClock final : public WallClock {
 public:
  Instant wall() const override { return clock_.wall() + Duration(ahead_.load()); }
  Instant steady() const override { return clock_.steady() + Duration(ahead_.load()); }
  Instant forward() const override { return clock_.forward() + Duration(ahead_.load()); }
  void go_ahead(Duration by) { ahead_ += by.count(); }

 private:
  const SystemWallClock clock_;
  std::atomic<std::int64_t> ahead_{0};
};

inline const char* const kPdf = "application/pdf";

// One partner application. Not thread-safe: a thread that races others brings a caller of its own.
class Caller {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  Caller(const std::string& url, std::string client_id, const std::string& private_key_pem)
      : api_(url, {std::move(client_id), key_of(private_key_pem)}) {}

  const std::string& client_id() const { return api_.client_id(); }
  std::string bearer() {
    Result<client::Tokens> tokens = api_.request_tokens();
    EXPECT_TRUE(tokens.ok());
    return tokens.ok() ? tokens->access : "";
  }

  client::Reply send(std::string method, std::string target, std::optional<std::string> body = {},
                     Headers headers = {}, std::string content_type = "application/json") {
    client::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.content_type = std::move(content_type);
    Result<client::Reply> reply = api_.exchange(std::move(request));
    EXPECT_TRUE(reply.ok()) << (reply.ok() ? "" : reply.error().detail);
    return reply.ok() ? std::move(*reply) : client::Reply();
  }
  client::Reply get(std::string target) { return send("GET", std::move(target)); }
  client::Reply cancel(const std::string& svr) { return send("DELETE", "/v1/spv-requests/" + svr); }

  // With a fresh Idempotency-Key each.
  client::Reply submit(const Json& body) { return submit_text(dump_json(body)); }
  client::Reply submit_text(std::string body) {
    return send("POST", "/v1/spv-requests", std::move(body),
                {{"Idempotency-Key", "key-" + std::to_string(++keys_)}});
  }
  client::Reply investors(const Json& rows) {
    return send("POST", "/v1/investors", dump_json(Json{{"investors", rows}}));
  }
  client::Reply subscriptions(const std::string& spv, const Json& rows) {
    return send("POST", "/v1/spvs/" + spv + "/subscriptions", dump_json(Json{{"subscriptions", rows}}));
  }
  client::Reply form(const std::string& spv, const std::string& person, std::string bytes = "%PDF form",
                     std::string type = kPdf) {
    return multipart(spv, person, "forms", {}, {"form.pdf", std::move(type), std::move(bytes)});
  }
  client::Reply funding(const std::string& spv, const std::string& person, std::string bytes = "%PDF receipt",
                        const client::Funding& fields = {"1000.00", "USD", "wire-1"},
                        std::string type = kPdf) {
    return multipart(
        spv, person, "fundings",
        {{"amount", fields.amount}, {"currency", fields.currency}, {"wireReference", fields.wire_reference}},
        {"receipt.pdf", std::move(type), std::move(bytes)});
  }
  client::Reply multipart(const std::string& spv, const std::string& person, const std::string& kind,
                          const std::vector<std::pair<std::string, std::string>>& fields,
                          const client::UploadFile& file) {
    const client::MultipartBody body = client::multipart_body(fields, file);
    return send("POST", upload_path(spv, person, kind), body.bytes, {}, body.content_type);
  }
  static std::string upload_path(const std::string& spv, const std::string& person, const std::string& kind) {
    return "/v1/spvs/" + spv + "/subscription/" + person + "/" + kind;
  }

 private:
  static Ed25519PrivateKey key_of(const std::string& pem) {
    Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(pem);
    EXPECT_TRUE(key.ok());
    return std::move(*key);
  }

  client::PartnerApi api_;
  int keys_ = 0;
};

class World {
 public:
  explicit World(const app::ServeOptions& options = manual()) {
    auto started = app::Sandbox::start(options, log_, {&clock_, &sender_});
    if (!started.ok()) throw std::runtime_error(started.error().detail);
    sandbox_ = std::move(*started);
    acme_ = std::make_unique<Caller>(acme_again());
  }

  static app::ServeOptions manual() {
    app::ServeOptions options;
    options.port = 0;
    options.clock = ClockMode::Manual;
    options.webhook_url = "http://127.0.0.1:1/hooks";
    options.log_level = LogLevel::Off;
    return options;
  }
  static constexpr const char* kStart = "2026-01-01T00:00:00.000Z";

  app::Sandbox& sandbox() { return *sandbox_; }
  ScriptedSender& sender() { return sender_; }
  AheadClock& clock() { return clock_; }
  Caller& acme() { return *acme_; }
  // The same partner with a connection of its own.
  Caller acme_again() const {
    return {sandbox_->local_url(), sandbox_->partner().client_id, sandbox_->partner().private_key_pem};
  }
  // A second partner.
  Caller stranger() {
    const client::Reply made =
        post("/_sandbox/partners", Json{{"name", "Stranger"}, {"tenantSlug", "stranger"}});
    EXPECT_EQ(made.status, 201) << made.text;
    return {sandbox_->local_url(), made.body.value("clientId", ""), made.body.value("privateKeyPem", "")};
  }

  // Calls without credentials: the control plane, contracts, files.
  client::Reply send(std::string method, std::string target, std::optional<Json> body = {}) {
    client::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    if (body) request.body = dump_json(*body);
    Result<client::Reply> reply = client::Connection(sandbox_->local_url()).exchange(request);
    EXPECT_TRUE(reply.ok());
    return reply.ok() ? std::move(*reply) : client::Reply();
  }
  client::Reply get(std::string target) { return send("GET", std::move(target)); }
  client::Reply post(std::string target, std::optional<Json> body = Json::object()) {
    return send("POST", std::move(target), std::move(body));
  }
  client::Reply approve(const std::string& svr) { return post("/_sandbox/spv-requests/" + svr + "/approve"); }
  client::Reply reject(const std::string& svr) {
    return post("/_sandbox/spv-requests/" + svr + "/reject", Json{{"reason", "no"}});
  }
  client::Reply complete(const std::string& sub, const Json& how = Json::object()) {
    return post("/_sandbox/subscriptions/" + sub + "/complete", how);
  }
  void advance(const std::string& by) {
    EXPECT_EQ(post("/_sandbox/clock/advance", Json{{"by", by}}).status, 200);
  }
  // The path of a URL that the sandbox gave.
  std::string path_of(const std::string& url) const { return url.substr(sandbox_->url().size()); }

  // A body that fits the template of that name, as the sandbox serves it.
  Json sample(const std::string& template_id = "syndicate_secondary") {
    const client::Reply reply = get("/v1/contracts/samples/1.0.0/" + template_id);
    EXPECT_EQ(reply.status, 200) << reply.text;
    return reply.body;
  }
  static Json money(const std::string& currency, const std::string& value) {
    return Json{{"currency", currency}, {"value", value}};
  }

  std::string submit(Caller& caller, const Json& body) {
    const client::Reply reply = caller.submit(body);
    EXPECT_EQ(reply.status, 201) << reply.text;
    return reply.body.value("spvRequestSlug", "");
  }
  std::string submit() { return submit(acme(), small_submission()); }
  // The slug of an approved SPV, with share class sc_classA, in USD, without a minimum ticket unless given.
  std::string spv(Caller& caller, const Json& body) {
    const client::Reply reply = approve(submit(caller, body));
    EXPECT_EQ(reply.status, 200) << reply.text;
    return reply.body["materialisedRefs"].value("vehicleSlug", "");
  }
  std::string spv() { return spv(acme(), small_submission()); }
  static Json small_submission() {
    const Json share_class{{"name", "Class A"}, {"managementFeePercent", "2"}, {"carryPercent", "20"}};
    return Json{{"templateId", "syndicate_secondary"},
                {"templateVersion", "1.0.0"},
                {"attributes",
                 {{"underlyingCompanySlug", "co_acme"},
                  {"currency", "USD"},
                  {"shareClasses", Json::array({share_class})}}}};
  }

  static Json investor(const std::string& id) {
    return Json{{"partnerInvestorId", id},
                {"email", "ada@example.com"},
                {"firstName", "Ada"},
                {"lastName", "Lovelace"},
                {"dateOfBirth", "1990-12-10"}};
  }
  std::string person(Caller& caller, const std::string& id) {
    const client::Reply reply = caller.investors(Json::array({investor(id)}));
    EXPECT_EQ(reply.status, 200) << reply.text;
    return reply.body["results"][0].value("zestPersonId", "");
  }
  std::string person(const std::string& id = "inv-1") { return person(acme(), id); }
  static Json subscription(const std::string& person, const std::string& value = "1000.00") {
    return Json{{"zestPersonId", person}, {"lumpSum", money("USD", value)}, {"shareClassSlug", "sc_classA"}};
  }
  std::string subscribe(const std::string& spv, const std::string& person) {
    const client::Reply reply = acme().subscriptions(spv, Json::array({subscription(person)}));
    EXPECT_EQ(reply.status, 201) << reply.text;
    return reply.body["results"][0].value("subscriptionSlug", "");
  }

  // Every webhook sent so far, once nothing is on its way: the envelopes, of one type if given.
  std::vector<Json> events(std::string_view type = "") {
    EXPECT_EQ(post("/_sandbox/wait", Json{{"until", "idle"}, {"timeout", "30s"}}).status, 200);
    std::vector<Json> envelopes;
    for (const http::Call& call : sender_.calls()) {
      Result<Json> envelope = parse_json(*call.body);
      EXPECT_TRUE(envelope.ok());
      if (envelope.ok() && (type.empty() || (*envelope)["eventType"] == type)) envelopes.push_back(*envelope);
    }
    return envelopes;
  }
  std::vector<std::string> event_types() {
    std::vector<std::string> types;
    for (const Json& envelope : events()) types.push_back(envelope["eventType"]);
    return types;
  }

 private:
  Log log_{LogFormat::Text, LogLevel::Off};
  AheadClock clock_;
  ScriptedSender sender_;
  std::unique_ptr<app::Sandbox> sandbox_;
  std::unique_ptr<Caller> acme_;
};

// Each row of a validation error as "attribute code".
inline std::vector<std::string> broken_rules(const client::Reply& reply) {
  EXPECT_EQ(reply.status, 400) << reply.text;
  EXPECT_EQ(reply.body.value("code", ""), "validation_error") << reply.text;
  std::vector<std::string> rows;
  for (const Json& row : reply.body.value("validationErrors", Json::array())) {
    rows.push_back(row.value("attribute", "") + " " + row.value("code", ""));
  }
  return rows;
}

// The detail of an answer that must be that refusal, in the envelope.
inline std::string refusal_of(const client::Reply& reply, int status, std::string_view code) {
  EXPECT_EQ(reply.status, status) << reply.text;
  EXPECT_EQ(reply.body.value("code", ""), code) << reply.text;
  EXPECT_EQ(reply.body.value("errorId", "").size(), 36U) << reply.text;
  EXPECT_EQ(reply.body.contains("validationErrors"), code == "validation_error") << reply.text;
  return reply.body.value("detail", "");
}

inline std::vector<std::string> member_names(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

}  // namespace zest::api
