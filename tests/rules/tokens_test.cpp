// Zest docs: authentication. Instants are wall time.
#include "rules/tokens.h"

#include "base/crypto.h"
#include "rules/jwt.h"
#include "rules/rules_fixture.h"

namespace zest::rules {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kNow = 1'780'000'000;  // seconds
Instant wall(std::int64_t ms = 0) { return instant_from_ms(kNow * 1000 + ms); }

class Tokens : public RulesTest {
 protected:
  void SetUp() override {
    RulesTest::SetUp();
    PartnerChange change;
    change.public_key = key_.public_key();
    ASSERT_TRUE(at(kDawn, [&](Context& context) { return change_partner(context.tx, "acme", change); }).ok());
  }

  static Json claims() {
    return Json{{"iss", "https://partner.example"}, {"sub", "acme"}, {"client_id", "acme"},
                {"aud", "http://localhost:8080"},   {"iat", kNow},   {"exp", kNow + 60}};
  }
  static Json with(const char* name, const Json& value) {
    Json changed = claims();
    changed[name] = value;
    return changed;
  }
  // What is wrong with an assertion that says that at `now`; "" when it is accepted.
  std::string refusal(const Json& says, Instant now = wall(),
                      const Json& header = Json{{"alg", "EdDSA"}, {"typ", "JWT"}}) {
    const std::string input = jwt_signing_input(header, says);
    const Audiences audiences = accepted_audiences("http://localhost:8080", 8080, "sandbox.internal:9000");
    const auto checked =
        check_assertion(input + "." + base64url_encode(key_.sign(input)), audiences, now,
                        [this](const std::string& client_id) {
                          return look([&](store::Read& tx) { return tx.partner(client_id); });
                        });
    EXPECT_TRUE(checked.ok() || checked.error().kind == ErrorKind::InvalidToken);
    return checked.ok() ? "" : checked.error().detail;
  }

  template <class Body>
  auto write(Body body) {
    return store_->write([&](store::Write& tx) { return body(tx); });
  }
  Result<TokenPair> grant(Instant now, const std::optional<std::string>& jti = std::nullopt) {
    return write([&](store::Write& tx) {
      return authority_.grant(tx, Assertion{"acme", jti, wall(60'000)}, now);
    });
  }
  TokenAuthority::RefreshOutcome refresh(Instant now, const std::string& token) {
    return write([&](store::Write& tx) -> Result<TokenAuthority::RefreshOutcome> {
             return authority_.refresh(tx, token, now);
           })
        .value();
  }
  bool is_revoked(const std::string& access_token) {
    const AccessClaims claimed = authority_.check_access(access_token, wall()).value();
    return look([&](store::Read& tx) { return tx.chain_revoked(claimed.chain_id); });
  }

  const Ed25519PrivateKey key_ = Ed25519PrivateKey::from_raw(std::string(32, 'k')).value();
  const TokenAuthority authority_{"secret", "http://sandbox"};
};

TEST_F(Tokens, AShorterLifeIsToldAndHeld) {
  const Instant now = wall();
  const TokenPair pair =
      write([&](store::Write& tx) {
        return authority_.grant(tx, Assertion{"acme", std::nullopt, wall(60'000)}, now, Duration(4'500));
      }).value();
  EXPECT_EQ(pair.access_lifetime, Duration(5'000));  // whole seconds
  EXPECT_TRUE(authority_.check_access(pair.access_token, now + Duration(4'000)).ok());
  EXPECT_FALSE(authority_.check_access(pair.access_token, now + Duration(5'000)).ok());
}

TEST_F(Tokens, ARefusedTokenTellsItsOwnerWhenItIsGenuine) {
  const TokenPair pair = grant(wall()).value();
  EXPECT_EQ(authority_.owner_of(pair.access_token), "acme");
  EXPECT_EQ(authority_.owner_of(pair.access_token + "x"), std::nullopt);
  EXPECT_EQ(refresh(wall(1), pair.refresh_token).client_id, "acme");
  EXPECT_EQ(refresh(wall(2), pair.refresh_token).client_id, "acme");  // spent
  EXPECT_EQ(refresh(wall(3), "zrt_unknown").client_id, "");
}

TEST_F(Tokens, AssertionAlgorithmIsEdDsaAndNoOther) {
  EXPECT_EQ(refusal(claims()), "");
  for (const char* algorithm : {"HS256", "RS256", "none", "eddsa"}) {
    EXPECT_THAT(refusal(claims(), wall(), Json{{"alg", algorithm}}), HasSubstr("EdDSA")) << algorithm;
  }
  EXPECT_THAT(refusal(claims(), wall(), Json{{"typ", "JWT"}}), HasSubstr("'alg'"));
}

TEST_F(Tokens, AssertionClaimsAreAllRequired) {
  for (const char* name : {"iss", "sub", "client_id", "aud", "iat", "exp"}) {
    Json less = claims();
    less.erase(name);
    EXPECT_THAT(refusal(less), HasSubstr("'" + std::string(name) + "'"));
  }
  EXPECT_THAT(refusal(with("sub", "other")), HasSubstr("'sub' differs"));
}

TEST_F(Tokens, AssertionAudienceIsExactlyTheBaseUrl) {
  for (const char* audience : {"http://127.0.0.1:8080", "https://sandbox-api.zestequity.com",
                               "http://sandbox.internal:9000", "https://sandbox.internal:9000"}) {
    EXPECT_EQ(refusal(with("aud", audience)), "") << audience;
    EXPECT_EQ(refusal(with("aud", Json::array({audience}))), "") << audience;
  }
  for (const char* audience :
       {"http://localhost:8080/", "http://localhost:8080/v1", "http://localhost:8081"}) {
    EXPECT_THAT(refusal(with("aud", audience)), HasSubstr("audience mismatch")) << audience;
  }
  EXPECT_THAT(refusal(with("aud", "https://api.zestequity.com")), HasSubstr("production"));
  EXPECT_THAT(refusal(with("aud", Json::array({"http://localhost:8080", "x"}))), HasSubstr("exactly one"));
}

TEST_F(Tokens, AssertionOfAnotherKeyOrAnUnknownClientIsRefused) {
  Json stranger = claims();
  stranger["sub"] = stranger["client_id"] = "nobody";
  EXPECT_THAT(refusal(stranger), HasSubstr("unknown client"));
  add_partner("other");
  stranger["sub"] = stranger["client_id"] = "other";
  EXPECT_THAT(refusal(stranger), HasSubstr("bad signature"));
}

// Five seconds of skew, and not a millisecond more.
TEST_F(Tokens, AssertionTimesHaveFiveSecondsOfSkew) {
  EXPECT_EQ(refusal(claims(), wall(-5000)), "");
  EXPECT_THAT(refusal(claims(), wall(-5001)), HasSubstr("in the future"));
  EXPECT_EQ(refusal(claims(), wall(64'999)), "");
  EXPECT_THAT(refusal(claims(), wall(65'000)), HasSubstr("has expired"));
  EXPECT_EQ(refusal(with("nbf", kNow + 5)), "");
  EXPECT_THAT(refusal(with("nbf", kNow + 6)), HasSubstr("not valid yet"));
}

TEST_F(Tokens, AssertionLivesAnHourAtMost) {
  EXPECT_EQ(refusal(with("exp", kNow + 3600)), "");
  EXPECT_THAT(refusal(with("exp", kNow + 3601)), HasSubstr("longer than one hour"));
  EXPECT_THAT(refusal(with("exp", kNow)), HasSubstr("not after its 'iat'"));
  EXPECT_THAT(refusal(with("exp", (kNow + 60) * 1000)), HasSubstr("milliseconds"));
}

TEST_F(Tokens, AJtiIsSpentUntilItsAssertionHasExpired) {
  ASSERT_TRUE(grant(wall(), "once").ok());
  expect_refused(grant(wall(), "once"), ErrorKind::InvalidToken, "spent");
  expect_refused(grant(wall(64'999), "once"), ErrorKind::InvalidToken, "spent");
  EXPECT_TRUE(grant(wall(65'000), "once").ok());
  EXPECT_TRUE(grant(wall(65'000)).ok());
}

TEST_F(Tokens, AccessTokenLivesExactly3600Seconds) {
  const TokenPair pair = grant(wall()).value();
  const AccessClaims claimed = authority_.check_access(pair.access_token, wall(3'599'999)).value();
  EXPECT_EQ(claimed.client_id, "acme");
  EXPECT_EQ(claimed.number, 1U);
  EXPECT_EQ(claimed.expires_at, wall(3'600'000));
  expect_refused(authority_.check_access(pair.access_token, wall(3'600'000)), ErrorKind::InvalidToken,
                 access_token_expired().detail);
}

TEST_F(Tokens, AccessTokenIsNoAssertionAndTheReverse) {
  const TokenPair pair = grant(wall()).value();
  const TokenAuthority another("another secret", "http://sandbox");
  expect_refused(another.check_access(pair.access_token, wall()), ErrorKind::InvalidToken, "bad signature");
  const std::string input = jwt_signing_input(Json{{"alg", "EdDSA"}}, claims());
  expect_refused(authority_.check_access(input + "." + base64url_encode(key_.sign(input)), wall()),
                 ErrorKind::InvalidToken, "not an access token");
  EXPECT_THAT(refusal(with("use", "access")), HasSubstr("not an assertion"));
}

TEST_F(Tokens, RefreshRotatesThePair) {
  const TokenPair first = grant(wall()).value();
  const TokenAuthority::RefreshOutcome second = refresh(wall(1), first.refresh_token);
  ASSERT_TRUE(second.pair.has_value()) << second.refusal;
  EXPECT_NE(second.pair->refresh_token, first.refresh_token);
  EXPECT_EQ(authority_.check_access(second.pair->access_token, wall(1)).value().number, 2U);
  EXPECT_FALSE(is_revoked(first.access_token));
}

TEST_F(Tokens, RefreshTokenLivesExactly30Days) {
  const TokenPair pair = grant(wall()).value();
  const std::int64_t days = 30LL * 86'400'000;
  EXPECT_THAT(refresh(wall(days), pair.refresh_token).refusal, HasSubstr("has expired"));
  EXPECT_TRUE(refresh(wall(days - 1), pair.refresh_token).pair.has_value());
}

TEST_F(Tokens, SpentRefreshTokenRevokesItsWholeChain) {
  const TokenPair first = grant(wall()).value();
  const TokenPair apart = grant(wall()).value();
  const TokenPair second = refresh(wall(1), first.refresh_token).pair.value();
  EXPECT_THAT(refresh(wall(2), first.refresh_token).refusal, HasSubstr("spent"));
  EXPECT_TRUE(is_revoked(first.access_token));
  EXPECT_TRUE(is_revoked(second.access_token));
  EXPECT_THAT(refresh(wall(3), second.refresh_token).refusal, HasSubstr("revoked"));
  EXPECT_FALSE(is_revoked(apart.access_token));
  EXPECT_THAT(refresh(wall(3), "zrt_unknown").refusal, HasSubstr("unknown"));
}

}  // namespace
}  // namespace zest::rules
