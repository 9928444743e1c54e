// A JSON document read in portions: what parse_json accepts and refuses, piece by piece.
#include "base/json_file.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace zest {
namespace {

class JsonFileTest : public ::testing::Test {
 protected:
  JsonFile file(const std::string& text) {
    return JsonFile::open(folder_.write("document.json", text)).value();
  }
  std::string members(const std::string& text) {
    JsonFile document = file(text);
    const auto found = document.members();
    if (!found.ok()) return found.error().detail;
    std::string names;
    for (const JsonFile::Member& member : *found) {
      const Result<Json> value = document.value(member);
      names += member.name + "=" + (value.ok() ? dump_json(*value) : value.error().detail) + ";";
    }
    return names;
  }
  // The elements of the member "list", and what ended the walk.
  std::string elements(const std::string& text) {
    JsonFile document = file(text);
    const auto found = document.members();
    if (!found.ok()) return found.error().detail;
    std::string all;
    const Result<void> walked =
        document.each_element(found->at(0), [&all](const Json& element) -> Result<void> {
          all += dump_json(element) + ";";
          return {};
        });
    return walked.ok() ? all : all + walked.error().detail;
  }
  std::string texts(const std::string& text) {
    JsonFile document = file(text);
    const auto found = document.members();
    if (!found.ok()) return found.error().detail;
    std::string all;
    JsonFile::TextSink sink;
    sink.begin = [&all](const std::string& name) -> Result<void> {
      all += name + "=";
      return {};
    };
    sink.more = [&all](std::string_view bytes) -> Result<void> {
      all += bytes;
      return {};
    };
    sink.end = [&all]() -> Result<void> {
      all += ";";
      return {};
    };
    const Result<void> walked = document.each_text(found->at(0), sink);
    return walked.ok() ? all : all + "|" + walked.error().detail;
  }

  test::TemporaryFolder folder_;
};

TEST_F(JsonFileTest, MembersInAnyFormAndOrder) {
  EXPECT_EQ(members("{}"), "");
  EXPECT_EQ(
      members(" {\n \"b\" : [1, {\"}\": \"]\\\"\"}] ,\r\n\"a\":\"x\\u00fc\"\t, \"c\":-1.5e3,\"d\":null }\n"),
      "b=[1,{\"}\":\"]\\\"\"}];a=\"xü\";c=-1500.0;d=null;");
  EXPECT_EQ(members("\xEF\xBB\xBF{\"a\":1}"), "a=1;");
}

TEST_F(JsonFileTest, FaultsSayTheirPlaceInTheWholeDocument) {
  EXPECT_EQ(members(""), "invalid JSON at line 1, column 1: unexpected end of input");
  EXPECT_EQ(members("[]"), "invalid JSON at line 1, column 1: expected an object");
  EXPECT_EQ(members("{\"a\":1}}"), "invalid JSON at line 1, column 8: expected the end of the document");
  EXPECT_EQ(members("{\"a\" 1}"), "invalid JSON at line 1, column 6: expected ':'");
  EXPECT_EQ(members("{\n a:1}"), "invalid JSON at line 2, column 2: expected a member name in quotes");
  EXPECT_EQ(members("{\"a\":[1,2}"), "invalid JSON at line 1, column 10: expected ']'");
  EXPECT_EQ(members("{\"a\":[1,2"), "invalid JSON at line 1, column 10: unexpected end of input");
  EXPECT_EQ(members("{\"a\":\"x"), "invalid JSON at line 1, column 8: unexpected end of input");
  EXPECT_EQ(members("{\"a\":1 \"b\":2}"), "invalid JSON at line 1, column 8: expected ',' or '}'");
  EXPECT_EQ(members("{\"a\":}"), "invalid JSON at line 1, column 6: expected a value");
  EXPECT_EQ(members("{\"a\":1,\n\"a\":2}"),
            "invalid JSON at line 2, column 1: a member stands here for the second time");
  EXPECT_EQ(members("{\"ü\":\n  nul}"),
            "ü=invalid JSON at line 2, column 6: the value before is not complete;");
  EXPECT_EQ(members("{\"a\":" + std::string(kMaxJsonDepth + 1, '[')),
            "invalid JSON at line 1, column 70: nested deeper than 64 levels");
}

TEST_F(JsonFileTest, ElementsOneByOne) {
  EXPECT_EQ(elements("{\"a\":[]}"), "");
  EXPECT_EQ(elements("{\"a\": [ {\"b\":[1]} ,\n 2,\"]\" ] }"), "{\"b\":[1]};2;\"]\";");
  EXPECT_EQ(elements("{\"a\":5}"), "invalid JSON at line 1, column 6: expected a list");
  EXPECT_EQ(elements("{\"a\":[1,]}"), "1;invalid JSON at line 1, column 9: expected a value");
  // What stands in an element is judged when its turn comes.
  EXPECT_EQ(elements("{\"a\":[1,\n{\"b\":tru}, 2]}"), "1;invalid JSON at line 2, column 9: invalid literal");
  EXPECT_EQ(elements("{\"a\":[1,\n\"\xff\"]}"), "1;invalid JSON at line 2, column 2: invalid UTF-8");
}

TEST_F(JsonFileTest, TheFirstErrorOfTheTakerEndsTheWalk) {
  JsonFile document = file("{\"a\":[1,2,3]}");
  const auto found = document.members().value();
  int seen = 0;
  const Result<void> walked = document.each_element(found.at(0), [&seen](const Json&) -> Result<void> {
    if (++seen < 2) return {};
    return make_error(ErrorKind::Conflict, "enough");
  });
  EXPECT_EQ(walked.error().detail, "enough");
  EXPECT_EQ(seen, 2);
}

TEST_F(JsonFileTest, TextsOfAnyLengthWithTheEscapesThatWritersUse) {
  EXPECT_EQ(texts("{\"f\":{}}"), "");
  EXPECT_EQ(texts(R"({"f":{"one":"AB+/", "two" : "A\/\u002B\u002b\\\""}})"), "one=AB+/;two=A/++\\\";");
  EXPECT_EQ(texts(R"({"f":{"one":"A)"), "invalid JSON at line 1, column 15: unexpected end of input");
  EXPECT_EQ(texts(R"({"f":{"one":5}})"), "one=|invalid JSON at line 1, column 13: expected a text");
  EXPECT_EQ(texts(R"({"f":["one"]})"), "|invalid JSON at line 1, column 6: expected an object");
  for (const char* bad : {"\\n", "\\u00fc", "\xc3\xbc", "\\u12", "\\uD83D\\uDE00"}) {
    EXPECT_EQ(texts(std::string("{\"f\":{\"one\":\"A") + bad + "\"}}").substr(0, 6), "one=A|") << bad;
  }
}

// However the document falls into the pieces in which it is read.
TEST_F(JsonFileTest, PiecesHaveNoSeams) {
  for (const std::size_t padding : {65'520U, 65'530U, 65'535U, 65'536U, 131'070U}) {
    const std::string space(padding, ' ');
    EXPECT_EQ(elements("{\"a\":[" + space + "{\"b\":\"\\\"x\"},17,\"\xc3\xbc\"]}"),
              "{\"b\":\"\\\"x\"};17;\"\xc3\xbc\";")
        << padding;
    EXPECT_EQ(texts("{\"f\":" + space + "{\"one\":\"A\\u002B\\/B\"}}"), "one=A+/B;") << padding;
  }
  const std::string text(200'000, 'x');
  EXPECT_EQ(elements("{\"a\":[\"" + text + "\",1]}"), "\"" + text + "\";1;");
  EXPECT_EQ(texts("{\"f\":{\"one\":\"" + text + "\"}}"), "one=" + text + ";");
}

TEST_F(JsonFileTest, AnElementIsBounded) {
  const std::string detail = elements("{\"a\":[\"" + std::string(kMaxJsonElement, 'x') + "\"]}");
  EXPECT_NE(detail.find("an element is larger than 16 MiB"), std::string::npos) << detail;
}

TEST(JsonFiles, WhatCannotBeginAnObjectIsKnownFromItsBeginning) {
  for (const char* text : {"", " \n\t", "{", "\xEF\xBB\xBF {", "\xEF\xBB\xBF", "\xEF\xBB", "\xEF"}) {
    EXPECT_TRUE(may_begin_object(text)) << text;
  }
  for (const std::string_view text :
       {std::string_view("\0", 1), std::string_view("["), std::string_view(" x{"), std::string_view("\xEF{"),
        std::string_view("\xEF\xBB\xBF[")}) {
    EXPECT_FALSE(may_begin_object(text)) << text;
  }
}

}  // namespace
}  // namespace zest
