// Zest docs: authentication (refresh tokens). A chain is every token that came from one assertion.
#include <algorithm>
#include <thread>

#include "api/raw_world.h"

namespace zest::api {
namespace {

using std::string;

TEST(Rules, RefreshRotatesThePair) {
  RawWorld world;
  const HttpAnswer first = world.sign_in(world.acme());
  const HttpAnswer second = world.refresh(first.member("refreshToken"));
  ASSERT_EQ(second.status, 201) << second.text;
  EXPECT_EQ(second.json.size(), first.json.size());
  EXPECT_EQ(second.json["expiresIn"], 3600);
  EXPECT_EQ(second.json["refreshExpiresIn"], 2592000);
  EXPECT_NE(second.member("refreshToken"), first.member("refreshToken"));
  EXPECT_NE(second.member("accessToken"), first.member("accessToken"));
  // The access token of the pair before is good until it expires.
  EXPECT_EQ(world.info(first.member("accessToken")).status, 200);
  EXPECT_EQ(world.info(second.member("accessToken")).status, 200);
  EXPECT_EQ(world.refresh(second.member("refreshToken")).status, 201);
}

TEST(Rules, SpentRefreshTokenRevokesItsWholeChain) {
  RawWorld world;
  const Identity acme = world.acme();
  const HttpAnswer first = world.sign_in(acme);
  const HttpAnswer bystander = world.sign_in(acme);
  const HttpAnswer second = world.refresh(first.member("refreshToken"));
  const HttpAnswer third = world.refresh(second.member("refreshToken"));
  EXPECT_NE(expect_error(world.refresh(first.member("refreshToken")), 401, "invalid_token").find("spent"),
            string::npos);
  for (const HttpAnswer* pair : {&first, &second, &third}) {
    const string detail = expect_error(world.info(pair->member("accessToken")), 401, "invalid_token");
    EXPECT_NE(detail.find("revoked"), string::npos) << detail;
    expect_error(world.refresh(pair->member("refreshToken")), 401, "invalid_token");
  }
  // What came from another assertion is not touched.
  EXPECT_EQ(world.info(bystander.member("accessToken")).status, 200);
  EXPECT_EQ(world.refresh(bystander.member("refreshToken")).status, 201);
}

TEST(Rules, ConcurrentRefreshOfOneTokenHasOneWinner) {
  RawWorld world;
  for (int round = 0; round < 5; ++round) {
    const HttpAnswer pair = world.sign_in(world.acme());
    std::vector<HttpAnswer> answers(12);
    std::vector<std::thread> callers;
    for (HttpAnswer& answer : answers) {
      callers.emplace_back([&world, &answer, &pair] { answer = world.refresh(pair.member("refreshToken")); });
    }
    for (std::thread& caller : callers) caller.join();
    const auto won = [](const HttpAnswer& answer) { return answer.status == 201; };
    EXPECT_EQ(std::count_if(answers.begin(), answers.end(), won), 1);
    for (const HttpAnswer& answer : answers) {
      if (!won(answer)) {
        expect_error(answer, 401, "invalid_token");
        continue;
      }
      // The others presented a spent token: the chain is revoked, the winner's pair included.
      expect_error(world.info(answer.member("accessToken")), 401, "invalid_token");
      expect_error(world.refresh(answer.member("refreshToken")), 401, "invalid_token");
    }
  }
}

TEST(Rules, TokensExpireOnTheWallClock) {
  RawWorld world;
  const HttpAnswer first = world.sign_in(world.acme());
  world.advance("720h");  // virtual time is not theirs
  EXPECT_EQ(world.info(first.member("accessToken")).status, 200);
  world.clock().move(Duration(3'599'999));
  EXPECT_EQ(world.info(first.member("accessToken")).status, 200);
  world.clock().move(Duration(1));
  const string detail = expect_error(world.info(first.member("accessToken")), 401, "invalid_token");
  EXPECT_NE(detail.find("expired"), string::npos);

  const HttpAnswer second = world.refresh(first.member("refreshToken"));
  ASSERT_EQ(second.status, 201) << second.text;
  world.clock().move(Duration(2'592'000'000 - 1));
  const HttpAnswer third = world.refresh(second.member("refreshToken"));
  ASSERT_EQ(third.status, 201) << third.text;
  world.clock().move(Duration(2'592'000'000));
  const string too_late = expect_error(world.refresh(third.member("refreshToken")), 401, "invalid_token");
  EXPECT_NE(too_late.find("expired"), string::npos);
}

TEST(Rules, TokensAndChainsSurviveARestart) {
  const test::TemporaryFolder folder;
  app::ServeOptions options = RawWorld::plain_options();
  options.database = folder.path() / "sandbox.db";
  RawWorld world(options);
  const HttpAnswer first = world.sign_in(world.acme());
  const HttpAnswer broken = world.sign_in(world.acme());
  EXPECT_EQ(world.refresh(broken.member("refreshToken")).status, 201);
  world.restart();
  EXPECT_EQ(world.info(first.member("accessToken")).status, 200);
  EXPECT_EQ(world.refresh(first.member("refreshToken")).status, 201);
  expect_error(world.refresh(broken.member("refreshToken")), 401, "invalid_token");
  world.restart();
  expect_error(world.info(broken.member("accessToken")), 401, "invalid_token");
  expect_error(world.refresh(first.member("refreshToken")), 401, "invalid_token");
}

TEST(Rules, UnknownRefreshTokenIs401) {
  RawWorld world;
  for (const string& token : {string("zrt_"), string("x"), "zrt_" + string(43, 'A'), string(50'000, 'z'),
                              string("\xc3\xa9"), string(1, '\0')}) {
    expect_error(world.refresh(token), 401, "invalid_token");
  }
}

}  // namespace
}  // namespace zest::api
