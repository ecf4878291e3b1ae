#include "store/journal/copy.hpp"

#include "store/journal/reader.hpp"
#include "store/journal/testing.hpp"
#include "store/sqlite/sqlite.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

class CopyTest : public FollowerTest {
 protected:
  void SetUp() override { open(); }
  [[nodiscard]] fs::path to() const { return folder_.path() / "copy.db"; }
  [[nodiscard]] std::unique_ptr<CopySource> source() const {
    auto opened = CopySource::open(folder_.path() / "journal.db");
    EXPECT_TRUE(opened) << opened.error().what;
    return std::move(*opened);
  }
};

TEST_F(CopyTest, ACopyIsOfTheMomentInWhichItWasHeld) {
  add_names(1, 3);
  const auto held = source();
  ASSERT_TRUE(held->hold());
  const auto then = head_of(*journal_);
  add_names(4, 6);
  EXPECT_EQ(held->head(), then);
  const auto copied = held->copy(to(), {});
  ASSERT_TRUE(copied) << copied.error().what;
  EXPECT_EQ(copied->head, then);
  EXPECT_EQ(copied->bytes, *held->bytes());
  EXPECT_EQ((*Reader::open(to()))->head().value(), Seq{3});
}

TEST_F(CopyTest, HeldAnewItIsOfALaterMoment) {
  const auto held = source();
  ASSERT_TRUE(held->hold());
  EXPECT_EQ(held->head(), Position{});
  EXPECT_EQ(held->epoch(), Epoch{});
  add_names(1, 2);
  ASSERT_TRUE(held->hold());
  EXPECT_EQ(held->head(), head_of(*journal_));
  EXPECT_EQ(held->epoch(), Epoch{1});
}

TEST_F(CopyTest, SaysWhatWasTakenInThen) {
  journal_->submit({"", {"Add", "a"}, Cause{"letters", Seq{0}, Seq{7}}}, outcomes_.of("a"));
  outcomes_.wait("a");
  const auto held = source();
  ASSERT_TRUE(held->hold());
  journal_->submit({"", {"Add", "b"}, Cause{"letters", Seq{7}, Seq{9}}}, outcomes_.of("b"));
  outcomes_.wait("b");
  const auto consumed = held->consumed({"letters", "digits"});
  ASSERT_TRUE(consumed) << consumed.error().what;
  EXPECT_EQ(*consumed, (std::map<std::string, Seq>{{"letters", Seq{7}}, {"digits", Seq{0}}}));
}

TEST_F(CopyTest, ADamagedPositionIsNotTakenForNone) {
  journal_->submit({"", {"Add", "a"}, Cause{"letters", Seq{0}, Seq{7}}}, outcomes_.of("a"));
  outcomes_.wait("a");
  (*sqlite::open(folder_.path() / "journal.db", {}))
      ->exec("UPDATE entries SET key = key || 'x' WHERE key LIKE ' letters/%'");
  const auto held = source();
  ASSERT_TRUE(held->hold());
  const auto consumed = held->consumed({"letters"});
  ASSERT_FALSE(consumed);
  EXPECT_NE(consumed.error().what.find("letters"), std::string::npos) << consumed.error().what;
}

TEST_F(CopyTest, APlainCopyIsReadWithoutAFileBesideItAndGoesOnAsAJournal) {
  add_names(1, 3);
  fs::create_directory(folder_.path() / "b");
  ASSERT_TRUE(copy_journal(folder_.path() / "journal.db", follower_file()));
  const auto plain = make_plain(follower_file());
  ASSERT_TRUE(plain) << plain.error().what;
  EXPECT_EQ((*Reader::open(follower_file()))->head().value(), Seq{3});
  EXPECT_EQ(std::distance(fs::directory_iterator(follower_file().parent_path()), {}), 1);
  open_follower();
  add_names(4, 5);
  ASSERT_TRUE(ship());
  EXPECT_EQ(head_of(*follower_), head_of(*journal_));
}

}  // namespace
}  // namespace sportapp::journal
