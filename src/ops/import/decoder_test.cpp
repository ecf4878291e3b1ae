#include "ops/import/decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sportapp::importing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Result<std::string> decoded(std::string_view bytes, std::size_t piece = 4096,
                            const std::string& encoding = "auto") {
  Decoder decoder(encoding);
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto some = decoder.push(bytes.substr(at, piece));
    if (!some) return some.error();
    text += *some;
  }
  const auto rest = decoder.finish();
  if (!rest) return rest.error();
  return text + *rest;
}

std::string utf16(std::string_view ascii, bool high_first) {
  std::string bytes;
  for (const char c : ascii) high_first ? (bytes += '\0') += c : (bytes += c) += '\0';
  return bytes;
}

TEST(Decoder, KnowsWhatAFileIsWhateverThePieces) {
  const std::string with_u = "Jos\xc3\xa9\n";
  for (const std::size_t piece : {1, 2, 3, 5, 4096}) {
    EXPECT_EQ(decoded("ana\n", piece).value(), "ana\n");
    EXPECT_EQ(decoded(with_u, piece).value(), with_u);
    EXPECT_EQ(decoded(std::string("\xef\xbb\xbf") + with_u, piece).value(), with_u);
    EXPECT_EQ(decoded("Jos\xe9\n\x80\n", piece).value(), "Jos\xc3\xa9\n\xe2\x82\xac\n") << "Windows-1252";
    EXPECT_EQ(decoded("\xff\xfe" + utf16("ana\n", false), piece).value(), "ana\n");
    EXPECT_EQ(decoded("\xfe\xff" + utf16("ana\n", true), piece).value(), "ana\n");
    EXPECT_EQ(decoded("", piece).value(), "");
  }
  EXPECT_EQ(decoded(utf16("username\nana\n", false)).value(), "username\nana\n") << "without a mark, too";
  EXPECT_EQ(decoded(utf16("username\nana\n", true)).value(), "username\nana\n");
  EXPECT_EQ(decoded(std::string("an\0a\n", 5)).value(), std::string("an\0a\n", 5))
      << "a zero alone says nothing";
}

TEST(Decoder, SaysHowItReads) {
  Decoder decoder;
  ASSERT_TRUE(decoder.push("username\n"));
  EXPECT_EQ(decoder.encoding(), "utf-8");
  ASSERT_TRUE(decoder.push("Jos\xe9\n      "));
  EXPECT_EQ(decoder.encoding(), "windows-1252");
}

TEST(Decoder, DoesNotGuessWhatIsBoth) {
  const auto both = decoded(
      "Jos\xc3\xa9\nluz\nMar\xed"
      "a\n");
  ASSERT_FALSE(both);
  EXPECT_THAT(both.error().what,
              AllOf(HasSubstr("line 3"), HasSubstr("0xed"), HasSubstr("--encoding windows-1252")));
}

TEST(Decoder, TakesWhatItIsTold) {
  EXPECT_EQ(decoded("\xa4", 1, "iso-8859-15").value(), "\xe2\x82\xac");
  EXPECT_EQ(decoded(utf16("a", false), 1, "utf-16le").value(), "a");
  const auto wrong = decoded("Jos\xe9\n     ", 4096, "utf-8");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().what, AllOf(HasSubstr("line 1"), HasSubstr("is not utf-8")));
  EXPECT_FALSE(
      decoded("a\x81"
              "\n"))
      << "nothing in Windows-1252";
  EXPECT_FALSE(decoded(utf16("ana", false) + "b", 4096, "utf-16le")) << "cut off";
}

}  // namespace
}  // namespace sportapp::importing
