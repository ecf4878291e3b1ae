#include "store/journal/promise.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "store/journal/mark.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

class PromiseTest : public ::testing::Test {
 protected:
  Epoch promised() const {
    const auto promise = Promise::open(folder_.path());
    EXPECT_TRUE(promise) << promise.error().what;
    return promise ? (*promise)->value() : Epoch{-1};
  }
  void raise(std::int64_t epoch) const {
    const auto promise = Promise::open(folder_.path());
    ASSERT_TRUE(promise) << promise.error().what;
    ASSERT_TRUE((*promise)->raise(Epoch{epoch}));
  }
  void overwrite(std::int64_t offset, const std::string& bytes) const {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file << bytes;
    ASSERT_TRUE(file.good());
  }
  std::string content() const {
    std::ifstream file(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const sportapp::testing::TempFolder folder_;
  const fs::path file_ = folder_.path() / "promise";
};

constexpr std::int64_t kSecond = 4096;

TEST_F(PromiseTest, IsKeptAndNeverFalls) {
  EXPECT_EQ(promised(), Epoch{0});
  raise(5);
  EXPECT_EQ(promised(), Epoch{5});
  raise(3);
  EXPECT_EQ(promised(), Epoch{5});
  const auto promise = Promise::open(folder_.path());
  for (std::int64_t epoch = 6; epoch < 30; ++epoch) {
    ASSERT_TRUE((*promise)->raise(Epoch{epoch}));
    EXPECT_EQ((*promise)->value(), Epoch{epoch});
    EXPECT_EQ(promised(), Epoch{epoch});
  }
}

TEST_F(PromiseTest, IsReadByOthersWhoMakeNone) {
  EXPECT_FALSE(Promise::read_only(folder_.path()));
  EXPECT_FALSE(fs::exists(file_));
  const auto promise = Promise::open(folder_.path());
  ASSERT_TRUE((*promise)->raise(Epoch{5}));
  ASSERT_TRUE((*promise)->raise(Epoch{6}));
  EXPECT_EQ(*Promise::read_only(folder_.path()), Epoch{6});
}

// However far the write of a slot got, the promise before it or the new one stands.
TEST_F(PromiseTest, AWriteThatIsCutOffLeavesTheOneBefore) {
  raise(7);
  raise(8);
  const auto before = content();
  raise(9);
  const auto after = content();
  std::size_t last = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (i >= before.size() || before[i] != after[i]) last = i;
  }
  ASSERT_GT(last, 0U);
  for (std::size_t written = 0; written <= after.size(); ++written) {
    if (written > 80 && (written < kSecond || written > kSecond + 80)) continue;
    std::ofstream(file_, std::ios::binary) << after.substr(0, written) + before.substr(written);
    EXPECT_EQ(promised(), Epoch{written > last ? 9 : 8}) << "after " << written << " bytes";
  }
}

TEST_F(PromiseTest, GoesOnInTheSlotThatWasCutOff) {
  raise(7);
  raise(8);
  const bool first_is_older = content().substr(0, 64).find('\7') != std::string::npos;
  overwrite(first_is_older ? 30 : kSecond + 30, "torn");
  EXPECT_EQ(promised(), Epoch{8});
  raise(9);
  EXPECT_EQ(promised(), Epoch{9});
  overwrite(first_is_older ? 30 : kSecond + 30, "torn");
  EXPECT_EQ(promised(), Epoch{8}) << "the other slot was left alone";
}

TEST_F(PromiseTest, BothSlotsDamagedIsAPromiseThatIsLostUntilThereIsAnother) {
  raise(7);
  overwrite(20, "??");
  overwrite(kSecond + 20, "??");
  const auto remains = content();
  EXPECT_FALSE(Promise::read_only(folder_.path()));
  for (int i = 0; i < 2; ++i) {  // over a restart, too
    const auto promise = Promise::open(folder_.path());
    ASSERT_TRUE(promise) << promise.error().what;
    EXPECT_TRUE((*promise)->lost());
    EXPECT_EQ((*promise)->value(), Epoch{0});
  }
  std::ifstream kept(file_.string() + ".damaged", std::ios::binary);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(kept), {}), remains);
  raise(3);
  EXPECT_FALSE((*Promise::open(folder_.path()))->lost());
  EXPECT_EQ(promised(), Epoch{3});
}

TEST_F(PromiseTest, AnEmptyFileIsAPromiseThatIsLost) {
  raise(7);
  fs::resize_file(file_, 0);
  EXPECT_TRUE((*Promise::open(folder_.path()))->lost());
}

TEST_F(PromiseTest, NoFileIsAPromiseThatIsLostWhereTheJournalTookPartInAnEpoch) {
  EXPECT_FALSE((*Promise::open(folder_.path()))->lost()) << "a node that begins";
  fs::remove(file_);
  {
    auto mark = MarkFile::open(folder_.path() / "journal.db");
    ASSERT_TRUE((*mark)->write({.settled = {Seq{5}, {}, Epoch{1}}}));
    EXPECT_FALSE((*Promise::open(folder_.path()))->lost()) << "a journal that was alone";
    fs::remove(file_);
    ASSERT_TRUE((*mark)->write({.settled = {Seq{5}, {}, Epoch{2}}}));
  }
  EXPECT_TRUE((*Promise::open(folder_.path()))->lost());
}

TEST_F(PromiseTest, AFileThatWasNotFinishedIsMadeAnew) {
  std::ofstream(file_.string() + ".new") << "half";
  EXPECT_EQ(promised(), Epoch{0});
  EXPECT_FALSE(fs::exists(file_.string() + ".new"));
}

TEST_F(PromiseTest, WhatCannotBeWrittenIsNotPromised) {
  const auto promise = Promise::open(folder_.path());
  ASSERT_TRUE((*promise)->raise(Epoch{4}));
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit none{10, limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &none);
  const auto raised = (*promise)->raise(Epoch{5});
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(raised);
  EXPECT_EQ((*promise)->value(), Epoch{4});
  EXPECT_EQ(promised(), Epoch{4});
  EXPECT_TRUE((*promise)->raise(Epoch{5}));
  EXPECT_EQ(promised(), Epoch{5});
}

}  // namespace
}  // namespace sportapp::journal
