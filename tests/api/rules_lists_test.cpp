// Lists of SPV requests, and what a partner sees of others. Zest docs: spv-requests/list, conventions/paging.
#include <gmock/gmock.h>

#include "rules_world.h"

namespace zest::api {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

const std::string kRequests = "/v1/spv-requests";

std::vector<std::string> slugs_of(const client::Reply& reply) {
  EXPECT_EQ(reply.status, 200) << reply.text;
  std::vector<std::string> slugs;
  for (const Json& document : reply.body["documents"]) slugs.push_back(document.value("spvRequestSlug", ""));
  return slugs;
}

// "count/skip/limit"
std::string numbers_of(const client::Reply& reply) {
  EXPECT_THAT(member_names(reply.body), ElementsAre("documents", "count", "skip", "limit"));
  return dump_json(reply.body["count"]) + "/" + dump_json(reply.body["skip"]) + "/" +
         dump_json(reply.body["limit"]);
}

// Newest first, as the list shows them, although the clock stands still.
std::vector<std::string> submit_many(World& world, int count) {
  std::vector<std::string> slugs;
  for (int i = 0; i < count; ++i) slugs.insert(slugs.begin(), world.submit());
  return slugs;
}

TEST(Rules, AnEmptyListHasAllItsMembers) {
  World world;
  EXPECT_EQ(world.acme().get(kRequests).text, R"({"documents":[],"count":0,"skip":0,"limit":10})");
}

TEST(Rules, RequestsAreListedNewestFirstInPages) {
  World world;
  const std::vector<std::string> slugs = submit_many(world, 12);
  const auto part = [&slugs](std::size_t from, std::size_t to) {
    return std::vector<std::string>(slugs.begin() + static_cast<std::ptrdiff_t>(from),
                                    slugs.begin() + static_cast<std::ptrdiff_t>(to));
  };
  struct Row {
    const char* query;
    std::size_t from, to;
    const char* numbers;
  };
  for (const Row& row :
       {Row{"", 0, 10, "12/0/10"}, Row{"?page=2", 10, 12, "12/10/10"}, Row{"?page=3", 12, 12, "12/20/10"},
        Row{"?perPage=1", 0, 1, "12/0/1"}, Row{"?perPage=1&page=12", 11, 12, "12/11/1"},
        Row{"?perPage=5&page=2", 5, 10, "12/5/5"}, Row{"?perPage=100", 0, 12, "12/0/100"},
        Row{"?page=1&perPage=12", 0, 12, "12/0/12"},
        Row{"?page=9000000&perPage=100", 12, 12, "12/899999900/100"}, Row{"?unknown=1", 0, 10, "12/0/10"}}) {
    const client::Reply reply = world.acme().get(kRequests + row.query);
    EXPECT_THAT(slugs_of(reply), ElementsAreArray(part(row.from, row.to))) << row.query;
    EXPECT_EQ(numbers_of(reply), row.numbers) << row.query;
  }
}

// Longer than what is held in memory, and read in portions.
TEST(Rules, ALongPageHoldsEachDocumentOnce) {
  World world;
  Json body = World::small_submission();
  Json& classes = body["attributes"]["shareClasses"];
  const Json share_class = classes[0];
  for (int i = 1; i < 20; ++i) {
    classes.push_back(share_class);
    classes.back()["name"] = "Class " + std::to_string(i) + std::string(100, 'x');
  }
  std::vector<std::string> slugs;
  for (int i = 0; i < 400; ++i) slugs.insert(slugs.begin(), world.submit(world.acme(), body));
  const client::Reply page = world.get("/_sandbox/spv-requests?perPage=1000");
  EXPECT_GT(page.text.size(), std::size_t{1024} * 1024);
  EXPECT_THAT(slugs_of(page), ElementsAreArray(slugs));
  EXPECT_EQ(numbers_of(page), "400/0/1000");
  EXPECT_THAT(slugs_of(world.get("/_sandbox/spv-requests?perPage=25&page=16")),
              ElementsAreArray(slugs.end() - 25, slugs.end()));
}

TEST(Rules, APageOutOfBoundsIs400) {
  World world;
  for (const char* query :
       {"?perPage=0", "?perPage=101", "?perPage=abc", "?perPage=", "?perPage=-1", "?perPage=1.5",
        "?perPage=1e1", "?perPage=%2B5", "?perPage=%205", "?page=0", "?page=-1", "?page=abc",
        "?page=", "?page=99999999999999999999", "?page=1&perPage=1000"}) {
    const std::string name = std::string(query).find("?page=1&") == 0 || query[2] == 'e' ? "perPage" : "page";
    EXPECT_THAT(refusal_of(world.acme().get(kRequests + query), 400, "invalid_request"), HasSubstr(name))
        << query;
  }
}

TEST(Rules, AQueryParameterThatIsGivenTwiceIs400) {
  World world;
  for (const char* query : {"?page=1&page=2", "?status=approved&page=1&status=approved"}) {
    EXPECT_THAT(refusal_of(world.acme().get(kRequests + query), 400, "invalid_request"),
                HasSubstr("given once"));
  }
  EXPECT_EQ(world.acme().get(kRequests + "?unknown=1&unknown=2").status, 200);
}

TEST(Rules, RequestsAreFilteredByStatus) {
  World world;
  const std::vector<std::string> slugs = submit_many(world, 5);
  world.approve(slugs[0]);
  world.reject(slugs[1]);
  world.acme().cancel(slugs[2]);
  const auto with = [&](const std::string& status) {
    return world.acme().get(kRequests + "?status=" + status);
  };
  EXPECT_THAT(slugs_of(with("approved")), ElementsAre(slugs[0]));
  EXPECT_THAT(slugs_of(with("rejected")), ElementsAre(slugs[1]));
  EXPECT_THAT(slugs_of(with("cancelled")), ElementsAre(slugs[2]));
  EXPECT_THAT(slugs_of(with("pending-review")), ElementsAre(slugs[3], slugs[4]));
  const client::Reply second = with("pending-review&perPage=1&page=2");
  EXPECT_THAT(slugs_of(second), ElementsAre(slugs[4]));
  EXPECT_EQ(numbers_of(second), "2/1/1");
  for (const char* status : {"pending", "Approved", "", "approved,rejected"}) {
    EXPECT_THAT(refusal_of(with(status), 400, "invalid_request"), HasSubstr("status")) << status;
  }
}

TEST(Rules, WhatIsListedIsWhatIsShown) {
  World world;
  const std::string svr = world.submit();
  world.approve(svr);
  EXPECT_EQ(world.acme().get(kRequests).body["documents"][0], world.acme().get(kRequests + "/" + svr).body);
}

TEST(Rules, AnotherPartnersResourceIs404) {
  World world;
  Caller stranger = world.stranger();
  const std::string svr = world.submit();
  const std::string spv = world.spv();
  const std::string person = world.person();
  world.subscribe(spv, person);
  EXPECT_EQ(numbers_of(stranger.get(kRequests)), "0/0/10");
  EXPECT_EQ(numbers_of(world.acme().get(kRequests)), "2/0/10");
  refusal_of(stranger.get(kRequests + "/" + svr), 404, "not_found");
  refusal_of(stranger.cancel(svr), 404, "not_found");
  refusal_of(stranger.form(spv, person), 404, "not_found");
  refusal_of(stranger.funding(spv, person), 404, "not_found");
  const std::string own_spv = world.spv(stranger, World::small_submission());
  const std::string own_person = world.person(stranger, "inv-1");
  EXPECT_NE(own_person, person);
  const auto subscribe = [&](const std::string& to, const std::string& who) {
    return stranger.subscriptions(to, Json::array({World::subscription(who)}));
  };
  refusal_of(subscribe(spv, own_person), 404, "not_found");
  refusal_of(subscribe(own_spv, person), 404, "not_found");
  EXPECT_EQ(subscribe(own_spv, own_person).status, 201);
  // Same words as for what never was: nothing is given away.
  const std::string theirs = refusal_of(stranger.get(kRequests + "/" + svr), 404, "not_found");
  std::string nobodys = refusal_of(stranger.get(kRequests + "/svr_nothing"), 404, "not_found");
  EXPECT_EQ(nobodys.replace(nobodys.find("svr_nothing"), 11, svr), theirs);
  // A key used by one partner is free for another.
  const Caller::Headers key = {{"Idempotency-Key", "shared"}};
  const std::string body = dump_json(World::small_submission());
  const client::Reply first = world.acme().send("POST", kRequests, body, key);
  const client::Reply second = stranger.send("POST", kRequests, body, key);
  EXPECT_EQ(second.status, 201);
  EXPECT_NE(second.body["spvRequestSlug"], first.body["spvRequestSlug"]);
}

}  // namespace
}  // namespace zest::api
