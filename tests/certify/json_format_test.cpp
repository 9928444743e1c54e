#include "certify/json_format.h"

#include <gtest/gtest.h>

namespace zest::certify {
namespace {

Json document() { return Json{{"b", "a/é\""}, {"a", {1, "x/y", nullptr, Json::object()}}}; }

TEST(JsonFormats, AreAllTheSameDocument) {
  JsonFormat indented;
  indented.before_item = "\n  ";
  indented.after_colon = " ";
  JsonFormat odd;
  odd.sorted = odd.escaped = true;
  odd.at_start = " \r\n";
  odd.at_end = "\t";
  JsonFormat reversed;
  reversed.reversed = true;
  reversed.after_comma = " ";
  JsonFormat pretty;
  pretty.indent = 2;
  pretty.after_colon = " ";
  pretty.slashes = true;
  for (const JsonFormat& format : {JsonFormat(), indented, odd, reversed, pretty}) {
    const std::string text = write_json(document(), format);
    const Result<Json> parsed = parse_json(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(canonical_json(*parsed), canonical_json(document())) << text;
  }
}

TEST(JsonFormats, DifferInTheirBytes) {
  EXPECT_EQ(write_json(document(), {}), dump_json(document()));
  JsonFormat escaped;
  escaped.escaped = true;
  EXPECT_EQ(write_json(Json{{"key", "x/y"}}, escaped), R"({"key":"\u0078\/y"})");
  JsonFormat spaced;
  spaced.after_colon = spaced.after_comma = " ";
  EXPECT_EQ(write_json(Json{{"a", {1, 2}}, {"b", true}}, spaced), R"({"a": [1, 2], "b": true})");
  JsonFormat pretty;
  pretty.indent = 2;
  pretty.after_colon = " ";
  EXPECT_EQ(write_json(Json{{"a", {1}}, {"b", Json::object()}}, pretty),
            "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}");
  JsonFormat slashes;
  slashes.slashes = true;
  EXPECT_EQ(write_json(Json("x/y"), slashes), R"("x\/y")");
}

}  // namespace
}  // namespace zest::certify
