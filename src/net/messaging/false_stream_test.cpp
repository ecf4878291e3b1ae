// Streams that do not say what their journal says, whoever made them so: with all that is needed to write to
// Redis, and even with the instance's key.
#include <optional>

#include "net/messaging/consumer.hpp"
#include "net/messaging/testing.hpp"

namespace sportapp::messaging {
namespace {

using namespace testing;
using sportapp::testing::eventually;

class FalseStreamTest : public ::testing::Test {
 protected:
  void start_relay() {
    relay_ = std::make_unique<Relay>(Relay::Options{redis_.address(), seal(), 100'000}, journal_.source());
    ASSERT_TRUE(eventually([&] { return relay_->status().connected; }));
  }
  void start_consumer() {
    Consumer::Options options{redis_.address(), seal(), 1000};
    options.on_other_history = [this] { ++other_history_; };
    options.only_confirmed = only_confirmed_;
    consumer_ = std::make_unique<Consumer>(std::move(options), journal_.source(), sink_);
  }
  void commit(std::int64_t count) {
    auto events = journal_.append(count);
    if (relay_) relay_->committed(std::move(events));
  }
  void expect_all() {
    EXPECT_TRUE(eventually([&] { return sink_.holds_exactly(journal_.size()); }))
        << "position " << sink_.position().value << " of " << journal_.size() << ", wrong events "
        << sink_.wrong() << ", reading the " << consumer_->status().reading;
  }
  bool reading(const std::string& what) {
    return eventually([&] { return consumer_->status().reading == what; });
  }
  void put(const std::string& id, std::string_view line) { redis_.run({"XADD", "users", id, "event", line}); }
  // Whether every entry of the stream is the journal's, and the last one the last.
  bool stream_is_right() { return last_in_right_stream() == Seq{journal_.size()}; }
  // The same of one that was just started again: it may be empty until the next event comes.
  bool nothing_false_is_in_it() {
    const auto last = last_in_right_stream();
    return last == Seq{} || last == Seq{journal_.size()};
  }
  // 0: it is empty; nothing: it has what the journal does not say.
  std::optional<Seq> last_in_right_stream() {
    const auto reply = redis_.run({"XRANGE", "users", "-", "+"});
    Seq last;
    for (const auto* element : elements_of(*reply)) {
      const auto entry = stream_entry(*element);
      const auto seq = seq_of(entry.id);
      if (!seq || entry.line != sealed(event_number(seq->value, journal_.history))) return std::nullopt;
      if (last != Seq{} && *seq != last.next()) return std::nullopt;
      last = *seq;
    }
    return last;
  }

  RedisProcess redis_;
  MemoryJournal journal_;
  RecordingSink sink_;
  std::atomic<int> other_history_ = 0;
  bool only_confirmed_ = false;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Consumer> consumer_;
};

struct Lie {
  const char* name;
  std::vector<std::pair<std::string, std::string>> entries;  // after event 10
};

domain::CommittedEvent invented(std::int64_t seq) {
  auto event = event_number(seq);
  event.event.payload = R"({"id":666,"username":"nobody"})";
  return event;
}

const std::vector<Lie>& lies() {
  static const std::vector<Lie> all{
      {"WithoutASeal", {{"11-0", encode(invented(11))}}},
      {"OfAFarNumber", {{"1000000-0", encode(invented(1'000'000))}}},
      {"OfAnotherKey", {{"11-0", Seal("users", key_number(2)).encode(invented(11))}}},
      {"OfAnotherService", {{"11-0", seal("products").encode(invented(11))}}},
      {"SealedAndOfAnotherHistory",
       {{"11-0", sealed(event_number(11, 1))}, {"12-0", sealed(event_number(12, 1))}}},
      {"Repeated", {{"11-0", sealed(event_number(10))}}},
      {"Reordered", {{"11-0", sealed(event_number(12))}, {"12-0", sealed(event_number(11))}}},
      {"Between", {{"10-1", sealed(event_number(11))}}},
      {"Garbage", {{"11-0", "{"}, {"12-0", ""}}},
  };
  return all;
}

class LieTest : public FalseStreamTest, public ::testing::WithParamInterface<Lie> {};

TEST_P(LieTest, IsNotBelievedAndIsPutRight) {
  start_relay();
  start_consumer();
  commit(10);
  expect_all();
  ASSERT_TRUE(reading("stream"));
  for (const auto& [id, line] : GetParam().entries) put(id, line);
  // The relay may put it right before the consumer has looked.
  ASSERT_TRUE(eventually([&] { return consumer_->status().refused > 0 || relay_->status().mended > 0; }));
  EXPECT_EQ(sink_.position().value, 10);
  commit(5);
  EXPECT_TRUE(eventually([&] { return relay_->status().mended > 0; }));
  EXPECT_NE(relay_->status().mended_why, "");
  EXPECT_TRUE(eventually([&] { return nothing_false_is_in_it(); }));
  commit(5);
  expect_all();
  EXPECT_TRUE(reading("stream"));
  EXPECT_TRUE(eventually([&] { return stream_is_right(); }));
}

INSTANTIATE_TEST_SUITE_P(Lies, LieTest, ::testing::ValuesIn(lies()),
                         [](const auto& test) { return std::string(test.param.name); });

// Consumers cannot tell: who has the key is the instance. The relay can.
TEST_F(FalseStreamTest, WhatSomebodyWithTheKeyInventedIsPutRightByTheRelay) {
  start_relay();
  commit(10);
  ASSERT_TRUE(eventually([&] { return relay_->status().published.value == 10; }));
  put("11-0", sealed(invented(11)));
  commit(5);
  EXPECT_TRUE(eventually([&] { return relay_->status().mended > 0; }));
  EXPECT_TRUE(eventually([&] { return nothing_false_is_in_it(); }));
  commit(5);
  EXPECT_TRUE(eventually([&] { return stream_is_right(); }));
}

TEST_F(FalseStreamTest, UnderLoadNothingFalseGetsThrough) {
  start_relay();
  start_consumer();
  for (int i = 0; i < 200; ++i) {
    commit(5);
    const auto& lie = lies()[static_cast<std::size_t>(i) % lies().size()];
    const auto next = journal_.size() + 1;
    if (i % 5 == 0) put("*", lie.entries.front().second);
    if (i % 7 == 0)
      redis_.run({"XADD", "users", std::to_string(next) + "-0", "event", encode(invented(next))});
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  expect_all();
  EXPECT_GT(relay_->status().mended, 0);
  commit(5);
  expect_all();
  EXPECT_TRUE(eventually([&] { return stream_is_right(); }));
}

TEST_F(FalseStreamTest, ACutStreamIsReadOnFromTheFeedAndGoesOn) {
  start_relay();
  commit(20);
  ASSERT_TRUE(eventually([&] { return relay_->status().published.value == 20; }));
  redis_.run({"XDEL", "users", "7-0", "8-0"});
  start_consumer();
  expect_all();
  redis_.run({"XTRIM", "users", "MAXLEN", "0"});
  commit(5);
  expect_all();
  redis_.run({"DEL", "users"});
  commit(5);
  expect_all();
  EXPECT_TRUE(reading("stream"));
  EXPECT_EQ(consumer_->status().refused, 0) << "what is missing is no lie";
}

TEST_F(FalseStreamTest, AKeyThatIsNoStreamIsMadeOne) {
  start_relay();
  start_consumer();
  commit(10);
  expect_all();
  redis_.run({"SET", "users", "ana"});
  EXPECT_TRUE(eventually([&] { return relay_->status().mended > 0; }));
  commit(5);
  expect_all();
  EXPECT_TRUE(eventually([&] { return stream_is_right(); }));
}

TEST_F(FalseStreamTest, WhoTakesOverComparesAllOfTheStream) {
  (void)journal_.append(1000);
  for (int seq = 1; seq <= 1000; ++seq) {
    put(stream_id(Seq{seq}), seq == 300 ? sealed(invented(seq)) : sealed(event_number(seq)));
  }
  start_relay();
  EXPECT_TRUE(eventually([&] { return relay_->status().mended == 1; }));
  EXPECT_NE(relay_->status().mended_why.find("300"), std::string::npos) << relay_->status().mended_why;
  start_consumer();
  commit(3);
  expect_all();
}

TEST_F(FalseStreamTest, AStreamThatIsRightIsLeftAlone) {
  start_relay();
  for (int i = 0; i < 50; ++i) commit(40);
  ASSERT_TRUE(eventually([&] { return relay_->status().published.value == 2000; }));
  relay_.reset();
  start_relay();
  commit(10);
  ASSERT_TRUE(eventually([&] { return relay_->status().published.value == 2010; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));  // looked at several times
  EXPECT_EQ(relay_->status().mended, 0) << relay_->status().mended_why;
  EXPECT_EQ(redis_.run({"XLEN", "users"})->integer, 2010);
}

TEST_F(FalseStreamTest, AStreamOfAnotherHistoryThatIsLongerIsBegunAnew) {
  (void)journal_.append(10);
  for (int seq = 1; seq <= 30; ++seq) put(stream_id(Seq{seq}), sealed(event_number(seq, 1)));
  start_consumer();
  start_relay();
  EXPECT_TRUE(eventually([&] { return relay_->status().mended == 1; }));
  commit(15);
  expect_all();
  EXPECT_TRUE(eventually([&] { return stream_is_right(); }));
}

// As a journal restored from an older backup, or a spare promoted by force: shorter at first, then another.
TEST_F(FalseStreamTest, WhatWasTakenInOfAJournalThatIsNoMoreIsToldAndNothingMoreIsTaken) {
  start_relay();
  start_consumer();
  commit(20);
  expect_all();
  relay_.reset();
  journal_.become(1, 15);
  start_relay();
  EXPECT_TRUE(eventually([&] { return !consumer_->status().other_history.empty(); }));
  EXPECT_NE(consumer_->status().other_history.find("does not reach event 20"), std::string::npos)
      << consumer_->status().other_history;
  commit(15);
  EXPECT_TRUE(eventually([&] {
    return consumer_->status().other_history.find("another one") != std::string::npos;
  })) << consumer_->status().other_history;
  EXPECT_GT(other_history_, 1) << "again and again";
  EXPECT_EQ(sink_.position().value, 20);
  consumer_.reset();
  sink_.start_at(beginning(), 1);  // it is recreated
  start_consumer();
  expect_all();
  commit(5);
  expect_all();
  EXPECT_EQ(consumer_->status().other_history, "");
}

TEST_F(FalseStreamTest, OneOfAnotherHistoryNoticesWhileNothingHappens) {
  (void)journal_.append(20);
  sink_.start_at(place_after(event_number(15, 1)), 1);
  start_relay();
  start_consumer();
  EXPECT_TRUE(eventually([&] { return !consumer_->status().other_history.empty(); }));
  EXPECT_EQ(sink_.position().value, 15);
}

TEST_F(FalseStreamTest, WhoHasNoHashTakesItFromTheFeedAndGoesOnByIt) {
  (void)journal_.append(10);
  sink_.start_at(Place{Seq{10}, {}}, 0);
  put("11-0", sealed(event_number(11, 1)));
  start_consumer();
  EXPECT_TRUE(eventually([&] { return consumer_->status().refused == 1; }));
  (void)journal_.append(1);
  expect_all();
}

// As after a restore, with a Redis that goes on: the journal had this history once, and it continues what is
// here.
TEST_F(FalseStreamTest, WhatTheJournalDidNotConfirmIsNotTakenByWhoNeedsThat) {
  (void)journal_.append(10);
  sink_.start_at(place_after(event_number(10)), 0);
  put("11-0", sealed(event_number(11)));
  journal_.reachable = false;
  only_confirmed_ = true;
  start_consumer();
  EXPECT_FALSE(eventually([&] { return sink_.position().value > 10; }, 1000));
  (void)journal_.append(1);
  journal_.reachable = true;
  expect_all();
}

TEST_F(FalseStreamTest, WhatAskedForNothingInAnotherHistoryIsGivenUp) {
  (void)journal_.append(12);
  sink_.start_at(place_after(event_number(15, 1)), 1);
  sink_.counts = place_after(event_number(10));
  start_consumer();
  expect_all();
  EXPECT_EQ(consumer_->status().other_history, "");
  EXPECT_EQ(other_history_, 0);
}

TEST_F(FalseStreamTest, WhatCountsOfAnotherHistoryIsToldAlsoAfterSteppingBack) {
  (void)journal_.append(20);
  sink_.start_at(place_after(event_number(15, 1)), 1);
  sink_.counts = place_after(event_number(10, 1));
  start_consumer();
  EXPECT_TRUE(eventually([&] { return !consumer_->status().other_history.empty(); }));
  EXPECT_EQ(sink_.position().value, 10);
}

TEST_F(FalseStreamTest, WithoutAHashAndWithoutTheFeedNothingIsTaken) {
  (void)journal_.append(10);
  journal_.reachable = false;
  sink_.start_at(Place{Seq{10}, {}}, 0);
  put("11-0", sealed(event_number(11)));
  start_consumer();
  EXPECT_FALSE(eventually([&] { return sink_.position().value > 10; }, 1000));
  (void)journal_.append(1);
  journal_.reachable = true;
  expect_all();
}

}  // namespace
}  // namespace sportapp::messaging
