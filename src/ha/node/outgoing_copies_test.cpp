#include "ha/node/outgoing_copies.hpp"

#include "store/retention/testing.hpp"

namespace sportapp::node {
namespace {

class OutgoingCopiesTest : public retention::testing::RetentionTest {
 protected:
  static std::string all_of(OutgoingCopies& copies) {
    std::string whole;
    for (;;) {
      const auto piece = *copies.read("b", whole.size(), 5'000);
      whole += piece;
      if (piece.size() < 5'000) return whole;
    }
  }
  [[nodiscard]] std::filesystem::path made() const { return file().parent_path() / "copy-for-b.db"; }
};

TEST_F(OutgoingCopiesTest, ACopyIsReadInPiecesUntilItIsDropped) {
  add_names(1, 30);
  OutgoingCopies copies(file().parent_path());
  EXPECT_FALSE(copies.read("b", 0, 10));
  const auto end = copies.make("b", [] { return true; });
  ASSERT_TRUE(end) << end.error().what;
  EXPECT_EQ(end->seq, Seq{30});
  EXPECT_EQ(all_of(copies).size(), std::filesystem::file_size(made()));
  copies.drop("b");
  EXPECT_FALSE(std::filesystem::exists(made()));
  EXPECT_FALSE(copies.read("b", 0, 10));
}

TEST_F(OutgoingCopiesTest, OneThatNobodyWantsAnyMoreIsGivenUpAndLeavesNothing) {
  add_names(1, 30);
  OutgoingCopies copies(file().parent_path());
  EXPECT_FALSE(copies.make("b", [] { return false; }));
  EXPECT_FALSE(std::filesystem::exists(made()));
  EXPECT_TRUE(copies.make("b", [] { return true; }));
}

}  // namespace
}  // namespace sportapp::node
