#include "ops/import/unpacker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace sportapp::importing {
namespace {

using ::testing::HasSubstr;

std::string packed(std::string text) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string bytes(text.size() + 200, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  bytes.resize(bytes.size() - stream.avail_out);
  ::deflateEnd(&stream);
  return bytes;
}

Result<std::string> unpacked(std::string_view bytes, std::size_t piece) {
  Unpacker unpacker;
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto some = unpacker.push(bytes.substr(at, piece));
    if (!some) return some.error();
    text += *some;
  }
  const auto rest = unpacker.finish();
  if (!rest) return rest.error();
  return text + *rest;
}

TEST(Unpacker, LeavesAloneWhatIsNotPacked) {
  for (const auto* text : {"", "P", "PK", "username\nana\n", "BZ"}) {
    for (const std::size_t piece : {1, 3, 4096}) EXPECT_EQ(unpacked(text, piece).value(), text);
  }
}

TEST(Unpacker, UnpacksGzipWhateverThePieces) {
  std::string text = "username\n";
  for (int i = 0; i < 50'000; ++i) text += "ana-" + std::to_string(i % 7) + "\n";
  const auto bytes = packed(text);
  for (const std::size_t piece : {1, 100, 1'000'000}) EXPECT_TRUE(unpacked(bytes, piece).value() == text);
  EXPECT_TRUE(unpacked(bytes + bytes, 100).value() == text + text) << "as `cat one.gz other.gz` makes it";
}

TEST(Unpacker, SaysWhatIsWrongWithGzip) {
  const auto bytes = packed("username\nana\nluz\n");
  EXPECT_THAT(unpacked(bytes.substr(0, bytes.size() - 3), 100).error().what, HasSubstr("cut off"));
  auto changed = bytes;
  changed[bytes.size() - 5] ^= 1;
  EXPECT_THAT(unpacked(changed, 100).error().what, HasSubstr("damaged"));
}

TEST(Unpacker, NamesWhatItDoesNotRead) {
  EXPECT_THAT(unpacked("PK\x03\x04 rest", 1).error().what, HasSubstr("Excel workbook"));
  EXPECT_THAT(unpacked("\xd0\xcf\x11\xe0 rest", 9).error().what, HasSubstr("old Excel workbook"));
  EXPECT_THAT(unpacked("BZh91AY", 9).error().what, HasSubstr("bzcat"));
  EXPECT_THAT(unpacked("%PDF-1.7", 9).error().what, HasSubstr("PDF"));
}

}  // namespace
}  // namespace sportapp::importing
