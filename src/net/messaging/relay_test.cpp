#include "net/messaging/relay.hpp"

#include <fmt/format.h>

#include "net/messaging/testing.hpp"

namespace sportapp::messaging {
namespace {

using namespace testing;
using sportapp::testing::eventually;

class RelayTest : public ::testing::Test {
 protected:
  std::unique_ptr<Relay> relay(std::int64_t length_max = 100'000) {
    return std::make_unique<Relay>(Relay::Options{redis_.address(), seal(), length_max}, journal_.source());
  }
  // The events of the stream in order; each must be the journal's, under its own number.
  std::vector<std::int64_t> stream() {
    std::vector<std::int64_t> seqs;
    const auto reply = redis_.run({"XRANGE", "users", "-", "+"});
    for (const auto* element : elements_of(*reply)) {
      const auto entry = stream_entry(*element);
      const auto event = seal().decode(entry.line);
      if (!event || stream_id(event->seq) != entry.id ||
          sealed(event_number(event->seq.value)) != entry.line) {
        ADD_FAILURE() << "entry " << entry.id << " holds " << entry.line;
        continue;
      }
      seqs.push_back(event->seq.value);
    }
    return seqs;
  }
  static std::vector<std::int64_t> range(std::int64_t first, std::int64_t last) {
    std::vector<std::int64_t> seqs;
    for (auto seq = first; seq <= last; ++seq) seqs.push_back(seq);
    return seqs;
  }
  bool published(const Relay& relay) {
    return eventually([&] { return relay.status().published.value == journal_.size(); });
  }
  static bool connected(const Relay& relay, bool expected = true) {
    return eventually([&] { return relay.status().connected == expected; });
  }

  RedisProcess redis_;
  MemoryJournal journal_;
};

TEST_F(RelayTest, EventsArriveInOrderWithTheirNumberAsTheEntryS) {
  const auto relay = this->relay();
  ASSERT_TRUE(connected(*relay));
  for (const int count : {1, 2, 1000, 1, 3000}) relay->committed(journal_.append(count));
  ASSERT_TRUE(published(*relay));
  EXPECT_EQ(stream(), range(1, 4004));
  EXPECT_EQ(relay->status().published_total, 4004U);
}

// As a node that becomes primary after it deleted what the last one had published.
TEST_F(RelayTest, AStreamThatEndsBeforeWhatTheJournalHasIsBegunAnew) {
  {
    const auto relay = this->relay();
    ASSERT_TRUE(connected(*relay));
    relay->committed(journal_.append(50));
    ASSERT_TRUE(published(*relay));
  }
  journal_.append(100);
  journal_.deleted = 80;
  const auto relay = this->relay();
  ASSERT_TRUE(connected(*relay));
  EXPECT_EQ(relay->status().published, Seq{150});
  relay->committed(journal_.append(10));
  ASSERT_TRUE(published(*relay));
  EXPECT_EQ(stream(), range(151, 160));
}

TEST_F(RelayTest, AStreamGoesOnThoughItsBeginningIsDeletedInTheJournal) {
  {
    const auto relay = this->relay();
    ASSERT_TRUE(connected(*relay));
    relay->committed(journal_.append(50));
    ASSERT_TRUE(published(*relay));
  }
  journal_.append(10);
  journal_.deleted = 49;
  const auto relay = this->relay();
  ASSERT_TRUE(published(*relay));
  EXPECT_EQ(stream(), range(1, 60));
}

TEST_F(RelayTest, AnEmptyStreamGetsWhatIsCommittedFromThenOn) {
  journal_.append(1234);
  const auto relay = this->relay();
  ASSERT_TRUE(connected(*relay));
  EXPECT_EQ(relay->status().published.value, 1234);
  relay->committed(journal_.append(1));
  ASSERT_TRUE(published(*relay));
  EXPECT_EQ(stream(), range(1235, 1235));
}

TEST_F(RelayTest, ARelayStartedAnewGoesOnWhereTheStreamEnds) {
  {
    const auto relay = this->relay();
    ASSERT_TRUE(connected(*relay));
    relay->committed(journal_.append(10));
    ASSERT_TRUE(published(*relay));
  }
  journal_.append(2500);  // committed, never handed over
  const auto relay = this->relay();
  ASSERT_TRUE(published(*relay));
  EXPECT_EQ(stream(), range(1, 2510));
}

TEST_F(RelayTest, WhatTheQueueCannotTakeIsReadFromTheSource) {
  const auto relay = this->relay();
  ASSERT_TRUE(connected(*relay));
  for (int i = 0; i < 4; ++i) relay->committed(journal_.append(9000));
  ASSERT_TRUE(published(*relay));
  EXPECT_EQ(stream(), range(1, 36'000));
}

TEST_F(RelayTest, AJournalOutOfReachForAWhileDelaysOnly) {
  const auto relay = this->relay();
  ASSERT_TRUE(connected(*relay));
  relay->committed(journal_.append(1));
  ASSERT_TRUE(published(*relay));
  journal_.reachable = false;
  relay->committed(journal_.append(20'000));  // too much for the queue
  ASSERT_TRUE(connected(*relay, false));
  journal_.reachable = true;
  ASSERT_TRUE(published(*relay));
  EXPECT_EQ(stream(), range(1, 20'001));
}

TEST_F(RelayTest, AfterACrashOfRedisTheNewStreamBeginsWithNewEvents) {
  const auto relay = this->relay();
  ASSERT_TRUE(connected(*relay));
  relay->committed(journal_.append(100));
  ASSERT_TRUE(published(*relay));
  redis_.kill_hard();
  ASSERT_TRUE(connected(*relay, false));
  relay->committed(journal_.append(50));
  redis_.start();
  ASSERT_TRUE(connected(*relay));
  relay->committed(journal_.append(5));
  ASSERT_TRUE(published(*relay));
  EXPECT_EQ(stream(), range(151, 155));
}

TEST_F(RelayTest, AFlushInTheMiddleDoesNotMatter) {
  const auto relay = this->relay();
  ASSERT_TRUE(connected(*relay));
  relay->committed(journal_.append(100));
  ASSERT_TRUE(published(*relay));
  redis_.run({"FLUSHALL"});
  relay->committed(journal_.append(100));
  ASSERT_TRUE(published(*relay));
  EXPECT_EQ(stream(), range(101, 200));
}

TEST_F(RelayTest, CommandsThatAFrozenRedisExecutesAfterwardsDoNoHarm) {
  const auto relay = this->relay();
  ASSERT_TRUE(connected(*relay));
  relay->committed(journal_.append(100));
  ASSERT_TRUE(published(*relay));
  redis_.freeze();
  relay->committed(journal_.append(300));  // sent, and given up
  ASSERT_TRUE(connected(*relay, false));
  relay->committed(journal_.append(300));
  redis_.thaw();
  ASSERT_TRUE(published(*relay));
  EXPECT_EQ(stream(), range(1, 700));
}

TEST_F(RelayTest, AStreamThatIsPastTheJournalIsBegunAnew) {
  journal_.append(10);
  redis_.run({"XADD", "users", "11-0", "event", sealed(event_number(11))});
  const auto relay = this->relay();
  ASSERT_TRUE(connected(*relay));
  relay->committed(journal_.append(3));
  ASSERT_TRUE(published(*relay));
  EXPECT_EQ(stream(), range(11, 13));
}

TEST_F(RelayTest, AStreamOfAnotherJournalOrOfOtherThingsIsBegunAnew) {
  journal_.append(10);
  const auto other = sealed(event_number(6));
  const std::vector<std::vector<std::string_view>> before{
      {"XADD", "users", "5-0", "event", other},  // the wrong event
      {"XADD", "users", "5-0", "name", other},   // another field
      {"XADD", "users", "5-1", "event", other},  // another kind of id
      {"XADD", "users", "*", "event", other},   {"SET", "users", "ana"},
  };
  for (const auto& words : before) {
    redis_.run({"DEL", "users"});
    auto connection = Redis::connect(redis_.address(), 5000);
    ASSERT_TRUE(connection && connection->command(words));
    const auto relay = this->relay();
    ASSERT_TRUE(connected(*relay));
    relay->committed(journal_.append(1));
    ASSERT_TRUE(published(*relay));
    EXPECT_EQ(stream(), range(journal_.size(), journal_.size())) << fmt::format("{}", fmt::join(words, " "));
  }
}

TEST_F(RelayTest, AStreamWrittenPastUsOrReplacedWhileWeRunIsBegunAnew) {
  const auto relay = this->relay();
  ASSERT_TRUE(connected(*relay));
  relay->committed(journal_.append(10));
  ASSERT_TRUE(published(*relay));
  redis_.run({"XADD", "users", "999-0", "event", "?"});
  relay->committed(journal_.append(1));
  relay->committed(journal_.append(1));
  ASSERT_TRUE(published(*relay));
  redis_.run({"SET", "users", "ana"});
  relay->committed(journal_.append(1));
  ASSERT_TRUE(eventually([&] { return relay->status().published.value == journal_.size(); }));
  relay->committed(journal_.append(5));
  ASSERT_TRUE(published(*relay));
  EXPECT_EQ(stream().back(), journal_.size());
}

TEST_F(RelayTest, AStreamWhoseLastEntriesWereDeletedGetsNewOnes) {
  const auto relay = this->relay();
  ASSERT_TRUE(connected(*relay));
  relay->committed(journal_.append(10));
  ASSERT_TRUE(published(*relay));
  redis_.run({"XADD", "users", "500-0", "event", "?"});
  redis_.run({"XDEL", "users", "500-0"});
  relay->committed(journal_.append(3));
  ASSERT_TRUE(published(*relay));
  EXPECT_EQ(stream(), range(11, 13));
}

TEST_F(RelayTest, TheStreamIsKeptToAboutItsBound) {
  const auto relay = this->relay(1000);
  ASSERT_TRUE(connected(*relay));
  for (int i = 0; i < 10; ++i) relay->committed(journal_.append(900));
  ASSERT_TRUE(published(*relay));
  const auto seqs = stream();
  ASSERT_GE(seqs.size(), 1000U);
  EXPECT_LT(seqs.size(), 1200U);
  EXPECT_EQ(seqs, range(9001 - static_cast<std::int64_t>(seqs.size()), 9000));
}

TEST_F(RelayTest, EndsSoonEvenWhenRedisIsFrozen) {
  auto relay = this->relay();
  ASSERT_TRUE(connected(*relay));
  redis_.freeze();
  relay->committed(journal_.append(100));
  const auto begin = std::chrono::steady_clock::now();
  relay.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  redis_.thaw();
}

}  // namespace
}  // namespace sportapp::messaging
