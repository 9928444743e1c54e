// `path=value`: what it sets, with which type, and what it refuses.
#include "cli/assignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace zest::cli {
namespace {

using testing::HasSubstr;

// The document after the assignment, or the words of the refusal.
std::string after(const std::string& document, const std::string& text) {
  Json json = parse_json(document).value();
  Result<Assignment> assignment = parse_assignment(text);
  if (!assignment.ok()) return assignment.error().detail;
  const Result<void> assigned = assign(json, *assignment);
  return assigned.ok() ? dump_json(json) : assigned.error().detail;
}

TEST(Assignment, TakesTheTypeOfWhatItReplaces) {
  EXPECT_EQ(after(R"({"fee":"2.00"})", "fee=3.50"), R"({"fee":"3.50"})");
  EXPECT_EQ(after(R"({"open":true})", "open=false"), R"({"open":false})");
  EXPECT_EQ(after(R"({"count":1})", "count=2.5"), R"({"count":2.5})");
  EXPECT_EQ(after(R"({"list":[1]})", "list=[]"), R"({"list":[]})");
  EXPECT_EQ(after(R"({"text":"x"})", "text=true"), R"({"text":"true"})");
  EXPECT_EQ(after(R"({"text":"x"})", "text=a=b"), R"({"text":"a=b"})");
  EXPECT_EQ(after(R"({"text":"x"})", "text="), R"({"text":""})");
}

TEST(Assignment, NewMembersAreStringsUnlessTheyLookLikeJson) {
  EXPECT_EQ(after("{}", "amount=100.00"), R"({"amount":"100.00"})");
  EXPECT_EQ(after("{}", "open=true"), R"({"open":true})");
  EXPECT_EQ(after("{}", R"(money={"currency":"USD"})"), R"({"money":{"currency":"USD"}})");
  EXPECT_EQ(after("{}", "a.b.c=x"), R"({"a":{"b":{"c":"x"}}})");
}

TEST(Assignment, ColonEqualsSetsAnyJson) {
  EXPECT_EQ(after(R"({"name":"x"})", "name:=7"), R"({"name":7})");
  EXPECT_EQ(after(R"({"name":"x"})", "name:=null"), R"({"name":null})");
  EXPECT_THAT(after("{}", "name:={"), HasSubstr("name: "));
}

TEST(Assignment, ListsAreReachedByPosition) {
  EXPECT_EQ(after(R"({"l":[{"n":"a"}]})", "l.0.n=b"), R"({"l":[{"n":"b"}]})");
  EXPECT_EQ(after(R"({"l":["a"]})", "l.1=b"), R"({"l":["a","b"]})");
  EXPECT_THAT(after(R"({"l":["a"]})", "l.3=b"), HasSubstr("3 is no position in a list of 1"));
  EXPECT_THAT(after(R"({"l":["a"]})", "l.x=b"), HasSubstr("x is no position in a list of 1"));
}

TEST(Assignment, MistakesNameThePath) {
  EXPECT_THAT(after("{}", "currency"), HasSubstr("is not of the form name=value"));
  EXPECT_THAT(after("{}", "=x"), HasSubstr("is not of the form name=value"));
  EXPECT_THAT(after("{}", "a..b=x"), HasSubstr("empty name"));
  EXPECT_THAT(after(R"({"s":"x"})", "s.t=y"), HasSubstr("s.t: there is no member t in a string"));
  EXPECT_THAT(after(R"({"open":true})", "open=maybe"), HasSubstr("open is true or false here"));
  EXPECT_THAT(after(R"({"list":[]})", "list=x"), HasSubstr("list is a JSON array here"));
}

}  // namespace
}  // namespace zest::cli
