#include "ha/node/incoming_copy.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::node {
namespace {

class IncomingCopyTest : public ::testing::Test {
 protected:
  // A piece that is like no other.
  static std::string piece(std::size_t bytes, char first) {
    std::string made(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i) made[i] = static_cast<char>(first + i % 97);
    return made;
  }
  sportapp::testing::TempFolder folder_;
  const std::filesystem::path file_ = folder_.path() / "incoming.db";
};

TEST_F(IncomingCopyTest, HasEveryPieceAlsoOneLongerThanASliceAndOneAcrossTheEndOfOne) {
  IncomingCopy copy(file_);
  std::string whole;
  const auto slice = IncomingCopy::kSliceBytes;
  for (const auto bytes : {slice - 1, slice + 2, std::uint64_t{3}, 2 * slice + 5, std::uint64_t{0}}) {
    const auto more = piece(bytes, static_cast<char>(bytes % 7));
    ASSERT_TRUE(copy.write(whole.size(), more));
    whole += more;
  }
  const auto finished = copy.finish();
  ASSERT_TRUE(finished);
  EXPECT_TRUE(read_file(*finished) == whole);
}

TEST_F(IncomingCopyTest, TheNextBeginsAnew) {
  IncomingCopy copy(file_);
  ASSERT_TRUE(copy.write(0, "the first, given up"));
  ASSERT_TRUE(copy.write(0, "next"));
  EXPECT_EQ(read_file(*copy.finish()), "next");
}

TEST_F(IncomingCopyTest, WhatIsLeftIsRemovedAtTheEndAndAtTheStart) {
  { ASSERT_TRUE(IncomingCopy(file_).write(0, "half")); }
  EXPECT_FALSE(std::filesystem::exists(file_));
  ASSERT_TRUE(write_file(file_, "of a process that was killed"));
  const IncomingCopy copy(file_);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(IncomingCopyTest, WhatCannotBeWrittenIsAnErrorThatSaysWhere) {
  IncomingCopy copy(folder_.path() / "gone" / "incoming.db");
  const auto written = copy.write(0, "x");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().what.find("gone/incoming.db"), std::string::npos);
  EXPECT_FALSE(copy.finish());
}

}  // namespace
}  // namespace sportapp::node
