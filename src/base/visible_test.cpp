#include "base/visible.hpp"

#include <gtest/gtest.h>

namespace sportapp {
namespace {

TEST(Visible, TextStaysAsItIs) {
  for (const auto* text : {"", "Ana García", "日本 ✓", "a\\b"}) EXPECT_EQ(visible(text), text);
}

TEST(Visible, WhatATerminalWouldObeyIsWritten) {
  EXPECT_EQ(visible("\x1b]0;owned\x07name"), "\\x1b]0;owned\\x07name");
  EXPECT_EQ(visible("a\r\nb\t"), "a\\x0d\\x0ab\\x09");
  EXPECT_EQ(visible("\xc2\x9b"
                    "31m"),
            "\\u{9b}31m")
      << "C1, which some terminals take for ESC [";
  EXPECT_EQ(visible(std::string("a\0b", 3)), "a\\x00b");
}

TEST(Visible, WhatShowsNothingOrTurnsTheDirectionIsWritten) {
  EXPECT_EQ(visible("a\u202Eb"), "a\\u{202e}b");
  EXPECT_EQ(visible("a\u200Bb\uFEFF\u2028"), "a\\u{200b}b\\u{feff}\\u{2028}");
}

TEST(Visible, BytesThatAreNoTextAreWritten) {
  EXPECT_EQ(visible("Jos\xe9"), "Jos\\xe9");
  EXPECT_EQ(visible("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

}  // namespace
}  // namespace sportapp
