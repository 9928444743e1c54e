#include "api/control_fixture.h"
#include "base/crypto.h"

namespace zest::api {
namespace {

struct ControlPartners : ControlTest {
  const std::string all = "/_sandbox/partners";
};

TEST_F(ControlPartners, TheSeededPartnerIsThere) {
  const client::Reply list = get(all);
  EXPECT_EQ(list.status, 200);
  EXPECT_EQ(column(list, "clientId"), std::vector<std::string>{"client_acme"});
  EXPECT_EQ(list.body["count"], 1);
  EXPECT_EQ(list.body["skip"], 0);
  const client::Reply one = get(all + "/client_acme");
  EXPECT_EQ(one.body, list.body["documents"][0]);
  EXPECT_EQ(one.body["tenantSlug"], "acme");
  EXPECT_EQ(one.body["webhookSecret"], sandbox().partner().webhook_secret);
}

TEST_F(ControlPartners, MakesAKeyPairAndShowsThePrivateKeyOnce) {
  const client::Reply made =
      post(all, Json{{"name", "Test Portal"}, {"webhookUrl", "http://127.0.0.1:9/in"}});
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.body["clientId"], "client_test_portal");
  EXPECT_EQ(made.body["webhookUrl"], "http://127.0.0.1:9/in");
  EXPECT_EQ(made.body.value("webhookSecret", "").rfind("whsec_", 0), 0U);
  Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(made.body.value("privateKeyPem", ""));
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(made.body["publicKey"], base64_encode(key->public_key()));
  EXPECT_EQ(made.body["privateKeyJwk"]["crv"], "Ed25519");
  EXPECT_FALSE(get(all + "/client_test_portal").body.contains("privateKeyPem"));

  // The key works at once.
  client::PartnerApi api(sandbox().local_url(), {"client_test_portal", std::move(*key)});
  EXPECT_TRUE(api.token_info().ok());
}

TEST_F(ControlPartners, TakesAPublicKeyInAnyForm) {
  const Ed25519PrivateKey key = Ed25519PrivateKey::generate();
  const std::string base64 = base64_encode(key.public_key());
  const Json jwk{{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", base64url_encode(key.public_key())}};
  const std::vector<Json> forms{base64, jwk, dump_json(jwk)};
  for (const Json& form : forms) {
    const client::Reply made = post(all, Json{{"clientId", "client_k"}, {"publicKey", form}});
    ASSERT_EQ(made.status, 201) << made.text;
    EXPECT_EQ(made.body["publicKey"], base64);
    EXPECT_EQ(made.body["name"], "client_k");
    EXPECT_FALSE(made.body.contains("privateKeyPem"));
    EXPECT_EQ(call("DELETE", all + "/client_k").status, 200);
  }
}

TEST_F(ControlPartners, RegistersAtTheDocumentedPathToo) {
  const client::Reply made =
      post("/admin/services/register-partner", Json{{"name", "Beta"}, {"generateKey", true}});
  EXPECT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(get(all + "/client_beta").status, 200);
}

TEST_F(ControlPartners, ADuplicateKeyOrIdIsAConflict) {
  const Json key = get(all + "/client_acme").body["publicKey"];
  EXPECT_NE(
      refusal(post(all, Json{{"name", "Copy"}, {"publicKey", key}}), 409, "conflict").find("client_acme"),
      std::string::npos);
  refusal(post(all, Json{{"name", "Again"}, {"clientId", "client_acme"}}), 409, "conflict");
}

TEST_F(ControlPartners, NamesWhatIsWrongWithARegistration) {
  const auto detail = [this](const Json& body) { return refusal(post(all, body), 400, "invalid_request"); };
  EXPECT_NE(detail(Json{{"name", "X"}, {"webhookurl", "http://a"}}).find("\"webhookurl\""),
            std::string::npos);
  EXPECT_NE(detail(Json{{"name", "X"}, {"webhookUrl", "ftp://a"}}).find("webhookUrl"), std::string::npos);
  EXPECT_NE(detail(Json{{"name", "X"}, {"publicKey", "short"}}).find("\"publicKey\""), std::string::npos);
  EXPECT_NE(detail(Json{{"name", "X"}, {"provisioned", "yes"}}).find("\"provisioned\""), std::string::npos);
  EXPECT_NE(detail(Json{{"name", "X"}, {"autoApprove", "soon"}}).find("\"autoApprove\""), std::string::npos);
  EXPECT_NE(detail(Json{{"name", "X"}, {"generateKey", false}}).find("publicKey"), std::string::npos);
  EXPECT_NE(detail(Json{{"name", "X"}, {"publicKey", "a"}, {"generateKey", true}}).find("publicKey"),
            std::string::npos);
  EXPECT_EQ(detail(Json::object()), "the body must have the member \"name\"");
  EXPECT_EQ(get(all).body["count"], 1);
}

TEST_F(ControlPartners, ChangesAPartner) {
  const std::string one = all + "/client_acme";
  const client::Reply changed = call(
      "PATCH", one,
      Json{{"name", "Acme II"}, {"provisioned", false}, {"autoApprove", "30s"}, {"deliveryTimeout", "2s"}});
  ASSERT_EQ(changed.status, 200) << changed.text;
  EXPECT_EQ(changed.body["name"], "Acme II");
  EXPECT_EQ(changed.body["provisioned"], false);
  EXPECT_EQ(changed.body["autoApprove"], "30s");
  EXPECT_EQ(changed.body["deliveryTimeout"], "2s");
  EXPECT_EQ(changed.body["webhookUrl"], "http://127.0.0.1:1/hooks");
  EXPECT_EQ(get(one).body, changed.body);

  const client::Reply emptied = call("PATCH", one, Json{{"webhookUrl", nullptr}, {"autoApprove", nullptr}});
  EXPECT_FALSE(emptied.body.contains("webhookUrl"));
  EXPECT_FALSE(emptied.body.contains("autoApprove"));
  refusal(call("PATCH", one, Json{{"name", nullptr}}), 400, "invalid_request");
  refusal(call("PATCH", one, Json{{"clientId", "other"}}), 400, "invalid_request");
  refusal(call("PATCH", all + "/client_none", Json{{"name", "X"}}), 404, "not_found");
}

TEST_F(ControlPartners, RemovesAPartnerWithAllThatIsItsOwn) {
  sender().answer(test::FakeSender::kHang);
  const std::string slug = submit_spv();
  ASSERT_TRUE(sender().await_calls(1));
  EXPECT_EQ(call("DELETE", all + "/client_acme").status, 200);
  refusal(get(all + "/client_acme"), 404, "not_found");
  refusal(get("/_sandbox/spv-requests/" + slug), 404, "not_found");
  EXPECT_EQ(get("/_sandbox/webhook-deliveries").body["count"], 0);
  refusal(call("DELETE", all + "/client_acme"), 404, "not_found");
}

TEST_F(ControlPartners, OneThatTakesTheNameOfARemovedOneBeginsWithoutItsCalls) {
  const Json portal{{"clientId", "client_portal"}, {"generateKey", true}};
  const auto calls = [this] { return get("/_sandbox/requests?clientId=client_portal").body["count"]; };
  for (int round = 0; round < 2; ++round) {
    const client::Reply made = post(all, portal);
    ASSERT_EQ(made.status, 201) << made.text;
    EXPECT_EQ(calls(), 0);
    Result<Ed25519PrivateKey> key = Ed25519PrivateKey::from_pem(made.body.value("privateKeyPem", ""));
    client::PartnerApi api(sandbox().local_url(), {"client_portal", std::move(*key)});
    EXPECT_TRUE(api.token_info().ok());
    EXPECT_EQ(calls(), 2);
    EXPECT_EQ(call("DELETE", all + "/client_portal").status, 200);
    EXPECT_EQ(calls(), 2);  // to be looked at
  }
}

}  // namespace
}  // namespace zest::api
