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

#include "support/world.h"

namespace zest::api {

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

class World : public test::World {
 public:
  explicit World(const app::ServeOptions& options = with_endpoint()) : test::World(options) {
    acme_ = std::make_unique<Caller>(acme_again());
  }

  Caller& acme() { return *acme_; }
  // The same partner with a connection of its own.
  Caller acme_again() const { return {url_of_calls(), seeded().client_id, seeded().private_key_pem}; }
  // A second partner.
  Caller stranger() {
    const client::Reply made =
        post("/_sandbox/partners", Json{{"name", "Stranger"}, {"tenantSlug", "stranger"}});
    EXPECT_EQ(made.status, 201) << made.text;
    return {url_of_calls(), made.body.value("clientId", ""), made.body.value("privateKeyPem", "")};
  }

  client::Reply approve(const std::string& svr) { return post("/_sandbox/spv-requests/" + svr + "/approve"); }
  client::Reply reject(const std::string& svr) {
    return post("/_sandbox/spv-requests/" + svr + "/reject", Json{{"reason", "no"}});
  }
  client::Reply complete(const std::string& sub, const Json& how = Json::object()) {
    return post("/_sandbox/subscriptions/" + sub + "/complete", how);
  }
  // The path of a URL that the sandbox gave.
  std::string path_of(const std::string& url) const { return url.substr(this->url().size()); }

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
  static Json small_submission() { return test::spv_submission(); }

  static Json investor(const std::string& id) { return test::investor_row(id); }
  std::string person(Caller& caller, const std::string& id) {
    const client::Reply reply = caller.investors(Json::array({investor(id)}));
    EXPECT_EQ(reply.status, 200) << reply.text;
    return reply.body["results"][0].value("zestPersonId", "");
  }
  std::string person(const std::string& id = "inv-1") { return person(acme(), id); }
  static Json subscription(const std::string& person, const std::string& value = "1000.00") {
    return test::subscription_row(person, value);
  }
  std::string subscribe(const std::string& spv, const std::string& person) {
    const client::Reply reply = acme().subscriptions(spv, Json::array({subscription(person)}));
    EXPECT_EQ(reply.status, 201) << reply.text;
    return reply.body["results"][0].value("subscriptionSlug", "");
  }

  // Every webhook sent so far, once nothing is on its way: the envelopes, of one type if given.
  std::vector<Json> events(std::string_view type = "") {
    settle();
    std::vector<Json> envelopes;
    for (const http::Call& call : sender().calls()) {
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
  std::string url_of_calls() const { return sandbox().local_url(); }

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
