#include "api/pipeline/readers.h"

#include <gtest/gtest.h>

namespace zest::api {
namespace {

Json json(std::string_view text) {
  Result<Json> parsed = parse_json(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.ok() ? *parsed : Json();
}

std::string problem(const ObjectReader& reader) { return reader.error() ? reader.error()->detail : ""; }
std::string problem(const QueryReader& reader) { return reader.error() ? reader.error()->detail : ""; }

TEST(ObjectReader, ReadsWhatIsThere) {
  const Json body =
      json(R"({"text": "a", "flag": true, "number": 7, "after": "PT12H", "at": "2026-01-01T00:00:00Z",
                             "kind": "two", "empty": null})");
  ObjectReader reader(body, "the body", {"text", "flag", "number", "after", "at", "kind", "empty", "absent"});
  EXPECT_EQ(reader.text("text"), "a");
  EXPECT_EQ(reader.flag("flag"), true);
  EXPECT_EQ(reader.integer("number", 7, 7), 7);
  EXPECT_EQ(reader.duration("after"), Duration(43'200'000));
  EXPECT_EQ(format_instant(*reader.instant("at")), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(reader.word("kind", {"one", "two"}), "two");
  EXPECT_FALSE(reader.has("empty"));
  EXPECT_TRUE(reader.is_null("empty"));
  EXPECT_FALSE(reader.text("absent"));
  EXPECT_FALSE(reader.error());
}

TEST(ObjectReader, TakesNullForAnEmptyObject) {
  const Json body;
  ObjectReader reader(body, "the body", {"a"});
  EXPECT_FALSE(reader.has("a"));
  EXPECT_FALSE(reader.error());
}

TEST(ObjectReader, NamesUnknownMembersAndTheAllowedOnes) {
  const Json body = json(R"({"reson": "x"})");
  EXPECT_EQ(problem(ObjectReader(body, "the body", {"reason", "note"})),
            "the body has an unknown member \"reson\"; allowed: reason, note; did you mean reason?");
  EXPECT_EQ(problem(ObjectReader(body, "the body", {})),
            "the body has an unknown member \"reson\"; none is allowed");
  EXPECT_EQ(ObjectReader(body, "the body", {}).error()->kind, ErrorKind::InvalidRequest);
}

TEST(ObjectReader, RefusesWhatIsNoObject) {
  const Json body = json("[]");
  ObjectReader reader(body, "the body", {"a"});
  EXPECT_EQ(problem(reader), "the body must be a JSON object");
  EXPECT_FALSE(reader.text("a"));
}

TEST(ObjectReader, NamesTheMemberWithTheWrongType) {
  const Json body =
      json(R"({"text": 1, "blank": "  ", "flag": "true", "number": 1.5, "huge": 18446744073709551615,
                             "after": 30, "late": "soon", "at": "2026-02-30T00:00:00Z", "kind": "three"})");
  const auto first_problem = [&](auto read) {
    ObjectReader reader(body, "the body",
                        {"text", "blank", "flag", "number", "huge", "after", "late", "at", "kind", "absent"});
    read(reader);
    return problem(reader);
  };
  EXPECT_EQ(first_problem([](ObjectReader& r) { r.text("text"); }), "\"text\" of the body must be a string");
  EXPECT_EQ(first_problem([](ObjectReader& r) { r.text("blank"); }),
            "\"blank\" of the body must not be empty");
  EXPECT_EQ(first_problem([](ObjectReader& r) { r.flag("flag"); }),
            "\"flag\" of the body must be true or false");
  EXPECT_EQ(first_problem([](ObjectReader& r) { r.integer("number", 1, 5); }),
            "\"number\" of the body must be a whole number from 1 to 5");
  EXPECT_EQ(first_problem([](ObjectReader& r) { r.integer("huge", 1, INT64_MAX); }),
            "\"huge\" of the body must be a whole number of at least 1");
  EXPECT_EQ(first_problem([](ObjectReader& r) {
              r.word("kind", {"one", "two"});
            }),
            "\"kind\" of the body must be one or two");
  EXPECT_EQ(first_problem([](ObjectReader& r) { r.require("absent"); }),
            "the body must have the member \"absent\"");
  EXPECT_EQ(first_problem([](ObjectReader& r) { r.duration("after"); }),
            "\"after\" of the body must be a duration as a string, such as \"30s\", \"12h\" or \"PT12H\"");
  EXPECT_EQ(first_problem([](ObjectReader& r) { r.duration("late"); }).rfind("\"late\" of the body: ", 0),
            0U);
  EXPECT_EQ(first_problem([](ObjectReader& r) { r.instant("at"); }).rfind("\"at\" of the body: ", 0), 0U);
}

TEST(ObjectReader, KeepsTheFirstProblem) {
  const Json body = json(R"({"a": 1, "b": 2})");
  ObjectReader reader(body, "the body", {"a", "b"});
  EXPECT_FALSE(reader.text("a"));
  EXPECT_FALSE(reader.text("b"));
  EXPECT_EQ(problem(reader), "\"a\" of the body must be a string");
}

TEST(ObjectReader, WantsExactlyOne) {
  const Json none = json("{}");
  const Json one = json(R"({"to": "next"})");
  const Json two = json(R"({"to": "next", "by": "1s"})");
  const Names names{"by", "to", "until"};
  ObjectReader of_none(none, "the body", names);
  EXPECT_EQ(of_none.exactly_one(names), "");
  EXPECT_EQ(problem(of_none), "the body must have one of by, to or until");
  ObjectReader of_one(one, "the body", names);
  EXPECT_EQ(of_one.exactly_one(names), "to");
  EXPECT_EQ(problem(of_one), "");
  ObjectReader of_two(two, "the body", names);
  EXPECT_EQ(of_two.exactly_one(names), "");
  EXPECT_EQ(problem(of_two), "the body must have only one of by, to or until");
}

TEST(QueryReader, ReadsPages) {
  const http::FormFields fields{{"page", "3"}, {"perPage", "20"}};
  QueryReader query(fields, {"page", "perPage"});
  const store::Page page = query.page();
  EXPECT_EQ(page.skip, 40U);
  EXPECT_EQ(page.limit, 20U);
  EXPECT_EQ(problem(query), "");

  const http::FormFields nothing;
  QueryReader plain(nothing, {"page", "perPage"});
  EXPECT_EQ(plain.page().skip, 0U);
  EXPECT_EQ(plain.page().limit, QueryReader::kDefaultPerPage);
}

TEST(QueryReader, RefusesBadPages) {
  for (const char* value : {"0", "-1", "x", "1001", "1.5", "99999999999999999999"}) {
    const http::FormFields fields{{"perPage", value}};
    QueryReader query(fields, {"page", "perPage"});
    static_cast<void>(query.page());
    EXPECT_EQ(problem(query), "query parameter \"perPage\" must be a whole number from 1 to 1000") << value;
  }
}

TEST(QueryReader, NamesUnknownParameters) {
  const http::FormFields fields{{"state", "dead"}};
  EXPECT_EQ(problem(QueryReader(fields, {"status", "clientId"})),
            "unknown query parameter \"state\"; allowed: status, clientId");
}

TEST(QueryReader, TakesAnEmptyValueForNone) {
  const http::FormFields fields{{"status", "pending"}, {"clientId", ""}};
  QueryReader query(fields, {"status", "clientId"});
  EXPECT_EQ(query.one_of("status", kDeliveryStatuses), DeliveryStatus::Pending);
  EXPECT_FALSE(query.text("clientId"));
}

}  // namespace
}  // namespace zest::api
