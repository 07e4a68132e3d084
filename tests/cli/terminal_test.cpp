// What a terminal is given shows control characters and obeys none, whoever wrote them.
#include "cli/terminal.hpp"

#include <gtest/gtest.h>

namespace tessera::cli {
namespace {

constexpr auto shown = terminal_text;

TEST(TerminalText, LeavesTextAsItIs) {
  const std::string_view text =
      "a\tb\nc\r\nGr\xc3\xbc\xc3\x9f"
      "e \xe2\x82\xac \xc2\xa0 \xf0\x9f\x98\x80";
  EXPECT_EQ(shown(text), text);
}

TEST(TerminalText, ShowsControlCharacters) {
  EXPECT_EQ(shown("u\x1b[31m\x07"), "u\\u001b[31m\\u0007");
  EXPECT_EQ(shown("12\r34\x7f\b"), "12\\u000d34\\u007f\\u0008");
  EXPECT_EQ(shown(std::string_view("a\0b", 3)), "a\\u0000b");
  // Of two bytes: CSI of the terminals that speak eight bits.
  EXPECT_EQ(shown("a\xc2\x9b"
                  "2J"),
            "a\\u009b2J");
}

TEST(TerminalText, KnowsThemAcrossPieces) {
  EXPECT_EQ(shown("a\xc2"), "a\xc2");
  EXPECT_EQ(shown("\x9b"
                  "2J"),
            "\\u009b2J");
}

}  // namespace
}  // namespace tessera::cli
