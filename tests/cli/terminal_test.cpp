#include "cli/terminal.h"

#include <gtest/gtest.h>

#include "base/nearest.h"

namespace zest::cli {
namespace {

TEST(Table, AlignsColumnsAndTrimsLineEnds) {
  EXPECT_EQ(table({}, {"ID", "STATUS"}, {{"a", "pending"}, {"long-one", ""}}),
            "ID        STATUS\n"
            "a         pending\n"
            "long-one\n");
}

TEST(Table, NarrowTerminalsShortenTheWidestColumn) {
  Terminal narrow;
  narrow.width = 20;
  EXPECT_EQ(table(narrow, {"ID", "TEXT"}, {{"1", "a text that is far too long"}}),
            "ID  TEXT\n"
            "1   a text that is …\n");
}

TEST(Table, CountsCodePointsNotBytes) {
  EXPECT_EQ(table({}, {"NAME", "N"}, {{"Zoë", "1"}, {"Anna", "2"}}),
            "NAME  N\n"
            "Zoë   1\n"
            "Anna  2\n");
}

TEST(Terminal, ControlCharactersDoNotReachTheScreen) {
  EXPECT_EQ(printable("a\x1b[2Jb\nc\x7f\xc2\x9bz"), "a?[2Jb?c??z");
  EXPECT_EQ(printable("Zoë €"), "Zoë €");
}

// "Trojan source": text that shows in another order than it reads.
TEST(Terminal, ControlsOfDirectionAreShownEscaped) {
  EXPECT_EQ(printable("a\u202Ebc\u2066d\u2069\u200F\u061C"), "a\\u202ebc\\u2066d\\u2069\\u200f\\u061c");
  EXPECT_EQ(printable("one\u2028two"), "one\\u2028two");
  EXPECT_EQ(printable("\u05E9\u05DC\u200D \u0645"),
            "\u05E9\u05DC\u200D \u0645");  // right to left by themselves
  EXPECT_EQ(table({}, {"NAME", "N"}, {{"\u202Ex", "1"}}), "NAME     N\n\\u202ex  1\n");
}

TEST(Terminal, LinesStayLines) {
  EXPECT_EQ(printable_lines("a\x1b[1m\n\nb\u202E"), "a?[1m\n\nb\\u202e\n");
  EXPECT_EQ(printable_lines("a\n"), "a\n");
  EXPECT_EQ(printable_lines(""), "");
}

TEST(Terminal, WhatIsNoUtf8DoesNotReachTheScreen) {
  EXPECT_EQ(printable("a\x9b"
                      "b\xe2\x80"),
            "a?b??");
}

TEST(Terminal, PlainTextWithoutColours) {
  EXPECT_EQ(Terminal().styled(Style::Red, "text"), "text");
  Terminal colourful;
  colourful.colour = true;
  EXPECT_EQ(colourful.styled(Style::Red, "text"), "\x1b[31mtext\x1b[0m");
}

TEST(Nearest, FindsSlipsOfTheFingers) {
  const std::vector<std::string> words = {"serve", "demo", "webhook-deliveries", "readyz"};
  EXPECT_EQ(nearest("srve", words), "serve");
  EXPECT_EQ(nearest("dmeo", words), "demo");
  EXPECT_EQ(nearest("webhook-delivery", words), "webhook-deliveries");
  EXPECT_EQ(nearest("ready", words), "readyz");
  EXPECT_EQ(nearest("web", words), "webhook-deliveries");
  EXPECT_EQ(nearest("xyzzy", words), std::nullopt);
  EXPECT_EQ(nearest("", words), std::nullopt);
}

TEST(Nearest, CountsSwappedNeighboursAsOneSlip) {
  EXPECT_EQ(edit_distance("prot", "port"), 1u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

}  // namespace
}  // namespace zest::cli
