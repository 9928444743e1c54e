// What would grow for ever is bounded.
#include "store/store_fixture.h"

namespace zest::store {
namespace {

class Retention : public ConformanceTest {
 protected:
  void SetUp() override {
    limits_ = {5, 3};
    ConformanceTest::SetUp();
  }
};

TEST_P(Retention, OfALongHistoryTheNewestAttemptsStay) {
  change([](Write& tx) {
    tx.add_event(sample_event("wde_1", "a", "investor.created"),
                 sample_delivery("wde_1", "a", "investor.created"));
    for (int schedule = 1; schedule <= 20; ++schedule) {
      Attempt attempt = sample_attempt("wde_1");
      attempt.schedule = schedule;
      tx.add_attempt(attempt);
    }
  });
  std::vector<int> kept;
  for (const Attempt& attempt : look([](Read& tx) { return tx.attempts("wde_1"); })) {
    kept.push_back(attempt.schedule);
  }
  EXPECT_EQ(kept, (std::vector<int>{16, 17, 18, 19, 20}));
}

TEST_P(Retention, OfManyIdempotencyKeysTheNewestStay) {
  change([](Write& tx) {
    for (int i = 0; i < 50; ++i)
      tx.put_reply("a", "key-" + std::to_string(i), StoredReply{"f", 201, "{}", at(1)});
    tx.put_reply("b", "key-0", StoredReply{"f", 201, "{}", at(1)});
  });
  look([](Read& tx) {
    EXPECT_FALSE(tx.reply("a", "key-0").has_value());
    EXPECT_FALSE(tx.reply("a", "key-40").has_value());
    for (const char* key : {"key-47", "key-48", "key-49"}) EXPECT_TRUE(tx.reply("a", key).has_value()) << key;
    EXPECT_TRUE(tx.reply("b", "key-0").has_value());
    return 0;
  });
}

TEST_P(Retention, ExpiredRefreshTokensGoAndTheirChainsWithTheLast) {
  const auto token = [](const char* chain, Instant expires) {
    RefreshToken made;
    made.chain_id = chain;
    made.client_id = "a";
    made.expires_at = expires;
    return made;
  };
  change([&](Write& tx) {
    tx.add_chain("old", "a");
    tx.add_chain("living", "a");
    tx.add_refresh_token("1", token("old", at(10)));
    tx.add_refresh_token("2", token("living", at(10)));
    tx.add_refresh_token("3", token("living", at(11)));
    tx.prune_tokens(at(10));
  });
  look([](Read& tx) {
    EXPECT_FALSE(tx.refresh_token("1").has_value());
    EXPECT_FALSE(tx.refresh_token("2").has_value());
    EXPECT_TRUE(tx.refresh_token("3").has_value());
    EXPECT_FALSE(tx.chain_revoked("living"));
    EXPECT_TRUE(tx.chain_revoked("old"));  // as every unknown one
    return 0;
  });
}

ZEST_FOR_EVERY_BACKEND(Retention);

}  // namespace
}  // namespace zest::store
