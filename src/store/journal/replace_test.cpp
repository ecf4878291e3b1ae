#include <fstream>

#include "store/journal/copy.hpp"
#include "store/journal/testing.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

class ReplaceTest : public FollowerTest {
 protected:
  // A copy of the first journal, where the follower can take it.
  fs::path snapshot() {
    auto to = folder_.path() / "b" / "journal.db.incoming";
    fs::create_directories(to.parent_path());
    const auto copied = copy_journal(folder_.path() / "journal.db", to);
    EXPECT_TRUE(copied) << copied.error().what;
    EXPECT_EQ(copied->head, head_of(*journal_));
    EXPECT_EQ(copied->bytes, fs::file_size(to));
    return to;
  }
  Result<Position> replace(const fs::path& file) {
    Reply<Result<Position>> reply;
    follower_->replace(file, reply.to());
    return reply.wait();
  }
  static std::int64_t entries_in(const fs::path& file) {
    auto database = sqlite::open(file, {.read_only = true});
    EXPECT_TRUE(database);
    return (*database)->execAndGet("SELECT count(*) FROM entries").getInt64();
  }
  // A journal of the follower's own, which the first one's does not continue.
  void diverge() {
    open_follower();
    follower_->lead(Epoch{9});
    for (const auto* name : {"x", "y", "z"}) add_to(*follower_, name, name);
    follow(*follower_);
  }
};

TEST_F(ReplaceTest, AJournalThatDivergedIsReplacedAndGoesOnFromThere) {
  open();
  add_names(1, 5);
  journal_->submit({"", {"Add", "a"}, Cause{"letters", Seq{0}, Seq{7}}}, outcomes_.of("a"));
  outcomes_.wait("a");
  diverge();
  auto entries = follower_->entries();
  auto events = follower_->events();
  ASSERT_EQ((*entries)->read(Seq{}, 100, SIZE_MAX)->size(), 3U);
  ASSERT_EQ((*events)->read(Seq{}, 100)->size(), 3U);
  const auto replaced = replace(snapshot());
  ASSERT_TRUE(replaced) << replaced.error().what;
  EXPECT_EQ(*replaced, head_of(*journal_));
  EXPECT_EQ(head_of(*follower_), head_of(*journal_));
  EXPECT_EQ(follower_->consumed("letters"), Seq{7});
  EXPECT_EQ((*entries)->read(Seq{}, 100, SIZE_MAX)->front().key, "k1") << "no reader stays with the old one";
  EXPECT_EQ((*events)->read(Seq{}, 100)->front().event.payload, "n1");
  add_names(6, 7);
  ASSERT_TRUE(ship());
  EXPECT_EQ(head_of(*follower_), head_of(*journal_));
  follower_->lead(Epoch{2});
  EXPECT_TRUE(std::get<Answered>(add_to(*follower_, "k3", "n3")).replayed);
  EXPECT_TRUE(std::get<Answered>(add_to(*follower_, "k7", "n7")).replayed);
  EXPECT_EQ(std::get<Answered>(add_to(*follower_, "x", "x")).seq, Seq{9}) << "what it had of its own is gone";
}

TEST_F(ReplaceTest, TheOldOneIsKeptOnce) {
  open();
  add_names(1, 2);
  diverge();
  ASSERT_TRUE(replace(snapshot()));
  const fs::path kept = follower_file().string() + ".replaced";
  EXPECT_EQ(entries_in(kept), 3);
  add_names(3, 3);
  ASSERT_TRUE(replace(snapshot()));
  EXPECT_EQ(entries_in(kept), 2);
  EXPECT_EQ(head_of(*follower_), head_of(*journal_));
  follower_.reset();
  open_follower();
  EXPECT_EQ(head_of(*follower_), head_of(*journal_));
}

TEST_F(ReplaceTest, WhatACrashLeftLyingAboutHarmsNothing) {
  open();
  add_names(1, 4);
  diverge();
  const auto incoming = snapshot();
  const auto write = [](const fs::path& file) { std::ofstream(file) << std::string(5000, 'w'); };
  write(incoming.string() + "-wal");
  write(incoming.string() + "-shm");
  write(follower_file().string() + ".replaced");
  write(follower_file().string() + ".replaced-wal");
  const auto replaced = replace(incoming);
  ASSERT_TRUE(replaced) << replaced.error().what;
  EXPECT_EQ(*replaced, head_of(*journal_));
  EXPECT_EQ(entries_in(follower_file().string() + ".replaced"), 3);
  follower_.reset();
  EXPECT_FALSE(fs::exists(follower_file().string() + "-wal")) << "nothing of the old one's is left";
  open_follower();
  EXPECT_EQ(head_of(*follower_), head_of(*journal_));
}

TEST_F(ReplaceTest, WhatIsNoJournalIsNotPutInPlace) {
  open();
  add_names(1, 2);
  diverge();
  const auto before = head_of(*follower_);
  EXPECT_FALSE(replace(folder_.path() / "b" / "none"));
  const auto text = folder_.path() / "b" / "text";
  std::ofstream(text) << std::string(10'000, 'x');
  EXPECT_FALSE(replace(text));
  const auto cut = snapshot();
  fs::resize_file(cut, fs::file_size(cut) / 2);
  EXPECT_FALSE(replace(cut));
  EXPECT_EQ(head_of(*follower_), before);
  EXPECT_EQ(follower_->status().failing, "");
  follower_->lead(Epoch{10});
  EXPECT_TRUE(std::holds_alternative<Answered>(add_to(*follower_, "w", "w")));
  EXPECT_FALSE(replace(snapshot())) << "it leads";
}

TEST_F(ReplaceTest, WhoReadsTheOldOnePostponesIt) {
  open();
  add_names(1, 2);
  diverge();
  const auto incoming = snapshot();
  {
    auto reading = sqlite::open(follower_file(), {.read_only = true});
    (*reading)->exec("BEGIN");
    std::ignore = (*reading)->execAndGet("SELECT count(*) FROM entries");
    follower_->lead(Epoch{10});
    add_to(*follower_, "more", "more");
    follow(*follower_);
    const auto replaced = replace(incoming);
    ASSERT_FALSE(replaced);
    EXPECT_EQ(replaced.error().retry, Retry::kLater);
    EXPECT_EQ(follower_->status().head, Seq{4});
  }
  EXPECT_TRUE(replace(incoming));
  EXPECT_EQ(head_of(*follower_), head_of(*journal_));
}

TEST_F(ReplaceTest, ACopyIsOfOneMomentWhileCommitsGoOn) {
  open();
  for (int i = 0; i < 40; ++i) {
    submit("large" + std::to_string(i), std::to_string(i) + std::string(100'000, 'x'));
  }
  outcomes_.wait("large39");
  int asked = 0;
  const auto to = folder_.path() / "copy";
  const auto copied = copy_journal(folder_.path() / "journal.db", to, [&] {
    add_names(asked, asked);
    return ++asked < 1000;
  });
  ASSERT_TRUE(copied) << copied.error().what;
  EXPECT_GT(asked, 1);
  EXPECT_EQ(copied->head.seq, Seq{40});
  EXPECT_EQ(entries_in(to), 40);
  EXPECT_EQ(journal_->status().head, Seq{40 + asked});
  const auto given_up = copy_journal(folder_.path() / "journal.db", to, [] { return false; });
  EXPECT_EQ(given_up.error().retry, Retry::kLater);
}

}  // namespace
}  // namespace sportapp::journal
