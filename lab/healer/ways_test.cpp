#include "lab/healer/ways.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "lab/healer/tcp_testing.hpp"

namespace sportapp::lab {
namespace {

using testing::Listener;
using testing::Socket;

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

// A way, and one connection that goes over it.
class WaysTest : public ::testing::TestWithParam<Direction> {
 protected:
  WaysTest() : ways_(Ways::start().value()) {
    port_ = ways_->open([this] { return std::optional(listener_.port()); }).value();
    connect();
  }
  void connect() {
    near_ = Socket::to(port_);
    far_ = listener_.accept();
  }
  void treat(Direction direction, const Treatment& treatment) {
    ASSERT_TRUE(ways_->treat(port_, direction, treatment));
  }
  Socket& sender(Direction direction) { return direction == Direction::kThere ? near_ : far_; }
  Socket& receiver(Direction direction) { return direction == Direction::kThere ? far_ : near_; }
  static bool hits(Direction treated, Direction one) { return treated == Direction::kBoth || treated == one; }
  // Something sent in this direction arrives.
  void expect_passes(Direction direction, const std::string& text) {
    EXPECT_TRUE(sender(direction).send(text));
    EXPECT_EQ(receiver(direction).receive(text.size()), text) << to_string(direction);
  }
  void expect_new_connection_passes() {
    connect();
    for (const auto direction : kEach) expect_passes(direction, "new");
  }

  static constexpr Direction kEach[] = {Direction::kThere, Direction::kBack};
  Listener listener_;
  std::unique_ptr<Ways> ways_;
  std::uint16_t port_ = 0;
  Socket near_{-1};
  Socket far_{-1};
};

INSTANTIATE_TEST_SUITE_P(Directions, WaysTest,
                         ::testing::Values(Direction::kThere, Direction::kBack, Direction::kBoth),
                         [](const auto& param) { return std::string(to_string(param.param)); });

TEST_P(WaysTest, ItPassesAndSaysWhenASideHasSentAll) {
  for (const auto direction : kEach) expect_passes(direction, "hello");
  const auto direction = GetParam() == Direction::kBack ? Direction::kBack : Direction::kThere;
  ::shutdown(sender(direction).fd(), SHUT_WR);
  EXPECT_TRUE(receiver(direction).ended());
  expect_passes(direction == Direction::kThere ? Direction::kBack : Direction::kThere, "still open");
}

TEST_P(WaysTest, WhatIsDroppedIsGoneAndItsConnectionIsCutOnceItPasses) {
  treat(GetParam(), {Verb::kDrop});
  for (const auto direction : kEach) {
    if (!hits(GetParam(), direction)) {
      expect_passes(direction, "passes");
      continue;
    }
    EXPECT_TRUE(sender(direction).send("lost"));
    EXPECT_TRUE(receiver(direction).is_quiet()) << to_string(direction);
  }
  ways_->heal();
  EXPECT_TRUE(near_.ended());
  EXPECT_TRUE(far_.ended());
  expect_new_connection_passes();
}

TEST_P(WaysTest, AConnectionThatLostNothingOutlivesADrop) {
  treat(GetParam(), {Verb::kDrop});
  ways_->heal();
  for (const auto direction : kEach) expect_passes(direction, "hello");
}

TEST_P(WaysTest, WhatIsStalledComesWholeOnceItPasses) {
  treat(GetParam(), {Verb::kStall});
  for (const auto direction : kEach) {
    if (!hits(GetParam(), direction)) {
      expect_passes(direction, "passes");
      continue;
    }
    EXPECT_TRUE(sender(direction).send("kept"));
    EXPECT_TRUE(receiver(direction).is_quiet()) << to_string(direction);
  }
  ways_->heal();
  for (const auto direction : kEach) {
    if (hits(GetParam(), direction)) {
      EXPECT_EQ(receiver(direction).receive(4), "kept") << to_string(direction);
    }
    expect_passes(direction, "hello");
  }
}

TEST_P(WaysTest, WhatIsDelayedComesLateAndInOrder) {
  constexpr std::int64_t kDelayMs = 300;
  treat(GetParam(), {Verb::kDelay, kDelayMs});
  for (const auto direction : kEach) {
    const auto sent = now_ms();
    expect_passes(direction, "first");
    if (hits(GetParam(), direction)) {
      EXPECT_GE(now_ms() - sent, kDelayMs) << to_string(direction);
    }
    for (const auto* text : {"1", "2", "3"}) EXPECT_TRUE(sender(direction).send(text));
    EXPECT_EQ(receiver(direction).receive(3), "123");
  }
  ways_->heal();
  for (const auto direction : kEach) expect_passes(direction, "hello");
}

TEST_P(WaysTest, WhatIsLimitedTakesItsTime) {
  constexpr std::int64_t kBytesPerS = 50'000;
  const std::string bytes(25'000, 'x');
  treat(GetParam(), {Verb::kLimit, 0, kBytesPerS});
  for (const auto direction : kEach) {
    const auto sent = now_ms();
    expect_passes(direction, bytes);
    if (hits(GetParam(), direction)) {
      EXPECT_GE(now_ms() - sent, 450) << to_string(direction);
    }
  }
  ways_->heal();
  for (const auto direction : kEach) expect_passes(direction, bytes);
}

TEST_P(WaysTest, AClosedDirectionEndsAndIsCutOnceItPasses) {
  treat(GetParam(), {Verb::kClose});
  for (const auto direction : kEach) {
    if (hits(GetParam(), direction)) {
      EXPECT_TRUE(receiver(direction).ended()) << to_string(direction);
    } else {
      expect_passes(direction, "passes");
    }
  }
  if (GetParam() == Direction::kBoth) {
    EXPECT_TRUE(Socket::to(port_).ended());
  }
  ways_->heal();
  if (GetParam() != Direction::kBoth) {
    EXPECT_TRUE(sender(GetParam()).ended());
  }
  expect_new_connection_passes();
}

TEST_P(WaysTest, ANewConnectionIsMadeOnlyOnceBothDirectionsGetThrough) {
  for (const auto verb : {Verb::kDrop, Verb::kStall}) {
    treat(GetParam(), {verb});
    auto dialled = Socket::to(port_);
    EXPECT_TRUE(dialled.send("hello"));
    EXPECT_TRUE(listener_.is_quiet()) << to_string(verb);
    ways_->heal();
    auto accepted = listener_.accept();
    EXPECT_EQ(accepted.receive(5), "hello");
  }
}

TEST_P(WaysTest, AnEndThatIsHeldBackIsNotSeenUntilItPasses) {
  treat(GetParam(), {Verb::kStall});
  const auto direction = GetParam() == Direction::kBack ? Direction::kBack : Direction::kThere;
  EXPECT_TRUE(sender(direction).send("last words"));
  const linger at_once{1, 0};
  ::setsockopt(sender(direction).fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  sender(direction) = Socket(-1);  // as if its process was killed
  EXPECT_TRUE(receiver(direction).is_quiet());
  ways_->heal();
  static_cast<void>(
      receiver(direction).receive(100));  // a broken connection may keep its last words to itself
  EXPECT_TRUE(receiver(direction).ended(testing::kQuietMs));
}

TEST_F(WaysTest, MuchInBothDirectionsAtOnceComesWhole) {
  std::string bytes;
  for (int number = 0; bytes.size() < (6U << 20); ++number) bytes += std::to_string(number) + " ";
  std::string there, back;
  {
    const std::jthread near_sends([&] { near_.send(bytes); });
    const std::jthread far_sends([&] { far_.send(bytes); });
    const std::jthread far_takes([&] { there = far_.receive(bytes.size()); });
    back = near_.receive(bytes.size());
  }
  EXPECT_TRUE(there == bytes);
  EXPECT_TRUE(back == bytes);
}

TEST_F(WaysTest, ItIsRefusedWhereNobodyListens) {
  const auto nowhere = ways_->open([] { return std::optional<std::uint16_t>(); });
  const auto nobody = ways_->open([port = Listener().port()] { return std::optional(port); });
  EXPECT_TRUE(Socket::to(*nowhere).ended());
  EXPECT_TRUE(Socket::to(*nobody).ended());
  EXPECT_FALSE(ways_->treat(1, Direction::kBoth, {Verb::kDrop}));
}

TEST_F(WaysTest, TooManyConnectionsAreRefusedAndTheOthersGoOn) {
  treat(Direction::kBoth, {Verb::kStall});
  std::vector<Socket> held;
  for (std::size_t count = 1; count < Ways::kConnectionsMax; ++count) held.push_back(Socket::to(port_));
  EXPECT_TRUE(Socket::to(port_).ended());
  held.clear();
  ways_->heal();
  for (const auto direction : kEach) expect_passes(direction, "hello");
}

}  // namespace
}  // namespace sportapp::lab
