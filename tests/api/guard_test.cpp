#include "api/pipeline/guard.h"
#include "support/fake_clock.h"

#include <gtest/gtest.h>

namespace zest::api {
namespace {

Settings open_settings() {
  Settings settings;
  settings.allowed_hosts = {"zest.internal"};
  return settings;
}

Settings guarded_settings() {
  Settings settings = open_settings();
  settings.admin_token = "let-me-in";
  return settings;
}

http::RequestHead head_with(std::vector<std::pair<std::string, std::string>> fields) {
  http::RequestHead head;
  head.method = "POST";
  head.target = head.path = "/_sandbox/reset";
  head.local_port = 8080;
  for (auto& [name, value] : fields) head.headers.add(name, value);
  return head;
}

// "" when the call may go on, else the kind of the refusal.
std::string verdict(Guard& guard, const http::RequestHead& head) {
  const std::optional<Guard::Refused> refused = guard.check(head);
  if (!refused) return "";
  EXPECT_FALSE(refused->error.detail.empty());
  switch (refused->error.kind) {
    case ErrorKind::Forbidden:
      return "forbidden";
    case ErrorKind::Unauthorized:
      return "unauthorized";
    case ErrorKind::ServiceUnavailable:
      return "not looked at";
    default:
      return "another";
  }
}

std::string verdict(const Settings& settings, const http::RequestHead& head) {
  const PublicUrl public_url("https://sandbox.example.test");
  const test::FakeClock clock;
  Guard guard(settings, public_url, clock);
  return verdict(guard, head);
}

TEST(Guard, AnswersLoopbackHosts) {
  for (const char* host : {"localhost", "localhost:8080", "LOCALHOST:1", "127.0.0.1:8080", "127.8.9.10",
                           "[::1]:8080", "[::1]", "localhost.:8080"}) {
    EXPECT_EQ(verdict(open_settings(), head_with({{"Host", host}})), "") << host;
  }
}

TEST(Guard, RefusesOtherHosts) {
  for (const char* host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080", "8.8.8.8",
                           "[::2]", "", "localhost:8080:9", "localhost@evil.example", "[::1", "0.0.0.0"}) {
    EXPECT_EQ(verdict(open_settings(), head_with({{"Host", host}})), "forbidden") << host;
  }
  EXPECT_EQ(verdict(open_settings(), head_with({})), "forbidden");
  EXPECT_EQ(verdict(open_settings(), head_with({{"Host", "localhost"}, {"Host", "localhost"}})), "forbidden");
}

// It came with a config file that was merely found.
TEST(Guard, RefusesThePublicUrlThatIsNotTrusted) {
  Settings settings = open_settings();
  settings.public_url_is_trusted = false;
  const std::string host = "sandbox.example.test";
  EXPECT_EQ(verdict(settings, head_with({{"Host", host}})), "forbidden");
  EXPECT_EQ(verdict(settings, head_with({{"Host", "localhost:8080"}, {"Origin", "https://" + host}})),
            "forbidden");
  EXPECT_EQ(verdict(open_settings(), head_with({{"Host", "localhost:8080"}, {"Origin", "https://" + host}})),
            "");
  // One that was set at run time was set by who may.
  PublicUrl public_url("https://found.example.test");
  public_url.set("https://" + host);
  const test::FakeClock clock;
  Guard guard(settings, public_url, clock);
  EXPECT_EQ(verdict(guard, head_with({{"Host", host}})), "");
}

TEST(Guard, AnswersNamedHosts) {
  EXPECT_EQ(verdict(open_settings(), head_with({{"Host", "Zest.Internal:9000"}})), "");
  EXPECT_EQ(verdict(open_settings(), head_with({{"Host", "sandbox.example.test"}})), "");
}

TEST(Guard, AnswersItsOwnOrigins) {
  const auto origin = [](const char* host, const char* value) {
    return head_with({{"Host", host}, {"Origin", value}});
  };
  EXPECT_EQ(verdict(open_settings(), origin("127.0.0.1:8080", "http://127.0.0.1:8080")), "");
  EXPECT_EQ(verdict(open_settings(), origin("127.0.0.1:8080", "http://localhost:8080")), "");
  EXPECT_EQ(verdict(open_settings(), origin("127.0.0.1:18080", "http://127.0.0.1:18080")), "");
  EXPECT_EQ(verdict(open_settings(), origin("localhost", "https://sandbox.example.test")), "");
  EXPECT_EQ(verdict(open_settings(), origin("localhost", "http://zest.internal:4000")), "");
  EXPECT_EQ(verdict(open_settings(), origin("localhost", "http://localhost")), "");
}

TEST(Guard, RefusesForeignOrigins) {
  for (const char* origin : {"http://evil.example", "http://localhost:3000", "https://127.0.0.1", "null", "",
                             "http://localhost:8080/path", "file://", "http://sandbox.example.test"}) {
    const http::RequestHead head = head_with({{"Host", "localhost:8080"}, {"Origin", origin}});
    EXPECT_EQ(verdict(open_settings(), head), "forbidden") << origin;
  }
  const http::RequestHead twice = head_with(
      {{"Host", "localhost:8080"}, {"Origin", "http://localhost:8080"}, {"Origin", "http://evil.example"}});
  EXPECT_EQ(verdict(open_settings(), twice), "forbidden");
}

// Images, scripts and reads whose answer the page does not see carry no Origin.
TEST(Guard, RefusesWhatPagesFromElsewhereEmbed) {
  const auto fetched = [](const char* site, const char* mode) {
    return verdict(
        open_settings(),
        head_with({{"Host", "localhost:8080"}, {"Sec-Fetch-Site", site}, {"Sec-Fetch-Mode", mode}}));
  };
  EXPECT_EQ(fetched("cross-site", "no-cors"), "forbidden");
  EXPECT_EQ(fetched("same-site", "no-cors"), "forbidden");  // another port of this machine
  EXPECT_EQ(fetched("same-origin", "cors"), "");
  EXPECT_EQ(fetched("none", "navigate"), "");        // typed by hand
  EXPECT_EQ(fetched("cross-site", "navigate"), "");  // a link that was followed
}

TEST(Guard, RefusesForeignOriginsEvenWithTheToken) {
  const http::RequestHead head = head_with(
      {{"Host", "localhost:8080"}, {"Origin", "http://evil.example"}, {"Authorization", "Bearer let-me-in"}});
  EXPECT_EQ(verdict(guarded_settings(), head), "forbidden");
}

TEST(Guard, WantsTheToken) {
  EXPECT_EQ(verdict(guarded_settings(), head_with({{"Host", "localhost"}})), "unauthorized");
  for (const char* value :
       {"Bearer wrong", "Bearer ", "Bearer", "Basic let-me-in", "let-me-in", "Bearer let-me-in2"}) {
    const http::RequestHead head = head_with({{"Host", "localhost"}, {"Authorization", value}});
    EXPECT_EQ(verdict(guarded_settings(), head), "unauthorized") << value;
  }
}

TEST(Guard, TakesTheTokenAtAnyHost) {
  for (const char* value : {"Bearer let-me-in", "bearer let-me-in", "Bearer  let-me-in "}) {
    const http::RequestHead head = head_with({{"Host", "box.lan:8080"}, {"Authorization", value}});
    EXPECT_EQ(verdict(guarded_settings(), head), "") << value;
  }
}

TEST(Guard, TakesTheCookieOfTheLogin) {
  const std::string cookie = login_cookie(guarded_settings());
  EXPECT_EQ(cookie.find("let-me-in"), std::string::npos);
  EXPECT_NE(cookie.find("; HttpOnly; SameSite=Strict; Path=/"), std::string::npos);
  const std::string pair = cookie.substr(0, cookie.find(';'));
  EXPECT_EQ(verdict(guarded_settings(), head_with({{"Cookie", "a=b; " + pair + "; c=d"}})), "");
  EXPECT_EQ(verdict(guarded_settings(), head_with({{"Cookie", pair + "0"}})), "unauthorized");
  EXPECT_EQ(verdict(guarded_settings(), head_with({{"Cookie", pair.substr(0, pair.find('=')) + "="}})),
            "unauthorized");

  Settings changed = guarded_settings();
  changed.admin_token = "another";
  EXPECT_EQ(verdict(changed, head_with({{"Cookie", pair}})), "unauthorized");
}

TEST(Guard, TheLoginNeedsNoToken) {
  http::RequestHead head = head_with({{"Host", "box.lan:8080"}, {"Origin", "http://box.lan:8080"}});
  head.path = std::string(kLoginPath);
  EXPECT_EQ(verdict(guarded_settings(), head), "");
  head.headers.set("Origin", "http://evil.example");
  EXPECT_EQ(verdict(guarded_settings(), head), "forbidden");
}

// A port may be mapped: ours is the one that the call names.
TEST(Guard, APageOfAnotherPortOfThisMachineIsForeign) {
  const auto origin = [](const char* host, const char* value) {
    return head_with({{"Host", host}, {"Origin", value}});
  };
  EXPECT_EQ(verdict(open_settings(), origin("localhost:32771", "http://localhost:32771")), "");
  EXPECT_EQ(verdict(open_settings(), origin("localhost:32771", "http://127.0.0.1:32771")), "");
  EXPECT_EQ(verdict(open_settings(), origin("localhost:32771", "http://localhost:8080")), "forbidden");
}

TEST(Guard, FollowsThePublicUrl) {
  PublicUrl public_url("https://sandbox.example.test");
  const Settings settings;
  const test::FakeClock clock;
  Guard guard(settings, public_url, clock);
  const http::RequestHead head = head_with({{"Host", "zest:9000"}, {"Origin", "http://zest:9000"}});
  EXPECT_EQ(verdict(guard, head), "forbidden");
  public_url.set("http://zest:9000");
  EXPECT_EQ(verdict(guard, head), "");
  EXPECT_EQ(verdict(guard, head_with({{"Host", "sandbox.example.test"}})), "forbidden");
}

// A browser keeps cookies of another sandbox on this host: they are no guesses.
TEST(Guard, ACookieTellsNothingOfTheToken) {
  Settings ours = guarded_settings();
  ours.session_key = "ours";
  Settings other = guarded_settings();
  other.session_key = "another's";
  const std::string cookie = login_cookie(other);
  EXPECT_NE(cookie, login_cookie(ours));
  const PublicUrl public_url("http://localhost");
  const test::FakeClock clock;
  Guard guard(ours, public_url, clock);
  const http::RequestHead stale = head_with({{"Cookie", cookie.substr(0, cookie.find(';'))}});
  for (int i = 0; i < 1000; ++i) {
    const std::optional<Guard::Refused> refused = guard.check(stale);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->error.kind, ErrorKind::Unauthorized);
    EXPECT_EQ(refused->hold, Duration(0));
  }
}

class GuessedAt : public testing::Test {
 protected:
  std::optional<Guard::Refused> present(const std::string& token, const std::string& peer = "10.0.0.1") {
    http::RequestHead head = head_with({{"Authorization", "Bearer " + token}});
    head.peer = peer;
    return guard_.check(head);
  }
  Duration hold_of_wrong(const std::string& peer = "10.0.0.1") {
    const std::optional<Guard::Refused> refused = present("wrong", peer);
    return refused ? refused->hold : Duration(-1);
  }

  const Settings settings_ = guarded_settings();
  const PublicUrl public_url_{"http://localhost"};
  test::FakeClock clock_;
  Guard guard_{settings_, public_url_, clock_};
};

TEST_F(GuessedAt, WrongTokensWaitLongerAndLonger) {
  for (int i = 0; i < Guesses::kFree; ++i) EXPECT_EQ(hold_of_wrong(), Duration(0));
  for (const int ms : {125, 250, 500, 1000, 2000, 2000, 2000}) EXPECT_EQ(hold_of_wrong(), Duration(ms));
  // The login guesses at the same token.
  EXPECT_EQ(guard_.check_token("wrong", "10.0.0.1")->hold, Duration(2000));
}

TEST_F(GuessedAt, OthersAndTheRightTokenDoNotWait) {
  for (int i = 0; i < 100; ++i) hold_of_wrong();
  EXPECT_FALSE(present("let-me-in"));
  EXPECT_EQ(hold_of_wrong("10.0.0.2"), Duration(0));
  EXPECT_FALSE(present("let-me-in", "10.0.0.2"));
  EXPECT_FALSE(guard_.check_token("let-me-in", "10.0.0.1"));
}

TEST_F(GuessedAt, AMinuteWithoutAGuessIsForgiven) {
  for (int i = 0; i < 100; ++i) hold_of_wrong();
  clock_.move(Guesses::kForgottenAfter - Duration(1));
  EXPECT_EQ(hold_of_wrong(), Duration(2000));
  clock_.move(Guesses::kForgottenAfter);
  EXPECT_EQ(hold_of_wrong(), Duration(0));
}

// Who does not wait for its answers guesses no faster.
TEST_F(GuessedAt, MoreThanWaitAtATimeAreNotLookedAt) {
  for (std::size_t i = 0; i < Guesses::kMostWaiting; ++i) {
    EXPECT_EQ(present("wrong")->error.kind, ErrorKind::Unauthorized) << i;
  }
  EXPECT_EQ(present("wrong")->error.kind, ErrorKind::ServiceUnavailable);
  EXPECT_EQ(present("let-me-in")->error.kind, ErrorKind::ServiceUnavailable);
  EXPECT_FALSE(present("let-me-in", "10.0.0.2"));
  clock_.move(Guesses::kLongestDelay);
  EXPECT_FALSE(present("let-me-in"));
}

TEST_F(GuessedAt, AnIpv6NetworkIsOneGuesser) {
  for (int i = 0; i < 100; ++i) hold_of_wrong("2001:db8:1:2::" + std::to_string(i));
  EXPECT_EQ(hold_of_wrong("2001:db8:1:2:ffff::1%eth0"), Duration(2000));
  EXPECT_EQ(hold_of_wrong("2001:db8:1:3::1"), Duration(0));
  EXPECT_EQ(hold_of_wrong("::ffff:10.0.0.1"), Duration(0));
}

TEST_F(GuessedAt, FromMoreAddressesThanAreRememberedTheOldestGoes) {
  for (int i = 0; i < 100; ++i) hold_of_wrong("10.0.0.1");
  clock_.move(Duration(1));
  for (std::size_t i = 0; i < Guesses::kAddresses; ++i) hold_of_wrong("host-" + std::to_string(i));
  EXPECT_EQ(hold_of_wrong("10.0.0.1"), Duration(0));
}

}  // namespace
}  // namespace zest::api
