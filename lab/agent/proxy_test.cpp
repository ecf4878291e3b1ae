#include "lab/agent/proxy.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "lab/agent/tcp_testing.hpp"

namespace sportapp::lab {
namespace {

using testing::Listener;
using testing::Socket;

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

// A link, and one connection that goes over it.
class ProxyTest : public ::testing::TestWithParam<Direction> {
 protected:
  ProxyTest() : proxy_(Proxy::start().value()) {
    port_ = proxy_->open([this] { return std::optional(listener_.port()); }).value();
    connect();
  }
  void connect() {
    near_ = Socket::to(port_);
    far_ = listener_.accept();
  }
  void treat(Direction direction, const LinkRule& rule) {
    ASSERT_TRUE(proxy_->treat(port_, direction, rule));
  }
  void heal() { treat(Direction::kBoth, {}); }
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
  std::unique_ptr<Proxy> proxy_;
  std::uint16_t port_ = 0;
  Socket near_{-1};
  Socket far_{-1};
};

INSTANTIATE_TEST_SUITE_P(Directions, ProxyTest,
                         ::testing::Values(Direction::kThere, Direction::kBack, Direction::kBoth),
                         [](const auto& param) { return std::string(to_string(param.param)); });

TEST_P(ProxyTest, ItPassesAndSaysWhenASideHasSentAll) {
  for (const auto direction : kEach) expect_passes(direction, "hello");
  const auto direction = GetParam() == Direction::kBack ? Direction::kBack : Direction::kThere;
  ::shutdown(sender(direction).fd(), SHUT_WR);
  EXPECT_TRUE(receiver(direction).ended());
  expect_passes(direction == Direction::kThere ? Direction::kBack : Direction::kThere, "still open");
}

TEST_P(ProxyTest, WhatIsDroppedIsGoneAndItsConnectionIsCutOnceItPasses) {
  treat(GetParam(), {LinkAction::kDrop});
  for (const auto direction : kEach) {
    if (!hits(GetParam(), direction)) {
      expect_passes(direction, "passes");
      continue;
    }
    EXPECT_TRUE(sender(direction).send("lost"));
    EXPECT_TRUE(receiver(direction).is_quiet()) << to_string(direction);
  }
  heal();
  EXPECT_TRUE(near_.ended());
  EXPECT_TRUE(far_.ended());
  expect_new_connection_passes();
}

TEST_P(ProxyTest, AConnectionThatLostNothingOutlivesADrop) {
  treat(GetParam(), {LinkAction::kDrop});
  heal();
  for (const auto direction : kEach) expect_passes(direction, "hello");
}

TEST_P(ProxyTest, WhatIsStalledComesWholeOnceItPasses) {
  treat(GetParam(), {LinkAction::kStall});
  for (const auto direction : kEach) {
    if (!hits(GetParam(), direction)) {
      expect_passes(direction, "passes");
      continue;
    }
    EXPECT_TRUE(sender(direction).send("kept"));
    EXPECT_TRUE(receiver(direction).is_quiet()) << to_string(direction);
  }
  heal();
  for (const auto direction : kEach) {
    if (hits(GetParam(), direction)) {
      EXPECT_EQ(receiver(direction).receive(4), "kept") << to_string(direction);
    }
    expect_passes(direction, "hello");
  }
}

TEST_P(ProxyTest, WhatIsDelayedComesLateAndInOrder) {
  constexpr std::int64_t kDelayMs = 300;
  treat(GetParam(), {LinkAction::kDelay, kDelayMs});
  for (const auto direction : kEach) {
    const auto sent = now_ms();
    expect_passes(direction, "first");
    if (hits(GetParam(), direction)) {
      EXPECT_GE(now_ms() - sent, kDelayMs) << to_string(direction);
    }
    for (const auto* text : {"1", "2", "3"}) EXPECT_TRUE(sender(direction).send(text));
    EXPECT_EQ(receiver(direction).receive(3), "123");
  }
  heal();
  for (const auto direction : kEach) expect_passes(direction, "hello");
}

TEST_P(ProxyTest, WhatIsLimitedTakesItsTime) {
  constexpr std::int64_t kBytesPerS = 50'000;
  const std::string bytes(25'000, 'x');
  treat(GetParam(), {LinkAction::kLimit, 0, kBytesPerS});
  for (const auto direction : kEach) {
    const auto sent = now_ms();
    expect_passes(direction, bytes);
    if (hits(GetParam(), direction)) {
      EXPECT_GE(now_ms() - sent, 450) << to_string(direction);
    }
  }
  heal();
  for (const auto direction : kEach) expect_passes(direction, bytes);
}

TEST_P(ProxyTest, AClosedDirectionEndsAndIsCutOnceItPasses) {
  treat(GetParam(), {LinkAction::kClose});
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
  heal();
  if (GetParam() != Direction::kBoth) {
    EXPECT_TRUE(sender(GetParam()).ended());
  }
  expect_new_connection_passes();
}

TEST_P(ProxyTest, ANewConnectionIsMadeOnlyOnceBothDirectionsGetThrough) {
  for (const auto action : {LinkAction::kDrop, LinkAction::kStall}) {
    treat(GetParam(), {action});
    auto dialled = Socket::to(port_);
    EXPECT_TRUE(dialled.send("hello"));
    EXPECT_TRUE(listener_.is_quiet()) << to_string(action);
    heal();
    auto accepted = listener_.accept();
    EXPECT_EQ(accepted.receive(5), "hello");
  }
}

TEST_P(ProxyTest, AnEndThatIsHeldBackIsNotSeenUntilItPasses) {
  treat(GetParam(), {LinkAction::kStall});
  const auto direction = GetParam() == Direction::kBack ? Direction::kBack : Direction::kThere;
  EXPECT_TRUE(sender(direction).send("last words"));
  const linger at_once{1, 0};
  ::setsockopt(sender(direction).fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  sender(direction) = Socket(-1);  // as if its process was killed
  EXPECT_TRUE(receiver(direction).is_quiet());
  heal();
  static_cast<void>(
      receiver(direction).receive(100));  // a broken connection may keep its last words to itself
  EXPECT_TRUE(receiver(direction).ended(testing::kQuietMs));
}

TEST_F(ProxyTest, MuchInBothDirectionsAtOnceComesWhole) {
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

TEST_F(ProxyTest, ItIsRefusedWhereNobodyListens) {
  const auto nowhere = proxy_->open([] { return std::optional<std::uint16_t>(); });
  const auto nobody = proxy_->open([port = Listener().port()] { return std::optional(port); });
  EXPECT_TRUE(Socket::to(*nowhere).ended());
  EXPECT_TRUE(Socket::to(*nobody).ended());
  EXPECT_FALSE(proxy_->treat(1, Direction::kBoth, {LinkAction::kDrop}));
}

TEST_F(ProxyTest, TooManyConnectionsAreRefusedAndTheOthersGoOn) {
  treat(Direction::kBoth, {LinkAction::kStall});
  std::vector<Socket> held;
  for (std::size_t count = 1; count < Proxy::kConnectionsMax; ++count) held.push_back(Socket::to(port_));
  EXPECT_TRUE(Socket::to(port_).ended());
  held.clear();
  heal();
  for (const auto direction : kEach) expect_passes(direction, "hello");
}

}  // namespace
}  // namespace sportapp::lab
