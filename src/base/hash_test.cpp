#include "base/hash.hpp"

#include <gtest/gtest.h>

namespace sportapp {

TEST(Hash, FieldBoundariesCount) {
  EXPECT_NE(Hasher().field("ab").field("c").finish(), Hasher().field("a").field("bc").finish());
  EXPECT_EQ(Hasher().field("ab").field("c").finish(), Hasher().field("ab").field("c").finish());
}

TEST(Hash, OfBytesAloneIsWhatOtherProgramsPrint) {
  EXPECT_EQ(hex(Hasher().bytes("ab").bytes("c").finish()),
            "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST(Hash, HexHasTwoDigitsAByte) {
  EXPECT_EQ(hex(Hash{0x0f, 0xa0}).substr(0, 6), "0fa000");
  EXPECT_EQ(hex(Hash{}).size(), 64U);
}

}  // namespace sportapp
