#include "net/messaging/consumer.hpp"

#include "net/messaging/testing.hpp"

namespace sportapp::messaging {
namespace {

using namespace testing;
using sportapp::testing::eventually;

class ConsumerTest : public ::testing::Test {
 protected:
  void start_relay(std::int64_t length_max = 100'000) {
    relay_ = std::make_unique<Relay>(Relay::Options{redis_.address(), seal(), length_max}, journal_.source());
    ASSERT_TRUE(eventually([&] { return relay_->status().connected; }));
  }
  void start_consumer(std::size_t batch_max = 1000) {
    consumer_ = std::make_unique<Consumer>(Consumer::Options{redis_.address(), seal(), batch_max},
                                           feed_.source(), sink_);
  }
  // Into journal and feed, and to the relay if there is one.
  void commit(std::int64_t count) {
    auto events = journal_.append(count);
    feed_.append(count);
    if (relay_) relay_->committed(std::move(events));
  }
  bool reading(const std::string& what) {
    return eventually([&] { return consumer_->status().reading == what; });
  }
  void expect_all() {
    EXPECT_TRUE(eventually([&] { return sink_.holds_exactly(journal_.size()); }))
        << "position " << sink_.position().value << " of " << journal_.size() << ", wrong events "
        << sink_.wrong() << ", reading the " << consumer_->status().reading;
    EXPECT_TRUE(eventually([&] { return consumer_->status().position.value == journal_.size(); }));
  }
  void put(std::string_view id, std::string_view line) { redis_.run({"XADD", "users", id, "event", line}); }

  RedisProcess redis_;
  MemoryJournal journal_;
  MemoryJournal feed_;  // the same events; out of reach when a test wants it
  RecordingSink sink_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Consumer> consumer_;
};

TEST_F(ConsumerTest, WhatIsCommittedComesByTheStreamOnceAndInOrder) {
  start_relay();
  feed_.reachable = false;
  start_consumer();
  for (int i = 0; i < 50; ++i) commit(1 + i % 7 * 40);
  expect_all();
  EXPECT_EQ(consumer_->status().reading, "stream");
}

TEST_F(ConsumerTest, WhatIsDeletedWhereItCameFromIsNotPassedOverAndIsTold) {
  commit(300);
  feed_.deleted = 200;
  start_relay();  // its stream begins after what is there
  std::atomic<int> told = 0;
  Consumer::Options options{redis_.address(), seal(), 1000};
  options.on_gone = [&] { ++told; };
  consumer_ = std::make_unique<Consumer>(std::move(options), feed_.source(), sink_);
  ASSERT_TRUE(eventually([&] { return told > 1; }));
  EXPECT_NE(consumer_->status().gone, "");
  EXPECT_EQ(sink_.position(), Seq{});
  commit(5);
  EXPECT_TRUE(eventually([&] { return told > 3; }));
  EXPECT_EQ(sink_.position(), Seq{}) << "nothing is taken in out of turn";
  feed_.deleted = 0;  // it was found again
  expect_all();
  EXPECT_EQ(consumer_->status().gone, "");
}

TEST_F(ConsumerTest, GoesOnFromItsPositionWhenStartedAnew) {
  start_relay();
  feed_.reachable = false;
  for (int i = 0; i < 3; ++i) {
    commit(500);
    start_consumer();
    commit(500);
    expect_all();
    consumer_.reset();
  }
}

TEST_F(ConsumerTest, EventsFromBeforeTheStreamComeByTheFeed) {
  commit(20'000);
  start_relay();
  start_consumer();
  commit(100);
  expect_all();
  EXPECT_TRUE(reading("stream"));
  feed_.reachable = false;
  commit(100);
  expect_all();
}

TEST_F(ConsumerTest, AStreamTrimmedPastThePositionIsLeftAndTakenUpAgain) {
  start_relay(100);
  commit(50);
  start_consumer();
  expect_all();
  consumer_.reset();
  commit(5000);  // far more than the stream keeps
  ASSERT_TRUE(eventually([&] { return relay_->status().published.value == journal_.size(); }));
  start_consumer(200);
  expect_all();
  EXPECT_TRUE(reading("stream"));
  feed_.reachable = false;
  commit(50);
  expect_all();
}

TEST_F(ConsumerTest, RedisKilledAndBackEmptyUnderLoad) {
  start_relay();
  start_consumer();
  for (int i = 0; i < 400; ++i) {
    commit(10);
    if (i == 100) redis_.kill_hard();
    if (i == 300) redis_.start();
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  expect_all();
  EXPECT_TRUE(reading("stream"));
  EXPECT_TRUE(eventually([&] { return relay_->status().connected; }));
  feed_.reachable = false;
  commit(10);
  expect_all();
}

TEST_F(ConsumerTest, RedisFlushedAgainAndAgainUnderLoad) {
  start_relay();
  start_consumer();
  for (int i = 0; i < 300; ++i) {
    commit(10);
    if (i % 50 == 20) redis_.run({"FLUSHALL"});
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  expect_all();
}

TEST_F(ConsumerTest, RedisFrozenForSecondsUnderLoad) {
  start_relay();
  start_consumer();
  commit(10);
  expect_all();
  redis_.freeze();
  for (int i = 0; i < 500; ++i) {
    commit(10);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  expect_all();  // by the feed
  EXPECT_EQ(consumer_->status().reading, "feed");
  redis_.thaw();
  EXPECT_TRUE(reading("stream"));
  ASSERT_TRUE(eventually([&] { return relay_->status().published.value == journal_.size(); }));
  feed_.reachable = false;
  commit(10);
  expect_all();
}

TEST_F(ConsumerTest, WithNeitherStreamNorFeedItSaysSoAndWaits) {
  start_consumer();
  redis_.kill_hard();
  feed_.reachable = false;
  EXPECT_TRUE(reading("nothing"));
  commit(2000);
  feed_.reachable = true;
  expect_all();
  EXPECT_EQ(consumer_->status().reading, "feed");
}

TEST_F(ConsumerTest, AStreamNobodyWritesIsNoticed) {
  start_consumer();
  EXPECT_TRUE(reading("stream"));
  commit(3);
  expect_all();
  for (int i = 0; i < 100; ++i) {
    commit(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  expect_all();
}

TEST_F(ConsumerTest, AKeyThatIsNoStreamIsAsGoodAsNoRedis) {
  redis_.run({"SET", "users", "ana"});
  start_consumer();
  commit(3000);
  expect_all();
  EXPECT_EQ(consumer_->status().reading, "feed");
}

TEST_F(ConsumerTest, AnIdleConsumerHardlyAsksTheFeed) {
  start_relay();
  start_consumer();
  commit(1);
  expect_all();
  EXPECT_TRUE(reading("stream"));
  feed_.reads = 0;
  std::this_thread::sleep_for(std::chrono::seconds(2));
  EXPECT_LE(feed_.reads, 12);
  EXPECT_GE(feed_.reads, 1);
}

TEST_F(ConsumerTest, AWriteThatFailsIsTriedAgainAndNothingIsLostOrDoubled) {
  start_relay();
  for (int nth = 1; nth <= 6; ++nth) {
    sink_.fails.insert(nth * 3);
    sink_.fails.insert(nth * 3 + 1);
  }
  start_consumer(100);
  for (int i = 0; i < 20; ++i) commit(60);
  expect_all();
}

TEST_F(ConsumerTest, AWriteThatFailsWhileTheFeedIsReadIsTriedAgain) {
  redis_.kill_hard();
  for (int nth = 1; nth <= 9; nth += 2) sink_.fails.insert(nth);
  start_consumer(100);
  commit(1000);
  expect_all();
}

TEST_F(ConsumerTest, DamagedEntriesAndGapsAreFilledFromTheFeed) {
  commit(10);
  put("1-0", sealed(event_number(1)));
  put("2-0", "{");
  put("3-0", sealed(event_number(3)));
  put("4-0", sealed(event_number(5)));  // another event's
  put("5-1", sealed(event_number(5)));
  put("7-0", sealed(event_number(7)));  // 6 is missing
  redis_.run({"XADD", "users", "8-0", "name", "ana"});
  put("9-0", sealed(event_number(9)));
  put("10-0", sealed(event_number(10)));
  start_consumer(3);
  expect_all();
  EXPECT_TRUE(reading("stream"));
  feed_.reachable = false;
  journal_.append(1);
  put("11-0", sealed(event_number(11)));
  expect_all();
}

TEST_F(ConsumerTest, AStreamThatIsAheadOfTheFeedWaitsForIt) {
  put("5-0", sealed(event_number(5)));
  start_consumer();
  EXPECT_TRUE(reading("feed"));
  EXPECT_EQ(sink_.position().value, 0);
  commit(5);
  expect_all();
  EXPECT_TRUE(reading("stream"));
}

TEST_F(ConsumerTest, EntriesItHasAlreadyAreSkipped) {
  commit(6);
  redis_.kill_hard();
  start_consumer();
  expect_all();  // by the feed
  redis_.start();
  for (int seq = 1; seq <= 6; ++seq) put(stream_id(Seq{seq}), sealed(event_number(seq)));
  EXPECT_TRUE(reading("stream"));
  feed_.reachable = false;
  journal_.append(1);
  put("7-0", sealed(event_number(7)));
  expect_all();
}

TEST_F(ConsumerTest, WhatComesSoonAfterIsGatheredUntilSomebodyHurries) {
  start_relay();
  feed_.reachable = false;
  Consumer::Options options{redis_.address(), seal(), 1000};
  options.gather_ms = 3'600'000;
  consumer_ = std::make_unique<Consumer>(std::move(options), feed_.source(), sink_);
  commit(1);
  expect_all();
  for (int i = 0; i < 20; ++i) commit(1);
  ASSERT_TRUE(eventually([&] { return relay_->status().published.value == 21; }));
  EXPECT_FALSE(eventually([&] { return sink_.position().value > 1; }, 300));
  const auto before = sink_.writes();
  consumer_->hurry(3'600'000);
  expect_all();
  EXPECT_EQ(sink_.writes(), before + 1);
  for (int i = 0; i < 5; ++i) {  // while somebody waits, each comes at once
    commit(1);
    expect_all();
  }
}

TEST_F(ConsumerTest, EndsSoonWhateverRedisDoes) {
  start_consumer();
  EXPECT_TRUE(reading("stream"));
  redis_.freeze();
  const auto begin = std::chrono::steady_clock::now();
  consumer_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  redis_.thaw();
}

}  // namespace
}  // namespace sportapp::messaging
