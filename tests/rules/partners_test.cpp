#include "rules/partners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rules/context.h"
#include "store/sqlite/open.h"

namespace zest::rules {
namespace {

class PartnersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = store::open_sqlite({}, log_);
    ASSERT_TRUE(opened.ok());
    store_ = std::move(*opened);
  }

  Result<Partner> add(const NewPartner& input) {
    LaneDefaults defaults;
    defaults.seed = 1;
    return store_->write(
        [&](store::Write& tx) { return register_partner(tx, input, defaults, instant_from_ms(0)); });
  }
  static NewPartner partner(const std::string& name, char key) {
    NewPartner input;
    input.name = name;
    input.public_key = std::string(32, key);
    return input;
  }
  std::string first_event_id(const std::string& client_id) {
    auto id = store_->write([&](store::Write& tx) -> Result<std::string> {
      ASSIGN_OR_RETURN(Context context, begin_at(tx, client_id, instant_from_ms(0)));
      return new_id(context, "wde");
    });
    return id.ok() ? *id : id.error().detail;
  }

  Log log_{LogFormat::Text, LogLevel::Off};
  std::unique_ptr<store::Store> store_;
};

TEST_F(PartnersTest, ClientIdAndTenantAreDerivedFromTheName) {
  const auto first = add(partner("Acme Portal!", 'a'));
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->client_id, "client_acme_portal");
  EXPECT_EQ(first->tenant_slug, "acme_portal");
  const auto second = add(partner("Acme Portal", 'b'));
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->client_id, "client_acme_portal_2");
}

TEST_F(PartnersTest, DuplicateKeyIsAConflictThatNamesTheHolder) {
  ASSERT_TRUE(add(partner("One", 'a')).ok());
  const auto refused = add(partner("Two", 'a'));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Conflict);
  EXPECT_NE(refused.error().detail.find("client_one"), std::string::npos);
}

TEST_F(PartnersTest, IdentifiersNeverComeBackUnlessRewound) {
  const auto remove = [this](bool rewind) {
    return store_->write([&](store::Write& tx) -> Result<Done> {
      remove_partner(tx, *tx.partner("client_one"), rewind);
      return Done{};
    });
  };
  ASSERT_TRUE(add(partner("One", 'a')).ok());
  const std::string before = first_event_id("client_one");
  ASSERT_TRUE(remove(false).ok());
  ASSERT_TRUE(add(partner("One", 'a')).ok());
  EXPECT_NE(first_event_id("client_one"), before);
  ASSERT_TRUE(remove(true).ok());
  ASSERT_TRUE(add(partner("One", 'a')).ok());
  EXPECT_EQ(first_event_id("client_one"), before);
}

TEST(WebhookUrl, IsRefusedWithAReason) {
  EXPECT_TRUE(check_webhook_url("http://127.0.0.1:9000/webhooks", false).ok());
  EXPECT_TRUE(check_webhook_url("https://portal.example.com/zest?x=1", true).ok());
  for (const char* url : {"", "ftp://x/", "http://", "http:///path", "http://a b/", "https://x/#part",
                          "http://[::1", "http://%00/", "http://127.0.0.1\\@evil/"}) {
    EXPECT_FALSE(check_webhook_url(url, false).ok()) << url;
  }
  for (const char* url :
       {"http://x:99999/", "http://x:0", "http://[::1]:65536/a", "http://u:p@x:port/?a:1"}) {
    EXPECT_THAT(check_webhook_url(url, false).error().detail, testing::HasSubstr("a port from 1 to 65535"))
        << url;
  }
  for (const char* url : {"http://x:65535/", "http://x:/", "http://[::1]/a:b", "http://u:p@x/?a:1"}) {
    EXPECT_TRUE(check_webhook_url(url, false).ok()) << url;
  }
  EXPECT_FALSE(check_webhook_url("http://127.0.0.1/", true).ok());
}

TEST(WebhookUrl, IsTakenWhateverTheCaseOfSchemeAndHost) {
  EXPECT_TRUE(check_webhook_url("HTTP://LOCALHOST:9000/Hooks", false).ok());
  EXPECT_TRUE(check_webhook_url("HTTPS://portal.example.com/", true).ok());
  EXPECT_FALSE(check_webhook_url("HTTP://LOCALHOST:9000/Hooks", true).ok());
}

TEST(WebhookUrl, WithoutASchemeSaysWhatIsMeant) {
  EXPECT_EQ(check_webhook_url("127.0.0.1:9000/hooks", false).error().detail,
            "webhookUrl must start with http:// or https://; did you mean http://127.0.0.1:9000/hooks?");
}

TEST(WebhookUrl, PublicLiteralAddressesAreTold) {
  for (const char* url : {"http://8.8.8.8/", "http://[2001:db8::1]:80/x", "https://172.32.0.1"}) {
    EXPECT_TRUE(is_public_address(url)) << url;
  }
  for (const char* url : {"http://127.0.0.1:1/", "http://10.1.2.3", "http://172.16.0.1", "http://192.168.1.1",
                          "http://[::1]:9/", "http://localhost/", "http://example.com/"}) {
    EXPECT_FALSE(is_public_address(url)) << url;
  }
}

}  // namespace
}  // namespace zest::rules
