#include "net/link/endpoint.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "net/link/channel.hpp"
#include "net/link/testing.hpp"

namespace sportapp::link {
namespace {

using namespace std::chrono_literals;
constexpr auto kPatience = 20s;

using testing::key_of;

// An endpoint and what it was told.
class Node {
 public:
  struct Up {
    ConnectionId id;
    std::string name;
    bool dialled;
  };

  explicit Node(Options options) : endpoint(std::move(options), handler()) {}
  ~Node() { endpoint.stop(); }

  std::uint16_t listen() {
    const auto port = endpoint.listen();
    if (!port) throw std::runtime_error(port.error().what);
    return *port;
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, kPatience, condition);
  }
  ConnectionId wait_up(std::size_t count = 1) {
    EXPECT_TRUE(wait([&] { return ups.size() >= count; }));
    const std::lock_guard lock(mutex);
    return ups.empty() ? ConnectionId{} : ups.back().id;
  }
  bool wait_down(std::size_t count = 1) {
    return wait([&] { return downs.size() >= count; });
  }
  bool wait_frames(std::size_t count) {
    return wait([&] { return frames.size() >= count; });
  }
  // On the endpoint's thread.
  template <class Call>
  auto on_loop(Call call) {
    std::promise<decltype(call())> promise;
    endpoint.post([&] { promise.set_value(call()); });
    return promise.get_future().get();
  }
  bool send(ConnectionId to, Frame frame) {
    return on_loop([&] { return endpoint.send(to, frame); });
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Up> ups;
  std::vector<Frame> frames;
  std::vector<std::string> downs;
  std::vector<std::pair<std::string, bool>> unreachable;
  Endpoint endpoint;

 private:
  template <class Change>
  void note(Change change) {
    const std::lock_guard lock(mutex);
    change();
    changed.notify_all();
  }
  Handler handler() {
    return {[this](ConnectionId id, const std::string& name, bool dialled) {
              note([&] { ups.push_back({id, name, dialled}); });
            },
            [this](ConnectionId, Frame frame) { note([&] { frames.push_back(std::move(frame)); }); },
            [this](ConnectionId, const std::string&, const std::string& why) {
              note([&] { downs.push_back(why); });
            },
            [this](const std::string&, const std::string& why, bool refused) {
              note([&] { unreachable.emplace_back(why, refused); });
            }};
  }
};

// A stranger's socket to a port.
class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
    const timeval patience{20, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  ~RawSocket() { ::close(descriptor_); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;
  void send(const std::string& bytes) const {
    (void)::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  // What came; empty when the other closed.
  [[nodiscard]] std::string receive() const {
    std::string bytes(4096, '\0');
    const auto got = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

 private:
  const int descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

class EndpointTest : public ::testing::Test {
 protected:
  // The logger is made by its first use. That two threads may make it is seen to inside its library, where
  // the thread sanitizer does not look; so it is made before there are threads.
  void SetUp() override { (void)spdlog::default_logger_raw(); }
  static Options options(const std::string& name) {
    Options made;
    made.name = name;
    made.key = key_of(1);
    return made;
  }
  // b listens, a dials it.
  void connect(Options of_a = options("a"), Options of_b = options("b")) {
    b_.emplace(std::move(of_b));
    port_ = b_->listen();
    b_->endpoint.start();
    a_.emplace(std::move(of_a));
    a_->endpoint.dial("b", "127.0.0.1", port_);
    a_->endpoint.start();
  }

  std::optional<Node> a_, b_;
  std::uint16_t port_ = 0;
};

TEST_F(EndpointTest, FramesGoBothWaysInOrder) {
  connect();
  const auto at_a = a_->wait_up();
  const auto at_b = b_->wait_up();
  EXPECT_TRUE(a_->ups.front().dialled);
  EXPECT_EQ(a_->ups.front().name, "b");
  EXPECT_FALSE(b_->ups.front().dialled);
  EXPECT_EQ(b_->ups.front().name, "a");
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(a_->send(at_a, {static_cast<std::uint8_t>(i % 7), std::to_string(i)}));
  }
  ASSERT_TRUE(a_->send(at_a, {9, std::string(kPayloadMax, 'x')}));
  ASSERT_TRUE(b_->send(at_b, {1, "back"}));
  ASSERT_TRUE(b_->wait_frames(501));
  for (int i = 0; i < 500; ++i) EXPECT_EQ(b_->frames[static_cast<std::size_t>(i)].payload, std::to_string(i));
  EXPECT_EQ(b_->frames.back().payload.size(), kPayloadMax);
  ASSERT_TRUE(a_->wait_frames(1));
  EXPECT_EQ(a_->on_loop([&] { return a_->endpoint.outstanding_bytes(at_a); }), 0U);
}

TEST_F(EndpointTest, ABrokenConnectionIsNoticedAtOnceAndMadeAnew) {
  connect();
  a_->wait_up();
  const auto at_b = b_->wait_up();
  const auto begun = std::chrono::steady_clock::now();
  b_->on_loop([&] { return b_->endpoint.close(at_b), true; });
  ASSERT_TRUE(a_->wait_down());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
  const auto again = a_->wait_up(2);
  b_->wait_up(2);
  EXPECT_TRUE(b_->downs.empty()) << "it closed it itself";
  EXPECT_TRUE(a_->send(again, {1, "again"}));
  EXPECT_TRUE(b_->wait_frames(1));
}

TEST_F(EndpointTest, ALinkThatIsCutAsSoonAsItIsUpIsTriedLessAndLess) {
  connect();
  const auto begun = std::chrono::steady_clock::now();
  for (std::size_t count = 1; count <= 6; ++count) {
    const auto at_b = b_->wait_up(count);
    b_->on_loop([&] { return b_->endpoint.close(at_b), true; });
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 600ms) << "20, 40, 80, 160 and 320 ms between them";
}

TEST_F(EndpointTest, WhoIsGoneIsRefusedAndFoundAgainWhenItIsBack) {
  connect();
  a_->wait_up();
  b_.reset();
  ASSERT_TRUE(a_->wait_down());
  ASSERT_TRUE(a_->wait([&] { return a_->unreachable.size() >= 3; }));
  EXPECT_TRUE(a_->unreachable.back().second) << a_->unreachable.back().first;
  auto back = options("b");
  back.port = port_;
  b_.emplace(back);
  b_->listen();
  b_->endpoint.start();
  a_->wait_up(2);
  b_->wait_up();
}

TEST_F(EndpointTest, WhoHungUpDialsNoMore) {
  connect();
  a_->wait_up();
  b_->wait_up();
  a_->on_loop([&] { return a_->endpoint.hang_up("b"), true; });
  ASSERT_TRUE(b_->wait_down());
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(b_->ups.size(), 1U);
  EXPECT_TRUE(a_->downs.empty());
}

TEST_F(EndpointTest, AnotherKeyComesNotUpOnEitherSide) {
  auto other = options("a");
  other.key = key_of(2);
  connect(other);
  ASSERT_TRUE(a_->wait([&] { return a_->unreachable.size() >= 2; }));
  EXPECT_NE(a_->unreachable.front().first.find("another key"), std::string::npos)
      << a_->unreachable.front().first;
  EXPECT_FALSE(a_->unreachable.front().second);
  EXPECT_TRUE(a_->ups.empty());
  EXPECT_TRUE(b_->ups.empty());
}

TEST_F(EndpointTest, WhoSaysNothingOrNonsenseIsClosedSoon) {
  auto of_b = options("b");
  of_b.handshake_ms = 100;
  connect(options("a"), of_b);
  b_->wait_up();
  const RawSocket silent(port_), half(port_), nonsense(port_);
  half.send("SPLK");
  nonsense.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(nonsense.receive(), "");
  EXPECT_EQ(silent.receive(), "");
  EXPECT_EQ(half.receive(), "");
  EXPECT_EQ(b_->ups.size(), 1U);
  EXPECT_TRUE(b_->downs.empty()) << "the one that is up stays up";
}

TEST_F(EndpointTest, StrangersThatOccupyEveryHandshakeKeepNobodyOut) {
  auto of_b = options("b");
  of_b.handshakes_max = 4;
  of_b.handshake_ms = 60'000;
  b_.emplace(of_b);
  port_ = b_->listen();
  b_->endpoint.start();
  std::vector<std::unique_ptr<RawSocket>> strangers;
  for (int i = 0; i < 20; ++i) strangers.push_back(std::make_unique<RawSocket>(port_));
  a_.emplace(options("a"));
  a_->endpoint.dial("b", "127.0.0.1", port_);
  a_->endpoint.start();
  a_->wait_up();
  EXPECT_EQ(strangers.front()->receive(), "") << "the oldest went";
}

TEST_F(EndpointTest, WhatIsNotTakenIsBoundedAndThenTheConnectionIsClosed) {
  b_.emplace(options("b"));
  port_ = b_->listen();
  auto of_a = options("a");
  of_a.outstanding_max = std::size_t{4} << 20;
  a_.emplace(of_a);
  a_->endpoint.dial("b", "127.0.0.1", port_);
  b_->endpoint.start();
  a_->endpoint.start();
  const auto at_a = a_->wait_up();
  b_->wait_up();
  std::promise<void> go_on;
  b_->endpoint.post([gone_on = go_on.get_future().share()] { gone_on.wait(); });  // b hangs
  const Frame frame{1, std::string(std::size_t{1} << 20, 'x')};
  int taken = 0;
  while (taken < 1000 && a_->send(at_a, frame)) ++taken;
  EXPECT_LT(taken, 1000);
  EXPECT_FALSE(a_->send(at_a, {1, "small"})) << "nothing after what was left out";
  go_on.set_value();
  ASSERT_TRUE(a_->wait_down());
  EXPECT_NE(a_->downs.front().find("does not take"), std::string::npos) << a_->downs.front();
  a_->wait_up(2);
}

TEST_F(EndpointTest, AFrameThatIsTooLongClosesTheConnectionOfWhoSendsIt) {
  connect();
  const auto at_a = a_->wait_up();
  EXPECT_FALSE(a_->send(at_a, {1, std::string(kPayloadMax + 1, 'x')}));
  ASSERT_TRUE(a_->wait_down());
  EXPECT_FALSE(a_->send(at_a, {1, ""}));
}

TEST_F(EndpointTest, AChangedByteEndsTheConnection) {
  b_.emplace(options("b"));
  port_ = b_->listen();
  b_->endpoint.start();
  const RawSocket socket(port_);
  Channel channel(Channel::Side::kDialler, key_of(1), "a", "b", random_nonce());
  socket.send(channel.take_output());
  while (!channel.is_up()) {
    const auto bytes = socket.receive();
    ASSERT_FALSE(bytes.empty());
    ASSERT_TRUE(channel.received(bytes));
  }
  socket.send(channel.take_output());
  auto sealed = channel.seal({1, "right"});
  sealed += channel.seal({1, "wrong"});
  sealed[sealed.size() - kMacBytes - 1] ^= 1;
  socket.send(sealed);
  ASSERT_TRUE(b_->wait_down());
  EXPECT_NE(b_->downs.front().find("changed on its way"), std::string::npos) << b_->downs.front();
  EXPECT_EQ(socket.receive(), "");
}

TEST_F(EndpointTest, TasksAndTimersRunInTurnAndNotWhenCancelled) {
  Node node(options("a"));
  node.endpoint.start();
  std::promise<std::vector<int>> promise;
  std::vector<int> order;
  node.endpoint.post([&] {
    node.endpoint.after(60, [&] { promise.set_value(order); });
    node.endpoint.after(30, [&] { order.push_back(2); });
    const auto never = node.endpoint.after(20, [&] { order.push_back(9); });
    node.endpoint.after(1, [&, never] {
      order.push_back(1);
      node.endpoint.cancel(never);
    });
  });
  auto done = promise.get_future();
  ASSERT_EQ(done.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(done.get(), (std::vector<int>{1, 2}));
}

TEST_F(EndpointTest, APortInUseIsAnErrorThatNamesIt) {
  connect();
  auto taken = options("c");
  taken.port = port_;
  Endpoint other(taken, {});
  const auto listened = other.listen();
  ASSERT_FALSE(listened);
  EXPECT_NE(listened.error().what.find(std::to_string(port_)), std::string::npos) << listened.error().what;
}

}  // namespace
}  // namespace sportapp::link
