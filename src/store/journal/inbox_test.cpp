#include "store/journal/inbox.hpp"

#include <gtest/gtest.h>

#include <future>

namespace sportapp::journal {
namespace {

using std::chrono::microseconds;
constexpr microseconds kLong = std::chrono::minutes(1);

class InboxTest : public ::testing::Test {
 protected:
  void submit(const std::string& key) {
    Submission submission{key, {"Paint", "{}"}, {}};
    Done done = [](const Outcome&) {};
    EXPECT_FALSE(inbox_.submit(submission, done));
  }
  // What the journal's thread gets next.
  std::future<std::optional<Work>> next() {
    return std::async(std::launch::async, [this] {
      EXPECT_TRUE(inbox_.wait(kAll, std::nullopt));
      return inbox_.take(kAll);
    });
  }
  static std::size_t commands_in(const std::optional<Work>& work) { return std::get<Batch>(*work).size(); }

  static constexpr Able kAll{true, true, true};
  Inbox inbox_{{.queue_max = 100, .batch_max = 100, .expected_for = kLong}};
};

TEST_F(InboxTest, ExpectedCommandsShareABatch) {
  inbox_.expect(3, 2 * kLong);
  auto batch = next();
  for (const auto* key : {"a", "b", "c"}) submit(key);
  EXPECT_EQ(commands_in(batch.get()), 3);
}

TEST_F(InboxTest, WhatWaitedWhenTheBatchWasAnsweredIsExpectedToo) {
  submit("a");
  inbox_.expect(1, 2 * kLong);
  auto batch = next();
  submit("b");
  EXPECT_EQ(commands_in(batch.get()), 2);
}

TEST_F(InboxTest, NothingIsExpectedForLongerThanHalfOfWhatTheBatchTook) {
  inbox_.expect(2, microseconds(2));
  auto batch = next();
  submit("a");
  EXPECT_EQ(commands_in(batch.get()), 1);
}

TEST_F(InboxTest, ATaskComesBeforeExpectedCommands) {
  submit("a");
  inbox_.expect(2, 2 * kLong);
  auto work = next();
  inbox_.put(AcceptLoss{});
  EXPECT_TRUE(std::holds_alternative<Task>(*work.get()));
}

TEST_F(InboxTest, TheEndComesBeforeExpectedCommands) {
  submit("a");
  inbox_.expect(2, 2 * kLong);
  auto ended = std::async(std::launch::async, [this] { return inbox_.wait(kAll, std::nullopt); });
  inbox_.stop();
  EXPECT_FALSE(ended.get());
  inbox_.refuse_all();
}

TEST_F(InboxTest, CommandsAreExpectedOnce) {
  inbox_.expect(2, 2 * kLong);
  auto first = next();
  submit("a");
  submit("b");
  EXPECT_EQ(commands_in(first.get()), 2);
  auto second = next();
  submit("c");
  EXPECT_EQ(commands_in(second.get()), 1);
}

}  // namespace
}  // namespace sportapp::journal
