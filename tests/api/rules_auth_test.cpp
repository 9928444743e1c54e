// Zest docs: authentication. Who gets a token, and who does not.
#include <limits>

#include "api/raw_world.h"

namespace zest::api {
namespace {

using std::string;

// Refused with 401 and a detail that has `word` in it.
void expect_refused(const HttpAnswer& answer, std::string_view word, const string& what = "") {
  const string detail = expect_error(answer, 401, "invalid_token");
  EXPECT_NE(detail.find(word), string::npos) << what << ": " << detail;
}

// Presents an assertion for `audience` in a call to `host`.
HttpAnswer present_at(const RawWorld& world, const Identity& who, const string& host,
                      const string& audience) {
  Json claims = world.claims(who.client_id);
  claims["aud"] = audience;
  const string form = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" +
                      client::sign_jwt(who.key, RawWorld::header(), claims);
  return world.raw("POST /v1/oauth2/tokens HTTP/1.1\r\nHost: " + host +
                   "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " +
                   std::to_string(form.size()) + "\r\n\r\n" + form);
}

string encoded(const Json& header, const Json& claims) {
  return base64url_encode(dump_json(header)) + "." + base64url_encode(dump_json(claims));
}

TEST(Rules, AssertionOfTheRegisteredKeyGetsATokenPair) {
  RawWorld world;
  const HttpAnswer answer = world.sign_in(world.acme());
  ASSERT_EQ(answer.status, 201) << answer.text;
  EXPECT_EQ(answer.member("accessToken").substr(0, 3), "eyJ");
  EXPECT_FALSE(answer.member("refreshToken").empty());
  EXPECT_EQ(answer.member("tokenType"), "Bearer");
  EXPECT_EQ(answer.json["expiresIn"], 3600);
  EXPECT_EQ(answer.json["refreshExpiresIn"], 2592000);
  EXPECT_EQ(answer.json.size(), 5U);
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");

  const HttpAnswer info = world.info(answer.member("accessToken"));
  ASSERT_EQ(info.status, 200) << info.text;
  EXPECT_EQ(info.member("clientType"), "service");
  EXPECT_EQ(info.member("clientId"), world.acme().client_id);
  EXPECT_EQ(info.json["metadata"]["tenantSlug"], "acme");
  EXPECT_FALSE(info.json["metadata"].value("applicationName", "").empty());
}

TEST(Rules, AssertionAlgorithmIsEdDsaAndNoOther) {
  RawWorld world;
  const Identity acme = world.acme();
  const Json claims = world.claims(acme.client_id);
  for (const Json& algorithm : {Json("none"), Json("None"), Json("HS256"), Json("RS256"), Json("ES256"),
                                Json("PS256"), Json("ES256K"), Json("eddsa"), Json("Ed448"), Json(""),
                                Json(1), Json(nullptr), Json::array({"EdDSA"}), Json(true)}) {
    // Signed well, or not at all: the algorithm decides.
    expect_refused(world.present(client::sign_jwt(acme.key, RawWorld::header(algorithm), claims)),
                   "algorithm", algorithm.dump());
    expect_refused(world.present(encoded(RawWorld::header(algorithm), claims) + "."), "algorithm",
                   algorithm.dump());
  }
  expect_refused(world.present(client::sign_jwt(acme.key, Json{{"typ", "JWT"}}, claims)), "algorithm");
  const Json critical{{"alg", "EdDSA"}, {"crit", Json::array({"exp"})}};
  expect_refused(world.present(client::sign_jwt(acme.key, critical, claims)), "crit");
}

TEST(Rules, PublicKeyIsNoSharedSecret) {
  RawWorld world;
  const Identity acme = world.acme();
  const string key = acme.key.public_key();
  const Result<Json> jwk = parse_json(acme.key.jwk());
  ASSERT_TRUE(jwk.ok());
  const string x = jwk->value("x", "");
  for (const string& secret : {key, base64_encode(key), to_hex(key), x, acme.key.jwk(), string()}) {
    for (const char* algorithm : {"HS256", "EdDSA"}) {
      const string input = encoded(RawWorld::header(algorithm), world.claims(acme.client_id));
      const HttpAnswer answer = world.present(input + "." + base64url_encode(hmac_sha256(secret, input)));
      expect_refused(answer, string(algorithm) == "EdDSA" ? "signature" : "algorithm");
    }
  }
}

TEST(Rules, AssertionClaimsAreAllRequiredAndTyped) {
  RawWorld world;
  const Identity acme = world.acme();
  for (const string name : {"iss", "sub", "client_id", "aud", "iat", "exp"}) {
    const string quoted = "'" + name + "'";
    Json claims = world.claims(acme.client_id);
    claims.erase(name);
    expect_refused(world.present(acme, claims), quoted, name);
    const bool is_time = name == "iat" || name == "exp";
    for (const Json& wrong :
         {Json(nullptr), Json(true), Json::object(), Json::array(), Json(""), Json::array({1, 2}),
          is_time ? Json(std::to_string(world.clock().seconds())) : Json(17)}) {
      claims[name] = wrong;
      expect_refused(world.present(acme, claims), quoted, name + " = " + wrong.dump());
    }
  }
  for (const char* name : {"iat", "exp"}) {
    for (const Json& wrong : {Json(-1), Json(1e300), Json(world.clock().seconds() * 1000), Json(-1e300),
                              Json(std::numeric_limits<std::uint64_t>::max())}) {
      Json claims = world.claims(acme.client_id);
      claims[name] = wrong;
      expect_refused(world.present(acme, claims), name, wrong.dump());
    }
  }
}

TEST(Rules, AssertionSubIsTheClientIdOfARegisteredPartner) {
  RawWorld world;
  const Identity acme = world.acme();
  const Identity other = world.register_partner("client_other");
  Json claims = world.claims(acme.client_id);
  claims["sub"] = other.client_id;
  expect_refused(world.present(acme, claims), "'sub' differs");
  expect_refused(world.present(acme, world.claims("client_nobody")), "unknown client");
  expect_refused(world.present(acme, world.claims("CLIENT_ACME")), "unknown client");
  expect_refused(world.present(acme, world.claims(acme.client_id + string(1, '\0'))), "unknown client");
}

TEST(Rules, AssertionAudienceIsExactlyTheBaseUrl) {
  RawWorld world;
  const Identity acme = world.acme();
  const string port = std::to_string(world.sandbox().port());
  const auto present = [&](const Json& audience) {
    Json claims = world.claims(acme.client_id);
    claims["aud"] = audience;
    return world.present(acme, claims);
  };
  for (const string& audience :
       {"http://localhost:" + port, "http://127.0.0.1:" + port, world.url(),
        string("https://sandbox-api.zestequity.com"), string("https://sandbox.api.zestequity.com")}) {
    EXPECT_EQ(present(audience).status, 201) << audience;
    EXPECT_EQ(present(Json::array({audience})).status, 201) << audience;
  }
  for (const string& audience :
       {world.url() + "/", world.url() + "/v1/oauth2/tokens", "HTTP://localhost:" + port,
        "https://localhost:" + port, " " + world.url(), string("localhost:" + port),
        string("https://sandbox-api.zestequity.com/"), string("http://sandbox-api.zestequity.com"),
        string("https://sandbox-api.zestequity.com.evil.example"), string("*")}) {
    expect_refused(present(audience), "audience mismatch", audience);
  }
  expect_refused(present(Json::array({world.url(), "https://elsewhere.example"})), "'aud'");
  expect_refused(present(Json::array({world.url(), world.url()})), "'aud'");
  expect_refused(present(Json::array({Json::array({world.url()})})), "'aud'");
  for (const char* production : {"https://api.zestequity.com", "https://public-api.zestequity.com"}) {
    expect_refused(present(production), production);
    expect_refused(present(production), "audience mismatch");
  }
}

// Mapped ports, container names, a proxy that speaks TLS: nobody but the client knows by which address it
// calls.
TEST(Rules, AssertionAudienceMayBeTheAddressOfTheCall) {
  RawWorld world;
  const Identity acme = world.acme();
  const std::vector<std::pair<string, string>> accepted = {
      {"localhost:32771", "http://localhost:32771"},
      {"localhost:32771", "https://localhost:32771"},
      {"zest-sandbox", "http://zest-sandbox"},
      {"zest-sandbox", "http://zest-sandbox:80"},
      {"Zest_Sandbox:8080", "http://zest_sandbox:8080"},
      {"zest.example", "https://zest.example"},
      {"zest.example:443", "https://zest.example"},
      {"[::1]:32771", "http://[::1]:32771"},
      {"localhost:32771", world.url()},
      {"localhost:32771", "https://sandbox-api.zestequity.com"}};
  for (const auto& [host, audience] : accepted) {
    EXPECT_EQ(present_at(world, acme, host, audience).status, 201) << host << " " << audience;
  }
  const std::vector<std::pair<string, string>> refused = {
      {"localhost:32771", "http://localhost:32772"},  {"localhost:32771", "http://localhost"},
      {"localhost:32771", "http://localhost:32771/"}, {"localhost:32771", "localhost:32771"},
      {"localhost:32771", "HTTP://localhost:32771"},  {"localhost:32771", "ftp://localhost:32771"},
      {"zest-sandbox", "http://zest-sandbox:443/"},   {"zest.example:80", "https://zest.example"}};
  for (const auto& [host, audience] : refused) {
    expect_refused(present_at(world, acme, host, audience), "or, as it was called, http://" + host, audience);
  }
}

TEST(Rules, AssertionForProductionIsRefusedAlsoWhenItIsTheAddressOfTheCall) {
  RawWorld world;
  const Identity acme = world.acme();
  for (const string host : {"api.zestequity.com", "public-api.zestequity.com", "API.ZestEquity.com",
                            "api.zestequity.com.", "api.zestequity.com:443", "api.zestequity.com:8080"}) {
    for (const string scheme : {"http://", "https://"}) {
      expect_refused(present_at(world, acme, host, scheme + host),
                     "is Zest's production URL " + scheme + host);
    }
  }
}

TEST(Rules, AssertionAudienceMayBeTheConfiguredPublicUrl) {
  app::ServeOptions options = RawWorld::plain_options();
  options.public_url = "https://zest.partner.example";
  RawWorld world(options);
  EXPECT_EQ(world.url(), "https://zest.partner.example");
  EXPECT_EQ(world.sign_in(world.acme()).status, 201);
}

TEST(Rules, FiveSecondsOfClockSkewAreTolerated) {
  RawWorld world;
  const Identity acme = world.acme();
  const auto present = [&](double issued, double expires) {
    Json claims = world.claims(acme.client_id);
    const auto now = static_cast<double>(world.clock().seconds());
    claims["iat"] = now + issued;
    claims["exp"] = now + expires;
    return world.present(acme, claims);
  };
  EXPECT_EQ(present(5, 65).status, 201);
  expect_refused(present(5.001, 65), "clock");
  expect_refused(present(6, 66), "clock");
  // An assertion ends with its last tolerated millisecond.
  EXPECT_EQ(present(-65, -4.999).status, 201);
  expect_refused(present(-65, -5), "expired");
  expect_refused(present(-65, -6), "expired");

  Json claims = world.claims(acme.client_id);
  claims["nbf"] = world.clock().seconds() + 5;
  EXPECT_EQ(world.present(acme, claims).status, 201);
  claims["nbf"] = world.clock().seconds() + 6;
  expect_refused(world.present(acme, claims), "'nbf'");
  claims["nbf"] = "soon";
  expect_refused(world.present(acme, claims), "'nbf'");
}

TEST(Rules, AssertionLifeIsAtMostOneHour) {
  RawWorld world;
  const Identity acme = world.acme();
  const auto present = [&](std::int64_t lifetime) {
    Json claims = world.claims(acme.client_id);
    claims["exp"] = world.clock().seconds() + lifetime;
    return world.present(acme, claims);
  };
  EXPECT_EQ(present(1).status, 201);
  EXPECT_EQ(present(3600).status, 201);
  expect_refused(present(3601), "one hour");
  expect_refused(present(0), "'exp'");
  expect_refused(present(-1), "'exp'");
}

TEST(Rules, ReplayedJtiIsRefused) {
  const test::TemporaryFolder folder;
  app::ServeOptions options = RawWorld::plain_options();
  options.database = folder.path() / "sandbox.db";
  RawWorld world(options);
  const Identity acme = world.acme();
  const Identity other = world.register_partner("client_other");
  const auto with_jti = [&](const Identity& who, const Json& jti) {
    Json claims = world.claims(who.client_id);
    claims["jti"] = jti;
    return world.present(who, claims);
  };
  // A refused assertion does not use its jti up.
  Json expired = world.claims(acme.client_id);
  expired["jti"] = "one";
  expired["exp"] = expired["iat"] = world.clock().seconds() - 60;
  expect_refused(world.present(acme, expired), "'exp'");
  EXPECT_EQ(with_jti(acme, "one").status, 201);
  expect_refused(with_jti(acme, "one"), "'jti'");
  EXPECT_EQ(with_jti(acme, "two").status, 201);
  EXPECT_EQ(with_jti(other, "one").status, 201);
  for (const Json& wrong : {Json(1), Json(nullptr), Json::array({"one"}), Json(true)}) {
    expect_refused(with_jti(acme, wrong), "'jti'", wrong.dump());
  }
  world.restart();
  expect_refused(with_jti(acme, "one"), "'jti'");
  // The same assertion without one may come again.
  EXPECT_EQ(world.sign_in(acme).status, 201);
  EXPECT_EQ(world.sign_in(acme).status, 201);
}

TEST(Rules, AssertionOfAForeignKeyIsRefused) {
  RawWorld world;
  const Identity acme = world.acme();
  const Identity other = world.register_partner("client_other");
  expect_refused(world.present(Identity{acme.client_id, other.key}, world.claims(acme.client_id)),
                 "signature");
  expect_refused(world.present(Identity{other.client_id, acme.key}, world.claims(other.client_id)),
                 "signature");

  const string good = client::sign_jwt(acme.key, RawWorld::header(), world.claims(acme.client_id));
  const string signature = good.substr(good.rfind('.') + 1);
  Json longer = world.claims(acme.client_id);
  longer["exp"] = longer["exp"].get<std::int64_t>() + 1;
  expect_refused(world.present(encoded(RawWorld::header(), longer) + "." + signature), "signature");
  const Json renamed{{"alg", "EdDSA"}, {"typ", "jwt"}};
  expect_refused(world.present(encoded(renamed, world.claims(acme.client_id)) + "." + signature),
                 "signature");
  expect_refused(world.present(good.substr(0, good.rfind('.') + 1)), "signature");
  expect_refused(world.present(good.substr(0, good.size() - 4)), "signature");
  expect_refused(world.present(good + "AAAA"), "signature");
  const string zeros = base64url_encode(string(64, '\0'));
  expect_refused(world.present(encoded(RawWorld::header(), world.claims(acme.client_id)) + "." + zeros),
                 "signature");
}

TEST(Rules, GarbageIsNoToken) {
  RawWorld world;
  const string good = client::sign_jwt(world.acme().key, RawWorld::header(), world.claims("client_acme"));
  const std::vector<string> garbage = {
      "x", ".", "..", "...", "a.b.c", "eyJ", "eyJhbGciOiJFZERTQSJ9", "eyJhbGciOiJFZERTQSJ9..", good + ".",
      "." + good, good + "=", good.substr(1), "e30.e30.", "W10.e30.AA", "e30.W10.AA", "bnVsbA.bnVsbA.AA",
      string(20'000, 'a'),
      // Bytes that are no UTF-8, and a document far too deep.
      base64url_encode("{\"alg\":\"\xff\"}") + ".e30.AA", base64url_encode(string(3000, '[')) + ".e30.AA"};
  for (const string& token : garbage) {
    expect_error(world.present(token), 401, "invalid_token");
    if (token.size() < 8000) expect_error(world.info(token), 401, "invalid_token");
  }
  for (const string& token :
       {string("a b"), string("tab\there"), string("\xc3\xa9"), string("{\"alg\":1}")}) {
    expect_refused(world.present(token), "token", token);
  }
}

TEST(Rules, AccessTokenIsNoAssertionAndTheReverse) {
  RawWorld world;
  const Identity acme = world.acme();
  const string assertion = client::sign_jwt(acme.key, RawWorld::header(), world.claims(acme.client_id));
  const HttpAnswer pair = world.present(assertion);
  expect_refused(world.present(pair.member("accessToken")), "algorithm");
  expect_refused(world.info(assertion), "not an access token");
  expect_refused(world.info(pair.member("refreshToken")), "refresh token");
  expect_refused(world.refresh(pair.member("accessToken")), "refresh token");
  expect_refused(world.refresh(assertion), "refresh token");
  // An assertion that claims to be an access token is none either.
  Json claims = world.claims(acme.client_id);
  claims["use"] = "access";
  claims["chain"] = "c";
  expect_refused(world.present(acme, claims), "access token");
  expect_refused(world.info(client::sign_jwt(acme.key, RawWorld::header(), claims)), "signature");
  const string input = encoded(RawWorld::header("none"), claims);
  expect_refused(world.info(input + "."), "signature");
  const string hmac = encoded(RawWorld::header("HS256"), claims);
  expect_refused(world.info(hmac + "." + base64url_encode(hmac_sha256(acme.key.public_key(), hmac))),
                 "signature");
}

TEST(Rules, AccessTokenOfAnotherSandboxIsRefused) {
  RawWorld here;
  RawWorld there;
  expect_refused(there.info(here.sign_in(here.acme()).member("accessToken")), "signature");
  expect_refused(there.refresh(here.sign_in(here.acme()).member("refreshToken")), "refresh token");
}

TEST(Rules, BearerHeaderIsRequiredAndWellFormed) {
  RawWorld world;
  const string token = world.sign_in(world.acme()).member("accessToken");
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER ", "Bearer   "}) {
    EXPECT_EQ(world.get("/v1/oauth2/info", {{"Authorization", scheme + token}}).status, 200) << scheme;
  }
  expect_refused(world.get("/v1/oauth2/info"), "missing");
  for (const string& value :
       {string("Bearer"), string("Basic Y2xpZW50OnNlY3JldA=="), token, "Bearer" + token, "Token " + token,
        "Bearer " + token + " " + token, "Bearer " + token + "," + token}) {
    expect_refused(world.get("/v1/oauth2/info", {{"Authorization", value}}), "Authorization",
                   value.substr(0, 20));
  }
  const Fields twice{{"Authorization", "Bearer " + token}, {"Authorization", "Bearer " + token}};
  expect_refused(world.get("/v1/oauth2/info", twice), "more than once");
  expect_refused(world.get("/v1/oauth2/info?access_token=" + token), "missing");
  EXPECT_EQ(world.get("/v1/oauth2/info").header("WWW-Authenticate"), "Bearer");
}

TEST(Rules, TokenRequestWithoutItsFieldsIs400) {
  RawWorld world;
  const string grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
  for (const string& form :
       {string(), string("assertion=x"), string("grant_type="), string("grant_type=password"),
        string("grant_type=client_credentials&assertion=x"),
        string("grant_type=Refresh_Token&refresh_token=x"), grant,
        grant + "&assertion=", grant + "&refresh_token=x", grant + "&assertion=x&assertion=y",
        grant + "&" + grant + "&assertion=x", string("grant_type=refresh_token"),
        string("grant_type=refresh_token&assertion=x"), string("grant_type=%zz"), string("grant_type=%ff"),
        string("&&&"), string("{\"grant_type\":\"refresh_token\"}")}) {
    expect_error(world.token_call(form), 400, "invalid_request");
  }
  const Fields json{{"Content-Type", "application/json"}};
  expect_error(world.call("POST", "/v1/oauth2/tokens", json, "{}"), 400, "invalid_request");
  expect_error(world.call("POST", "/v1/oauth2/tokens", {}, grant + "&assertion=x"), 400, "invalid_request");
  EXPECT_EQ(world
                .call("POST", "/v1/oauth2/tokens",
                      {{"Content-Type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8"}},
                      grant + "&assertion=x")
                .status,
            401);
}

TEST(Rules, UnprovisionedPartnerIsForbiddenTheFivePosts) {
  RawWorld world;
  const Identity newcomer = world.register_partner("client_newcomer", false);
  const Fields bearer = world.bearer(newcomer);
  for (const char* target :
       {"/v1/spv-requests", "/v1/investors", "/v1/spvs/veh_1/subscriptions",
        "/v1/spvs/veh_1/subscription/psn_1/forms", "/v1/spvs/veh_1/subscription/psn_1/fundings"}) {
    const string detail = expect_error(world.call("POST", target, bearer, ""), 403, "forbidden");
    EXPECT_NE(detail.find("provisioned"), string::npos);
  }
  EXPECT_EQ(world.get("/v1/oauth2/info", bearer).status, 200);
  EXPECT_EQ(world.get("/v1/spv-requests", bearer).status, 200);
  expect_error(world.call("DELETE", "/v1/spv-requests/svr_1", bearer), 404, "not_found");
}

TEST(Rules, ReplacedKeyAndRemovedPartnerLoseTheirAccess) {
  RawWorld world;
  const Identity other = world.register_partner("client_other");
  const HttpAnswer pair = world.sign_in(other);
  const Ed25519PrivateKey fresh = Ed25519PrivateKey::generate();
  const Json change{{"publicKey", base64_encode(fresh.public_key())}};
  const Fields json{{"Content-Type", "application/json"}};
  EXPECT_EQ(world.call("PATCH", "/_sandbox/partners/client_other", json, dump_json(change)).status, 200);
  expect_refused(world.sign_in(other), "signature");
  EXPECT_EQ(world.sign_in(Identity{other.client_id, fresh}).status, 201);
  EXPECT_EQ(world.call("DELETE", "/_sandbox/partners/client_other").status / 100, 2);
  expect_refused(world.sign_in(Identity{other.client_id, fresh}), "unknown client");
  expect_refused(world.info(pair.member("accessToken")), "client_other");
  expect_error(world.refresh(pair.member("refreshToken")), 401, "invalid_token");
}

}  // namespace
}  // namespace zest::api
