// A whole sandbox and partner applications that call it over sockets, byte by byte where a test wants to: for
// tests of the documented rules. Wall time stands still until a test moves it, virtual time too; webhooks
// stay pending, for no endpoint is registered.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/sandbox.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/pattern.h"
#include "client/assertion.h"
#include "http/message.h"
#include "http/raw_client.h"
#include "support/temporary_folder.h"
#include "support/world.h"

namespace zest::api {

using Fields = std::vector<std::pair<std::string, std::string>>;
inline const Fields kJsonType{{"Content-Type", "application/json"}};

// The first of these fields, then those.
inline Fields operator+(Fields fields, const Fields& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

struct HttpAnswer {
  int status = 0;
  http::Headers headers;
  std::string text;
  Json json;  // the text parsed; null when it is none

  std::string header(std::string_view name) const {
    const std::string* value = headers.find(name);
    return value == nullptr ? "" : *value;
  }
  std::string member(const char* name) const { return json.is_object() ? json.value(name, "") : ""; }
};

inline HttpAnswer to_answer(http::testing::RawAnswer raw) {
  HttpAnswer answer;
  EXPECT_TRUE(raw.complete) << "the connection ended before an answer did";
  answer.status = raw.status;
  answer.headers = std::move(raw.headers);
  answer.text = std::move(raw.body);
  if (Result<Json> json = parse_json(answer.text); json.ok()) answer.json = std::move(json).value();
  return answer;
}

// The answer is that error, in the envelope and in nothing else; gives its detail.
inline std::string expect_error(const HttpAnswer& answer, int status, std::string_view code) {
  static const Pattern kUuid =
      Pattern::compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").value();
  EXPECT_EQ(answer.status, status) << answer.text;
  EXPECT_EQ(answer.member("code"), code) << answer.text;
  EXPECT_TRUE(kUuid.matches(answer.member("errorId"))) << answer.text;
  EXPECT_FALSE(answer.member("detail").empty()) << answer.text;
  EXPECT_EQ(answer.header("Content-Type"), "application/json; charset=utf-8");
  EXPECT_FALSE(answer.header("x-zest-sandbox").empty());
  const bool has_rows = answer.json.contains("validationErrors");
  EXPECT_EQ(has_rows, code == "validation_error") << answer.text;
  EXPECT_EQ(answer.json.size(), has_rows ? 4U : 3U) << answer.text;
  EXPECT_FALSE(has_rows && answer.json["validationErrors"].empty());
  return answer.member("detail");
}

// A partner application: who it is, and what it signs with.
struct Identity {
  std::string client_id;
  Ed25519PrivateKey key;
};

class RawWorld : public test::World {
 public:
  explicit RawWorld(app::ServeOptions options = plain_options())
      : test::World(std::move(options), Network::Fake, test::FakeClock::Pace::SteadyRuns) {}

  http::testing::RawClient connect() const { return http::testing::RawClient(sandbox().port()); }

  // The seeded partner.
  Identity acme() const {
    return {seeded().client_id, Ed25519PrivateKey::from_pem(seeded().private_key_pem).value()};
  }
  // A further one, registered now.
  Identity register_partner(const std::string& client_id, bool provisioned = true) {
    const HttpAnswer made =
        post("/_sandbox/partners", Json{{"clientId", client_id}, {"provisioned", provisioned}});
    EXPECT_EQ(made.status, 201) << made.text;
    return {client_id, Ed25519PrivateKey::from_pem(made.member("privateKeyPem")).value()};
  }

  // Bytes out, one answer back, on a connection of their own.
  HttpAnswer raw(std::string_view bytes) const { return to_answer(connect().exchange(bytes)); }
  static std::string request(const std::string& method, const std::string& target, const Fields& fields,
                             const std::optional<std::string>& body = std::nullopt) {
    std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
    for (const auto& [name, value] : fields) text.append(name).append(": ").append(value).append("\r\n");
    if (body) text.append("Content-Length: ").append(std::to_string(body->size())).append("\r\n");
    return text.append("\r\n").append(body.value_or(""));
  }
  HttpAnswer call(const std::string& method, const std::string& target, const Fields& fields = {},
                  const std::optional<std::string>& body = std::nullopt) const {
    return raw(request(method, target, fields, body));
  }
  HttpAnswer get(const std::string& target, Fields fields = {}) const { return call("GET", target, fields); }
  HttpAnswer post(const std::string& target, const Json& body, Fields fields = {}) const {
    fields.emplace_back("Content-Type", "application/json");
    return call("POST", target, fields, dump_json(body));
  }

  // What an assertion says, as it should be.
  Json claims(const std::string& client_id) const {
    return Json{{"iss", "https://api.partner.example"},
                {"sub", client_id},
                {"client_id", client_id},
                {"aud", url()},
                {"iat", clock().seconds()},
                {"exp", clock().seconds() + 60}};
  }
  static Json header(const Json& algorithm = "EdDSA") { return Json{{"alg", algorithm}, {"typ", "JWT"}}; }
  HttpAnswer token_call(const std::string& form) const {
    return call("POST", "/v1/oauth2/tokens", {{"Content-Type", "application/x-www-form-urlencoded"}}, form);
  }
  HttpAnswer present(const std::string& assertion) const {
    return token_call("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" +
                      http::percent_encode(assertion));
  }
  HttpAnswer present(const Identity& who, const Json& claims) const {
    return present(client::sign_jwt(who.key, header(), claims));
  }
  HttpAnswer refresh(const std::string& token) const {
    return token_call("grant_type=refresh_token&refresh_token=" + http::percent_encode(token));
  }
  HttpAnswer sign_in(const Identity& who) const { return present(who, claims(who.client_id)); }
  // The header field of a fresh access token.
  Fields bearer(const Identity& who) const { return authorization(sign_in(who).member("accessToken")); }
  static Fields authorization(const std::string& access_token) {
    return {{"Authorization", "Bearer " + access_token}};
  }
  HttpAnswer info(const std::string& access_token) const {
    return get("/v1/oauth2/info", authorization(access_token));
  }

  // How many events this partner's resources have fired.
  std::int64_t events(const std::string& client_id) const {
    return get("/_sandbox/webhook-deliveries?perPage=1&clientId=" + client_id).json.value("count", -1);
  }

  static Json submission() { return test::spv_submission(); }
  static Json investor(const std::string& id) { return test::investor_row(id); }
  static Json investors(const std::string& id) { return Json{{"investors", Json::array({investor(id)})}}; }
};

}  // namespace zest::api
