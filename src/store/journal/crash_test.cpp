// A crash between any two steps of a replacement.
#include <spdlog/spdlog.h>

#include <fstream>
#include <set>

#include "store/journal/copy.hpp"
#include "store/journal/mark.hpp"
#include "store/journal/replace.hpp"
#include "store/journal/testing.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

struct Crash {};

class CrashTest : public FollowerTest {
 protected:
  [[nodiscard]] fs::path copy() const { return folder_.path() / "b" / "incoming"; }
  // The follower with three names of its own, closed; and a copy of the first, which has five.
  void prepare() {
    open();
    add_names(1, 5);
    open_follower();
    follower_->lead(Epoch{9});
    for (const auto* name : {"x", "y", "z"}) add_to(*follower_, name, name);
    follow(*follower_);
    follower_.reset();
    ASSERT_TRUE(copy_journal(folder_.path() / "journal.db", copy()));
  }
  // True where it crashed.
  bool crash_after(const std::string& step, const std::optional<Fault>& fault) {
    const auto end = prepare_replacement(copy());
    EXPECT_TRUE(end) << end.error().what;
    auto mark = MarkFile::open(follower_file());
    EXPECT_TRUE(mark);
    Replacement given{copy(), *end, follower_file(), fault, [&](std::string_view now) {
                        steps_.insert(std::string(now));
                        if (now == step) throw Crash();
                      }};
    try {
      const auto replaced = replace_journal(given, **mark);
      EXPECT_TRUE(replaced) << replaced.error().what;
      return false;
    } catch (const Crash&) {
      return true;
    }
  }
  [[nodiscard]] JournalStatus restarted() {
    open_follower();
    return follower_->status();
  }

  std::set<std::string> steps_;
};

class CrashOfAWholeTest : public CrashTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(CrashOfAWholeTest, LeavesTheOneOrTheOther) {
  prepare();
  ASSERT_TRUE(crash_after(GetParam(), {}));
  const auto status = restarted();
  EXPECT_EQ(status.failing, "");
  const bool is_new = status.head_hash == head_of(*journal_).hash;
  EXPECT_EQ(status.head, is_new ? Seq{5} : Seq{3});
  EXPECT_EQ(is_new, std::string(GetParam()) == "renamed" || std::string(GetParam()) == "on disk");
}

INSTANTIATE_TEST_SUITE_P(Steps, CrashOfAWholeTest,
                         ::testing::Values("marked", "kept", "kept on disk", "renamed", "on disk"));

class CrashOfADamagedTest : public CrashTest, public ::testing::WithParamInterface<const char*> {};

// Also where what is left of the damaged one, without its WAL, could pass for a whole journal.
TEST_P(CrashOfADamagedTest, LeavesADamagedOneOrTheCopy) {
  prepare();
  fs::remove(follower_file().parent_path() / "journal.mark");
  const fs::path wal = follower_file().string() + "-wal";
  std::ofstream(wal) << std::string(4000, 'x');
  ASSERT_TRUE(restarted().damaged);
  follower_.reset();
  ASSERT_TRUE(crash_after(GetParam(), damage("its WAL is damaged")));
  const auto status = restarted();
  const bool is_new = std::string(GetParam()) == "renamed" || std::string(GetParam()) == "on disk";
  EXPECT_EQ(status.damaged, !is_new) << status.failing;
  if (is_new) {
    EXPECT_EQ(status.head_hash, head_of(*journal_).hash);
    EXPECT_EQ(status.failing, "");
    return;
  }
  // The next copy ends it.
  ASSERT_TRUE(copy_journal(folder_.path() / "journal.db", copy()));
  Reply<Result<Position>> reply;
  follower_->replace(copy(), reply.to());
  const auto replaced = reply.wait();
  ASSERT_TRUE(replaced) << replaced.error().what;
  EXPECT_EQ(follower_->status().failing, "");
}

INSTANTIATE_TEST_SUITE_P(Steps, CrashOfADamagedTest,
                         ::testing::Values("marked", "kept", "kept on disk", "renamed", "on disk"));

TEST_F(CrashTest, EveryStepIsOneOfThese) {
  prepare();
  ASSERT_FALSE(crash_after("none", {}));
  EXPECT_EQ(steps_, (std::set<std::string>{"marked", "kept", "kept on disk", "renamed", "on disk"}));
}

}  // namespace
}  // namespace sportapp::journal
