#include "server/commands/reactor.hpp"

#include <mutex>

#include "net/messaging/testing.hpp"
#include "server/commands/command_testing.hpp"
#include "tests/support/hand_loop.hpp"

namespace sportapp::commands {
namespace {

using Strings = std::vector<std::string>;

class ReactorTest : public testing::CommandsTest {
 protected:
  void start() {
    reactor_ = std::make_unique<Reactor>(Reactor::Options{{"127.0.0.1", 1},  // nobody there: the feed is read
                                                          {{"letters", [this] { return letters_.source(); }}},
                                                          [this](std::string_view source, Seq position) {
                                                            const std::lock_guard lock(mutex_);
                                                            reached_[std::string(source)] = position;
                                                          },
                                                          {},
                                                          {}},
                                         *domain_, *journal_);
  }
  bool taken_in(std::int64_t upto) {
    return loop_.run_until([&] {
      const std::lock_guard lock(mutex_);
      return reached_["letters"] == Seq{upto};
    });
  }

  messaging::testing::MemoryJournal letters_;
  sportapp::testing::HandLoop loop_;  // only to wait on
  std::mutex mutex_;
  std::map<std::string, Seq> reached_;
  std::unique_ptr<Reactor> reactor_;
};

TEST_F(ReactorTest, FollowsItsSourceAndGoesOnWhereItEnded) {
  for (const auto* word : {"a", "b", "unreadable"}) letters_.append(word);
  start();
  ASSERT_TRUE(taken_in(3));
  letters_.append("c");
  ASSERT_TRUE(taken_in(4));
  ASSERT_TRUE(loop_.run_until([this] { return reactor_->status().at(0).position == Seq{4}; }));
  EXPECT_EQ(reactor_->status().at(0).reading, "feed");
  reactor_.reset();
  letters_.append("d");
  open();
  start();
  ASSERT_TRUE(taken_in(5));
  EXPECT_EQ(rows("words"), (Strings{"a", "b", "c", "d"}));
  EXPECT_EQ(rows("set_aside").size(), 1U);
  reactor_.reset();
}

TEST_F(ReactorTest, ASourceThatCannotBeReachedIsWaitedFor) {
  letters_.reachable = false;
  letters_.append("a");
  start();
  ASSERT_TRUE(loop_.run_until([this] { return reactor_->status().at(0).reading == "nothing"; }));
  letters_.reachable = true;
  ASSERT_TRUE(taken_in(1));
  EXPECT_EQ(rows("words"), Strings{"a"});
  reactor_.reset();
}

}  // namespace
}  // namespace sportapp::commands
