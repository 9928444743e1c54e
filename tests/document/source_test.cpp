#include "document/source.h"

#include <gtest/gtest.h>

namespace zest::document {
namespace {

std::string first_finding(const std::string& text) {
  const Source source = Source::parse("f.json", text);
  if (source.findings().empty()) return "";
  const Finding& finding = source.findings().front();
  return std::to_string(finding.at.line) + ":" + std::to_string(finding.at.column) + " " + finding.reason +
         "; " + finding.hint;
}

TEST(Source, CommentsAreNotPartOfTheDocument) {
  const Source source = Source::parse("f.json", R"(// first
    {"a": 1, /* two
    lines */ "b": "// no comment", "c": "/* neither */"} // last)");
  ASSERT_TRUE(source.readable());
  EXPECT_EQ(source.root(), (Json{{"a", 1}, {"b", "// no comment"}, {"c", "/* neither */"}}));
}

TEST(Source, AByteOrderMarkIsNotPartOfTheDocument) {
  const Source source = Source::parse("f.json", "\xEF\xBB\xBF// first\n{\"a\": 1}");
  ASSERT_TRUE(source.readable());
  EXPECT_EQ(source.where(""), "f.json:2:1");
  EXPECT_EQ(Source::parse("f.json", "\xEF\xBB\xBF{\"a\": 1}").where("/a"), "f.json:1:7");
}

TEST(Source, EveryValueKnowsItsPlace) {
  const Source source = Source::parse("f.json", "{\n  \"a\": [10, /* ü */ {\"b/c~\": true}]\n}");
  EXPECT_EQ(source.where(""), "f.json:1:1");
  EXPECT_EQ(source.where(child("/a", 0)), "f.json:2:9");
  EXPECT_EQ(source.where(child(child("/a", 1), "b/c~")), "f.json:2:30");
  EXPECT_EQ(source.position_of_name("/a").column, 3u);
}

TEST(Source, ColumnsCountCharactersAndEscapedQuotesEndNoText) {
  const Source source = Source::parse("f.json", R"({"ä\"//": "öü\\", "x": 1})");
  ASSERT_TRUE(source.readable());
  EXPECT_EQ(source.where("/x"), "f.json:1:24");
}

TEST(Source, SyntaxErrorsPointAtThemselvesWithAHint) {
  EXPECT_EQ(first_finding("{\"a\": 1,\n}"),
            "2:1 not JSON: expected a member name in quotes; remove the comma before it");
  EXPECT_EQ(first_finding("[1\n 2]"), "2:2 not JSON: expected ',' or ']'; a comma is missing before it");
  EXPECT_EQ(first_finding("{'a': 1}"),
            "1:2 not JSON: expected a member name in quotes; JSON text is in double quotes");
  EXPECT_EQ(first_finding("{\"a\": 1"),
            "1:8 not JSON: unexpected end of input; a closing bracket or quote is missing");
  EXPECT_EQ(first_finding("{} /* open"),
            "1:4 not JSON: expected the end of the document; comments are written // to the "
            "end of the line, or /* … */");
  EXPECT_NE(first_finding(""), "");
}

TEST(Source, AMemberGivenTwiceIsAFinding) {
  EXPECT_EQ(first_finding("{\"a\": 1, \"b\": {\"a\": 2}}"), "");
  EXPECT_EQ(first_finding("{\"a\": 1,\n \"a\": 2}"),
            "2:2 \"a\" is given twice in one object; keep one of them");
}

TEST(Source, HostileNestingIsRefused) {
  EXPECT_NE(first_finding(std::string(100'000, '[')).find("nested deeper"), std::string::npos);
}

}  // namespace
}  // namespace zest::document
