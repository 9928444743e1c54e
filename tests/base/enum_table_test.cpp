#include "base/enum_table.h"

#include <gtest/gtest.h>

namespace zest {
namespace {

enum class Colour { Red, Green };
struct Row {
  Colour colour;
  std::string_view name;
};
constexpr Row kWhole[] = {{Colour::Red, "red"}, {Colour::Green, "green"}};
constexpr Row kForgotten[] = {{Colour::Red, "red"}};
constexpr Row kSwapped[] = {{Colour::Green, "green"}, {Colour::Red, "red"}};
constexpr Row kTwice[] = {{Colour::Red, "red"}, {Colour::Green, "green"}, {Colour::Green, "green"}};
constexpr std::string_view to_string(Colour colour) { return row_of(kWhole, colour).name; }

// What the static_asserts of tables rest on.
TEST(EnumTable, IsCompleteWithOneRowForEachValueInOrder) {
  EXPECT_TRUE(is_complete(kWhole, &Row::colour));
  EXPECT_FALSE(is_complete(kForgotten, &Row::colour));
  EXPECT_FALSE(is_complete(kSwapped, &Row::colour));
  EXPECT_FALSE(is_complete(kTwice, &Row::colour));
}

TEST(EnumTable, FindsValuesByName) {
  constexpr auto kColours = values_of(kWhole, &Row::colour);
  EXPECT_EQ(parse_word(kColours, "green"), Colour::Green);
  EXPECT_EQ(parse_word(kColours, "blue"), std::nullopt);
  EXPECT_EQ(texts_of(kColours), (std::vector<std::string>{"red", "green"}));
}

}  // namespace
}  // namespace zest
