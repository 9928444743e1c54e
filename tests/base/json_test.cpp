#include "base/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>

#include "base/json_fault.h"
#include "base/random.h"

namespace zest {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string repeated(std::string_view part, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += part;
  return text;
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

// The detail of the refusal, or a note that there was none.
std::string refusal(std::string_view text) {
  const Result<Json> parsed = parse_json(text);
  if (parsed.ok()) return "accepted";
  EXPECT_EQ(parsed.error().kind, ErrorKind::InvalidRequest);
  return parsed.error().detail;
}

std::string round_trip(std::string_view text) {
  const Result<Json> parsed = parse_json(text);
  return parsed.ok() ? dump_json(*parsed) : parsed.error().detail;
}

std::string canonical(std::string_view text) {
  const Result<Json> parsed = parse_json(text);
  return parsed.ok() ? canonical_json(*parsed) : parsed.error().detail;
}

std::string object_of(std::size_t members) {
  std::string text = "{";
  for (std::size_t i = 0; i < members; ++i) {
    text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
  }
  return text + "}";
}

TEST(Json, KeepsTheOrderOfMembers) {
  EXPECT_EQ(round_trip(R"( { "b" : 1 , "a" : [ true , null , "x" ] } )"), R"({"b":1,"a":[true,null,"x"]})");
}

// The library's serializer is the measure of our own.
TEST(Json, IsWrittenAsTheLibraryWritesIt) {
  const std::string texts[] = {R"({})",
                               R"([])",
                               R"({"":{}})",
                               R"([[],[{}]])",
                               R"({"a":[1,-2,0],"b":{"c":null,"d":true,"e":false}})",
                               R"([9223372036854775807,-9223372036854775808,18446744073709551615])",
                               R"([1.5,1e300,-0.0,100.0,1e-7,12345678901234567890123])",
                               R"(["\u0000\u001f\u007f","\"\\/\b\f\n\r\t","\u00e9\u20ac\ud83d\ude00"])",
                               R"({"\"\u0001":1})",
                               R"("plain")"};
  for (const std::string& text : texts) {
    const Json value = Json::parse(text);
    EXPECT_EQ(dump_json(value), value.dump(-1, ' ', false, Json::error_handler_t::replace)) << text;
  }
  for (const Json& value : {Json("a\xFF\xC3"), Json(std::string("a\0b", 3)), Json::binary({1, 2}, 3), Json(),
                            Json(std::numeric_limits<double>::quiet_NaN())}) {
    EXPECT_EQ(dump_json(value), value.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
}

TEST(Json, AcceptsScalarsAsDocuments) {
  for (const char* text : {"0", "-1", "1.5", "\"\"", "true", "false", "null", "{}", "[]"}) {
    EXPECT_EQ(round_trip(text), text);
  }
}

TEST(Json, NamesLineColumnAndReason) {
  EXPECT_EQ(refusal(""), "invalid JSON at line 1, column 1: unexpected end of input");
  EXPECT_EQ(refusal("{\"a\":1"), "invalid JSON at line 1, column 7: unexpected end of input");
  EXPECT_EQ(refusal("{\n  \"a\": 1\n  \"b\": 2\n}"), "invalid JSON at line 3, column 3: expected ',' or '}'");
  EXPECT_EQ(refusal("[1 2]"), "invalid JSON at line 1, column 4: expected ',' or ']'");
  EXPECT_EQ(refusal("{\"a\" 1}"), "invalid JSON at line 1, column 6: expected ':'");
  EXPECT_EQ(refusal("{a:1}"), "invalid JSON at line 1, column 2: expected a member name in quotes");
  EXPECT_EQ(refusal("{\"a\":1,}"), "invalid JSON at line 1, column 8: expected a member name in quotes");
  EXPECT_EQ(refusal("[1,]"), "invalid JSON at line 1, column 4: expected a value");
  EXPECT_EQ(refusal("{} x"), "invalid JSON at line 1, column 4: expected the end of the document");
  EXPECT_EQ(refusal("tru"), "invalid JSON at line 1, column 4: unexpected end of input");
  EXPECT_EQ(refusal("nulL"), "invalid JSON at line 1, column 4: invalid literal");
  EXPECT_EQ(refusal("[1}"), "invalid JSON at line 1, column 3: expected ',' or ']'");
  EXPECT_EQ(refusal("]"), "invalid JSON at line 1, column 1: expected a value");
}

TEST(Json, CountsColumnsInCharacters) {
  EXPECT_EQ(refusal("[\"\u00e9\u4e2d\U0001F600\" 1]"),
            "invalid JSON at line 1, column 8: expected ',' or ']'");
}

TEST(Json, RefusesWhatOnlyOtherDialectsAllow) {
  for (const char* text : {"NaN", "Infinity", "-Infinity", "+1", ".5", "0x10", "'a'", "{'a':1}", "// c\n1",
                           "/* c */1", "[1]// c", "undefined", "True", "\v1", "\f1"}) {
    EXPECT_THAT(refusal(text), HasSubstr("invalid JSON at line 1, column")) << text;
  }
}

TEST(Json, RefusesMalformedNumbers) {
  EXPECT_THAT(refusal("01"), HasSubstr("column 2: a number has no leading zeros"));
  EXPECT_THAT(refusal("-"), HasSubstr("unexpected end of input"));
  EXPECT_THAT(refusal("-a"), HasSubstr("expected a digit after '-'"));
  EXPECT_THAT(refusal("[1.]"), HasSubstr("expected a digit after '.'"));
  EXPECT_THAT(refusal("[1e]"), HasSubstr("expected a digit in the exponent"));
  EXPECT_THAT(refusal("[1e+]"), HasSubstr("expected a digit in the exponent"));
}

TEST(Json, RefusesNumbersThatNoDoubleHolds) {
  EXPECT_EQ(refusal("{\"a\": 1e400}"), "invalid JSON at line 1, column 7: number out of range");
  EXPECT_THAT(refusal("-1e400"), HasSubstr("number out of range"));
  EXPECT_THAT(refusal(joined({"1", std::string(400, '0')})), HasSubstr("number out of range"));
  EXPECT_EQ(round_trip("1e-400"), "0.0");
}

TEST(Json, ReadsIntegersExactlyUpTo64Bits) {
  EXPECT_EQ(round_trip("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(round_trip("-9223372036854775808"), "-9223372036854775808");
  const Result<Json> largest = parse_json("18446744073709551615");
  ASSERT_TRUE(largest.ok());
  EXPECT_TRUE(largest->is_number_unsigned());
  EXPECT_EQ(largest->get<std::uint64_t>(), std::numeric_limits<std::uint64_t>::max());
}

TEST(Json, ReadsIntegersBeyond64BitsAsDoubles) {
  const Result<Json> parsed = parse_json("18446744073709551616");
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->is_number_float());
  EXPECT_EQ(parsed->get<double>(), 18446744073709551616.0);
}

TEST(Json, BoundsDepth) {
  EXPECT_EQ(round_trip(repeated("[", 64) + repeated("]", 64)), repeated("[", 64) + repeated("]", 64));
  EXPECT_EQ(refusal(repeated("[", 65) + repeated("]", 65)),
            "invalid JSON at line 1, column 65: nested deeper than 64 levels");
  EXPECT_THAT(refusal(joined({repeated("{\"a\":", 65), "1", repeated("}", 65)})),
              HasSubstr("nested deeper than 64 levels"));
  EXPECT_THAT(refusal(repeated("[{\"a\":", 33)), HasSubstr("nested deeper than 64 levels"));
  EXPECT_THAT(refusal(repeated("[", 1'000'000)), HasSubstr("nested deeper than 64 levels"));
}

TEST(Json, DepthIsNotTheNumberOfBrackets) {
  const std::string siblings = joined({"[", repeated("[{}],", 1000), "1]"});
  EXPECT_EQ(round_trip(siblings), siblings);
  const std::string in_string = joined({"[\"", repeated("[{", 1000), "\"]"});
  EXPECT_EQ(round_trip(in_string), in_string);
  const std::string behind_a_quote = joined({R"(["\"",")", R"(\"\\\")", repeated("[{", 1000), R"("])"});
  EXPECT_EQ(round_trip(behind_a_quote), behind_a_quote);
}

// Taking the escaped quote or backslash for something else would hide all that follows from the scan.
TEST(Json, NothingHidesBehindEscapes) {
  for (const char* text : {R"("\"")", R"("\\")", R"("\\\"")", R"("[\"")"}) {
    EXPECT_THAT(refusal(joined({"[", text, ",", repeated("[", 64)})),
                HasSubstr("nested deeper than 64 levels"))
        << text;
  }
}

TEST(Json, BoundsMembersOfOneObject) {
  EXPECT_EQ(round_trip(object_of(2000)), object_of(2000));
  EXPECT_THAT(refusal(object_of(2001)), HasSubstr("more than 2000 members in one object"));
  EXPECT_THAT(refusal(joined({"{", repeated("\"a\":0,", 2000), "\"a\":0}"})),
              HasSubstr("more than 2000 members"));
}

TEST(Json, MembersOfDifferentObjectsAreCountedApart) {
  EXPECT_TRUE(parse_json(joined({"[", object_of(1500), ",", object_of(1500), "]"})).ok());
  EXPECT_TRUE(parse_json(joined({"{\"a\":", object_of(1999), ",\"b\":", object_of(2000), "}"})).ok());
  EXPECT_TRUE(parse_json(joined({"{\"a\":\"", repeated(":", 5000), "\"}"})).ok());
}

TEST(Json, OfDuplicateKeysTheLastWins) {
  EXPECT_EQ(round_trip(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})");
  EXPECT_EQ(round_trip(R"({"a":{"x":1},"a":{"y":2}})"), R"({"a":{"y":2}})");
  EXPECT_EQ(round_trip(R"({"a":1,"\u0061":2})"), R"({"a":2})");
}

TEST(Json, FindsTheMemberThatIsThereTwice) {
  EXPECT_EQ(find_duplicate_member(R"({"a":{"b":1,"c":[{"d":1},{"d":2}]},"b":1})"), std::nullopt);
  EXPECT_EQ(find_duplicate_member(R"({"a":1,"a":2,"b":{"c":1,"c":2}})"), "a");
  EXPECT_EQ(find_duplicate_member(R"({"x":1,"a":{"b":[{"c":1,"\u0063":2}]}})"), "a.b.c");
  EXPECT_EQ(find_duplicate_member(R"([{"":1,"":2}])"), "");
  EXPECT_EQ(find_duplicate_member("1"), std::nullopt);
}

TEST(Json, RefusesInvalidUtf8) {
  const std::string cases[] = {
      "\xFF",              // never a lead byte
      "\x80",              // stray continuation
      "\xC3",              // sequence cut off by the quote
      "\xC0\xAF",          // overlong in two bytes
      "\xE0\x80\xAF",      // overlong in three
      "\xF0\x80\x80\xAF",  // overlong in four
      "\xED\xA0\x80",      // surrogate
      "\xF4\x90\x80\x80",  // above U+10FFFF
      "\xF8\x88\x80\x80\x80",
  };
  for (const std::string& bytes : cases) {
    EXPECT_EQ(refusal("[\"ab" + bytes + "\"]"), "invalid JSON at line 1, column 5: invalid UTF-8");
    EXPECT_EQ(refusal(bytes), "invalid JSON at line 1, column 1: invalid UTF-8");
  }
}

TEST(Json, AcceptsTheLimitsOfUtf8) {
  for (const char* text : {"\"\u0080\"", "\"\u07ff\"", "\"\u0800\"", "\"\ud7ff\"", "\"\ue000\"", "\"\uffff\"",
                           "\"\U00010000\"", "\"\U0010ffff\""}) {
    EXPECT_EQ(round_trip(text), text);
  }
}

TEST(Json, RefusesLoneSurrogates) {
  EXPECT_EQ(refusal(R"("\ud800")"), "invalid JSON at line 1, column 2: lone surrogate in a string");
  EXPECT_THAT(refusal(R"("\udc00")"), HasSubstr("lone surrogate"));
  EXPECT_THAT(refusal(R"("\ud800\u0041")"), HasSubstr("lone surrogate"));
  EXPECT_THAT(refusal(R"("\ud800x")"), HasSubstr("lone surrogate"));
  EXPECT_EQ(round_trip(R"("\ud83d\ude00")"), "\"\U0001F600\"");
}

TEST(Json, RefusesBadEscapesAndControlCharacters) {
  EXPECT_THAT(refusal(R"("\x41")"), HasSubstr("column 2: unknown escape in a string"));
  EXPECT_THAT(refusal(R"("\u12g4")"), HasSubstr("expected four hex digits after '\\u'"));
  EXPECT_THAT(refusal("\"a\nb\""), HasSubstr("column 3: control character in a string must be escaped"));
  EXPECT_THAT(refusal("\"\\"), HasSubstr("unexpected end of input"));
  EXPECT_THAT(refusal("\"\\u00"), HasSubstr("unexpected end of input"));
}

TEST(Json, SkipsOneByteOrderMark) {
  EXPECT_EQ(parse_json("\xEF\xBB\xBF{\"a\":1}").value(), (Json{{"a", 1}}));
  // Places are counted without it, as editors do.
  EXPECT_THAT(refusal("\xEF\xBB\xBF{]"), HasSubstr("line 1, column 2: "));
  EXPECT_EQ(refusal("\xEF\xBB\xBF\xEF\xBB\xBF{}"),
            "invalid JSON at line 1, column 1: a byte order mark is not accepted");
  EXPECT_THAT(refusal(" \xEF\xBB\xBF{}"), HasSubstr("column 2: expected a value"));
}

TEST(Json, ANulDoesNotEndTheDocument) {
  EXPECT_EQ(refusal(std::string("{}\0garbage", 10)),
            "invalid JSON at line 1, column 3: unexpected NUL character");
  EXPECT_THAT(refusal(std::string("{}\0", 3)), HasSubstr("NUL"));
  EXPECT_THAT(refusal(std::string("\"a\0b\"", 5)), HasSubstr("control character"));
  const Result<Json> escaped = parse_json(R"("a\u0000b")");
  ASSERT_TRUE(escaped.ok());
  EXPECT_EQ(escaped->get<std::string>(), std::string("a\0b", 3));
}

TEST(Json, NeverEchoesTheInput) {
  for (const char* text : {"{\"secret\" secret}", "secret", "[\"secret\xFF\"]", "{\"secret\":1e400}",
                           "\"secret\\q\"", "[\"secret", "{\"a\":1} secret"}) {
    EXPECT_THAT(refusal(text), Not(HasSubstr("secret"))) << text;
    EXPECT_NE(refusal(text), "accepted") << text;
  }
}

// The walk that explains a refusal must refuse exactly what the parser refuses.
TEST(Json, ExplanationAndParserAgreeOnMutatedDocuments) {
  const std::string seed_text =
      "{\"a\":[1,-2.5e+3,true,false,null],\"b\\u00e9\":{\"c\":\"\xC3\xA9\\ud83d\\ude00\\n\"},\"d\":1e308}";
  const std::string alphabet = "{}[]\",:\\u0129deE+-. tfn\n\x01\x80\xC3\xED\xF0";
  int refused = 0;
  for (std::uint64_t round = 0; round < 20'000; ++round) {
    std::string text = seed_text;
    const std::uint64_t edits = 1 + random_at(1, "edits", round) % 3;
    for (std::uint64_t edit = 0; edit < edits; ++edit) {
      const std::uint64_t value = random_at(1, "edit", round * 3 + edit);
      const std::size_t at = (value >> 8U) % text.size();
      const char c = alphabet[(value >> 32U) % alphabet.size()];
      if (value % 3 == 0) text[at] = c;
      if (value % 3 == 1) text.insert(at, 1, c);
      if (value % 3 == 2) text.erase(at, 1);
    }
    ASSERT_FALSE(find_json_bound_fault(text).has_value());
    const bool parser_refuses = Json::parse(text, nullptr, false).is_discarded();
    ASSERT_EQ(find_json_syntax_fault(text).has_value(), parser_refuses) << text;
    if (parser_refuses) ++refused;
  }
  EXPECT_GT(refused, 1000);
  EXPECT_LT(refused, 19'900);
}

TEST(Json, DumpReplacesInvalidUtf8) {
  EXPECT_EQ(dump_json(Json("a\xFF")), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(dump_json_pretty(Json("a\xFF")), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(canonical_json(Json{{"k\xFF", 1}}), "{\"k\xEF\xBF\xBD\":1}");
}

TEST(Json, PrettyIndentsByTwo) {
  EXPECT_EQ(dump_json_pretty(Json{{"a", {1}}}), "{\n  \"a\": [\n    1\n  ]\n}");
}

TEST(Json, PrettyEscapesWhatDrivesOrMisleadsATerminal) {
  const Json value{{"k\u202Ee", "a\u2066b\u009B\x7F\u2028"}, {"plain", "Zo\u00EB \U0001F600"}};
  EXPECT_EQ(
      dump_json_pretty(value),
      "{\n  \"k\\u202ee\": \"a\\u2066b\\u009b\\u007f\\u2028\",\n  \"plain\": \"Zo\u00EB \U0001F600\"\n}");
  EXPECT_EQ(*parse_json(dump_json_pretty(value)), value);
  EXPECT_EQ(dump_json_line(Json{{"a", "\u202E"}}), "{\"a\":\"\\u202e\"}");
}

TEST(Json, CanonicalIgnoresOrderAndWhiteSpaceOnly) {
  const std::string expected = R"({"a":[{"x":1,"y":2},3],"b":{},"c":[]})";
  EXPECT_EQ(canonical(R"({"c":[],"b":{},"a":[{"y":2,"x":1},3]})"), expected);
  EXPECT_EQ(canonical("{ \"a\" : [ {\"x\":1,\n\"y\":2}, 3 ], \"c\":[ ], \"b\":{ } }"), expected);
  EXPECT_NE(canonical("[1,2]"), canonical("[2,1]"));
  EXPECT_EQ(canonical("{\"\u00e9\":1,\"z\":2,\"Z\":3,\"\":4}"), "{\"\":4,\"Z\":3,\"z\":2,\"\u00e9\":1}");
  EXPECT_EQ(canonical(R"("\u0041")"), canonical(R"("A")"));
}

TEST(Rules, CanonicalNumbersCompareAsParsed) {
  EXPECT_EQ(canonical("1.10"), canonical("1.1"));
  EXPECT_EQ(canonical("1e2"), canonical("100.0"));
  EXPECT_NE(canonical("1"), canonical("1.0"));
  EXPECT_NE(canonical("1"), canonical("\"1\""));
}

TEST(Json, MembersOfWhatIsNoObjectAreAbsent) {
  const Json object = {{"text", "x"}, {"number", 1}, {"nothing", nullptr}};
  ASSERT_NE(member(object, "number"), nullptr);
  EXPECT_EQ(*member(object, "number"), 1);
  ASSERT_NE(member(object, "nothing"), nullptr);
  EXPECT_EQ(member(object, "absent"), nullptr);
  EXPECT_EQ(member(Json::array({1}), "text"), nullptr);
  EXPECT_EQ(member(Json("text"), "text"), nullptr);
  ASSERT_NE(string_member(object, "text"), nullptr);
  EXPECT_EQ(*string_member(object, "text"), "x");
  EXPECT_EQ(string_member(object, "number"), nullptr);
  EXPECT_EQ(string_member(object, "absent"), nullptr);
  EXPECT_EQ(string_member(Json(1), "text"), nullptr);
}

}  // namespace
}  // namespace zest
