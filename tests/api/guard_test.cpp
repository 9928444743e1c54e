#include "api/guard.h"

#include <gtest/gtest.h>

namespace zest::api {
namespace {

Settings open_settings() {
  Settings settings;
  settings.public_url = "https://sandbox.example.test";
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
std::string verdict(const Settings& settings, const http::RequestHead& head) {
  const std::optional<Error> error = check_control_access(settings, head);
  if (!error) return "";
  EXPECT_FALSE(error->detail.empty());
  if (error->kind == ErrorKind::Forbidden) return "forbidden";
  return error->kind == ErrorKind::Unauthorized ? "unauthorized" : "another";
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

TEST(Guard, WithoutATokenNothingIsTheToken) {
  EXPECT_FALSE(is_admin_token(open_settings(), ""));
  EXPECT_TRUE(is_admin_token(guarded_settings(), "let-me-in"));
}

}  // namespace
}  // namespace zest::api
