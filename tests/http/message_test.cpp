#include "http/message.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "listener_fixture.h"

namespace zest::http {
namespace {

TEST(Headers, CompareNamesWithoutCaseAndKeepTheOrder) {
  Headers headers;
  headers.add("X-One", "1");
  headers.add("x-two", "2");
  headers.add("X-ONE", "3");
  ASSERT_NE(headers.find("x-one"), nullptr);
  EXPECT_EQ(*headers.find("x-one"), "1");
  EXPECT_EQ(headers.count("X-one"), 2U);
  EXPECT_EQ(headers.find("X-Three"), nullptr);
  headers.set("x-ONE", "4");
  EXPECT_EQ(headers.count("X-One"), 1U);
  EXPECT_EQ(*headers.find("X-One"), "4");
  EXPECT_EQ(headers.fields().front().first, "x-two");
}

TEST(PercentDecode, DecodesEscapesAndLeavesPlusAlone) {
  EXPECT_EQ(percent_decode("a%20b+c%2F%C3%A9"), "a b+c/\xC3\xA9");
  EXPECT_EQ(percent_decode(""), "");
}

TEST(PercentDecode, RefusesBrokenEscapesAndInvalidUtf8) {
  for (const char* text : {"%", "%4", "a%4", "%zz", "%+1", "%C3", "%C0%AF", "%ED%A0%80", "%F5%80%80%80"}) {
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
  }
}

TEST(PercentEncode, KeepsOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encode("aZ09-._~ /\xC3\xA9%"), "aZ09-._~%20%2F%C3%A9%25");
  EXPECT_EQ(percent_decode(percent_encode("a b/\xC3\xA9%&=")), "a b/\xC3\xA9%&=");
}

TEST(ParseForm, ReadsPairsInOrder) {
  const auto fields = parse_form("a=1+2&b=%26&a=&c&&d=x=y");
  ASSERT_TRUE(fields.has_value());
  const FormFields expected = {{"a", "1 2"}, {"b", "&"}, {"a", ""}, {"c", ""}, {"d", "x=y"}};
  EXPECT_EQ(*fields, expected);
  EXPECT_EQ(parse_form(""), FormFields());
  EXPECT_EQ(parse_form("a=%"), std::nullopt);
}

TEST(SpooledFile, RemovesItsFileUnlessReleased) {
  const test::TemporaryFolder folder;
  const auto make = [&folder](const char* name) {
    const auto path = folder.path() / name;
    std::ofstream(path) << "x";
    return path;
  };
  const auto first = make("first");
  const auto second = make("second");
  const auto third = make("third");
  {
    SpooledFile removed(first);
    removed = SpooledFile(second);
    EXPECT_FALSE(std::filesystem::exists(first));
    EXPECT_TRUE(std::filesystem::exists(second));
    SpooledFile kept(third);
    EXPECT_EQ(kept.release(), third);
  }
  EXPECT_FALSE(std::filesystem::exists(second));
  EXPECT_TRUE(std::filesystem::exists(third));
}

}  // namespace
}  // namespace zest::http
