#include "api/pipeline/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace zest::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

Route route(std::string method, std::string path, std::string operation_id) {
  Route made;
  made.method = std::move(method);
  made.path = std::move(path);
  made.operation_id = std::move(operation_id);
  return made;
}

RouteTable routed_table() {
  RouteTable made;
  made.add(route("GET", "/", "root"));
  made.add(route("GET", "/things", "list"));
  made.add(route("POST", "/things", "create"));
  made.add(route("GET", "/things/{id}", "get"));
  made.add(route("DELETE", "/things/{id}", "remove"));
  made.add(route("POST", "/things/retry", "retry"));
  made.add(route("GET", "/things/{id}/parts/{part_id}", "part"));
  return made;
}

std::string route_found(std::string_view method, std::string_view path) {
  const RouteTable made = routed_table();
  const RouteTable::Match match = made.find(method, path);
  return match.route == nullptr ? "" : match.route->operation_id;
}

TEST(RouteTable, FindsByMethodAndPath) {
  EXPECT_EQ(route_found("GET", "/"), "root");
  EXPECT_EQ(route_found("GET", "/things"), "list");
  EXPECT_EQ(route_found("POST", "/things"), "create");
  EXPECT_EQ(route_found("DELETE", "/things/7"), "remove");
}

TEST(RouteTable, GivesDecodedParameters) {
  const RouteTable made = routed_table();
  EXPECT_THAT(made.find("GET", "/things/a%20b%2Fc/parts/%C3%A4").path,
              ElementsAre(Pair("id", "a b/c"), Pair("part_id", "ä")));
}

TEST(RouteTable, LiteralWinsOverParameter) {
  EXPECT_EQ(route_found("POST", "/things/retry"), "retry");
  EXPECT_EQ(route_found("GET", "/things/retry2"), "get");
  EXPECT_EQ(route_found("GET", "/things/retry/parts/1"), "part");  // where the literal leads nowhere
}

TEST(RouteTable, LiteralPathDoesNotOfferMethodsOfTheParameter) {
  const RouteTable made = routed_table();
  const RouteTable::Match match = made.find("DELETE", "/things/retry");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_THAT(match.allowed, ElementsAre("POST"));
}

TEST(RouteTable, HeadFindsGet) { EXPECT_EQ(route_found("HEAD", "/things"), "list"); }

TEST(RouteTable, WrongMethodOfKnownPathTellsTheOthers) {
  const RouteTable made = routed_table();
  const RouteTable::Match match = made.find("OPTIONS", "/things/7");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_THAT(match.allowed, ElementsAre("GET", "HEAD", "DELETE"));
}

TEST(RouteTable, UnknownPathAllowsNothing) {
  const RouteTable made = routed_table();
  for (const char* path :
       {"/other", "/things/", "/things/7/", "//things", "/things//parts/1", "", "things", "/THINGS"}) {
    const RouteTable::Match match = made.find("GET", path);
    EXPECT_EQ(match.route, nullptr) << path;
    EXPECT_THAT(match.allowed, IsEmpty()) << path;
  }
}

TEST(RouteTable, MalformedEscapeMatchesNothing) {
  EXPECT_EQ(route_found("GET", "/things/%zz"), "");
  EXPECT_EQ(route_found("GET", "/things/%ff"), "");
}

TEST(Exchange, LastOfRepeatedQueryValuesCounts) {
  const http::Request request;
  const ErrorId error_id;
  Exchange exchange(request, error_id);
  exchange.query = {{"page", "1"}, {"page", "2"}};
  EXPECT_EQ(exchange.query_value("page"), "2");
  EXPECT_EQ(exchange.query_value("perPage"), std::nullopt);
}

TEST(Exchange, PageFollowsFromItsParameters) {
  const http::Request request;
  const ErrorId error_id;
  Exchange exchange(request, error_id);
  EXPECT_EQ(requested_page(exchange).skip, 0U);
  EXPECT_EQ(requested_page(exchange).limit, 10U);
  exchange.query = {{"page", "3"}, {"perPage", "25"}};
  EXPECT_EQ(requested_page(exchange).skip, 50U);
  EXPECT_EQ(requested_page(exchange).limit, 25U);
}

TEST(Answer, CarriesTypeAndVersion) {
  const http::Response response = to_response(json_answer(201, Json{{"a", 1}}));
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, R"({"a":1})");
  EXPECT_EQ(*response.headers.find("Content-Type"), "application/json; charset=utf-8");
  EXPECT_NE(response.headers.find("x-zest-sandbox"), nullptr);
}

}  // namespace
}  // namespace zest::api
