#include "ha/node/live_node.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "net/link/endpoint.hpp"
#include "net/link/key.hpp"
#include "store/journal/reader.hpp"
#include "store/journal/testing.hpp"

namespace sportapp::node {
namespace {

using failover::Record;
using failover::Role;
using journal::kPatience;

// Two nodes of one service in this process, over real links and files, and a monitor that says what the test
// wants.
class LiveNodeTest : public ::testing::Test {
 protected:
  struct Node {
    Options options;
    journal::Names names;
    SystemClock clock;
    std::unique_ptr<LiveNode> live;
    std::unique_ptr<journal::Journal> journal;
  };

  void SetUp() override {
    (void)spdlog::default_logger_raw();  // made before there are threads, for the thread sanitizer
    key_file_ = folder_.path() / "key";
    ASSERT_TRUE(link::make_key(key_file_));
    link::Options options;
    options.name = "monitor";
    options.key = *link::load_key(key_file_);
    monitor_ = std::make_unique<link::Endpoint>(
        options,
        link::Handler{.on_up = [this](link::ConnectionId connection, const std::string& name,
                                      bool) { connections_[name] = connection; },
                      .on_frame = [this](link::ConnectionId connection,
                                         link::Frame frame) { echoed(connection, frame); },
                      .on_down =
                          [this](link::ConnectionId connection, const std::string& name, const std::string&) {
                            if (connections_[name] == connection) connections_.erase(name);
                            const std::lock_guard lock(mutex_);
                            ++ended_[name];
                            changed_.notify_all();
                          }});
    monitor_->start();
    monitor_->post([this] { ping(); });
    for (const auto* name : {"a", "b"}) start(name);
  }
  void TearDown() override {
    monitor_->stop();
    for (auto& [name, node] : nodes_) stop(*node);
  }

  static std::uint16_t port_of(const std::string& name) {
    return static_cast<std::uint16_t>(20'000 + ::getpid() % 6'000 * 2 + (name == "a" ? 0 : 1));
  }
  void start(const std::string& name) {
    auto node = std::make_unique<Node>();
    const std::string other = name == "a" ? "b" : "a";
    node->options.node = name;
    node->options.process = "names-commands-" + name;
    node->options.data = folder_.path() / name;
    node->options.link_port = port_of(name);
    node->options.key_file = key_file_;
    node->options.peers.push_back({other, "names-commands-" + other, "127.0.0.1", port_of(other)});
    std::filesystem::create_directories(node->options.data);
    node->live = std::make_unique<LiveNode>(node->options, [](const RoleView&) {});
    auto prepared = node->live->prepare();
    ASSERT_TRUE(prepared) << prepared.error().what;
    journal::Options options;
    options.file = node->options.data / "journal.db";
    options.leading = false;
    options.gate = node->live.get();
    auto opened = journal::Journal::open(std::move(options), node->names, node->clock);
    ASSERT_TRUE(opened) << opened.error().what;
    node->journal = std::move(*opened);
    auto started = node->live->start(*node->journal);
    ASSERT_TRUE(started) << started.error().what;
    nodes_[name] = std::move(node);
    monitor_->post([this, name] { monitor_->dial("names-commands-" + name, "127.0.0.1", port_of(name)); });
  }
  static void stop(Node& node) {
    if (!node.live) return;
    node.live->stop();
    node.journal.reset();
    node.live.reset();
  }
  void kill(const std::string& name) {
    monitor_->post([this, name] { monitor_->hang_up("names-commands-" + name); });
    stop(*nodes_.at(name));
    nodes_.erase(name);
  }

  // The monitor: tells everyone the record, and follows the primary's wishes.
  void ping() {
    for (const auto& [name, connection] : connections_) {
      failover::Ping ping;
      ping.monitor = 7;
      ping.number = ++pinged_;
      {
        const std::lock_guard lock(mutex_);
        ping.record = record_;
      }
      monitor_->send(connection, {failover::kPingFrame, failover::encode(ping)});
    }
    monitor_->after(10, [this] { ping(); });
  }
  void echoed(link::ConnectionId connection, const link::Frame& frame) {
    const auto echo = failover::decode_echo(frame.payload);
    ASSERT_TRUE(echo);
    for (const auto& [name, known] : connections_) {
      if (known != connection) continue;
      const std::lock_guard lock(mutex_);
      reports_[name.substr(name.size() - 1)] = echo->report;
      const auto& wish = echo->report.wish;
      if (echo->report.role == Role::kPrimary && echo->report.epoch == record_.epoch) {
        if (wish.kind == failover::Wish::Kind::kAdmit) {
          record_.epoch = record_.epoch.next();
          record_.in_sync.push_back({wish.node, {}});
        } else if (wish.kind == failover::Wish::Kind::kDrop) {
          record_.epoch = record_.epoch.next();
          std::erase_if(record_.in_sync, [&](const auto& member) { return member.node == wish.node; });
        }
      }
      changed_.notify_all();
    }
  }
  void make_primary(const std::string& name) {
    const std::lock_guard lock(mutex_);
    record_ = {record_.epoch.next(), name, {{name, {}}}, {}, record_.forced};
  }
  // As an operator does, who accepts to lose what it lacks.
  void force(const std::string& name) {
    make_primary(name);
    const std::lock_guard lock(mutex_);
    record_.forced = record_.epoch;
  }
  template <class Condition>
  ::testing::AssertionResult until(Condition condition) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, kPatience, condition)) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "epoch " << record_.epoch.value;
  }
  ::testing::AssertionResult until_role(const std::string& name, Role role) {
    return until([&] { return reports_[name].role == role; });
  }
  ::testing::AssertionResult until_in_sync(std::size_t count) {
    return until([&] { return record_.in_sync.size() == count; });
  }

  journal::Outcome add(const std::string& node, const std::string& key, const std::string& name) {
    journal::Outcomes outcomes;
    nodes_.at(node)->journal->submit({key, {"Add", name}}, outcomes.of(key));
    return outcomes.wait(key);
  }
  bool added(const std::string& node, const std::string& key, const std::string& name) {
    return std::holds_alternative<journal::Answered>(add(node, key, name));
  }
  ::testing::AssertionResult until_equal() {
    return until([&] { return reports_["a"].head == reports_["b"].head && reports_["a"].head.seq > Seq{}; });
  }

  sportapp::testing::TempFolder folder_;
  std::filesystem::path key_file_;
  std::unique_ptr<link::Endpoint> monitor_;
  std::map<std::string, link::ConnectionId> connections_;  // the monitor's thread's own
  std::uint64_t pinged_ = 0;                               // likewise
  std::map<std::string, std::unique_ptr<Node>> nodes_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  Record record_;
  std::map<std::string, failover::Report> reports_;
  std::map<std::string, int> ended_;  // the links that the monitor lost
};

TEST_F(LiveNodeTest, ASpareGetsWhatWasThereAndWhatComes) {
  make_primary("a");
  ASSERT_TRUE(until_role("a", Role::kPrimary));
  EXPECT_TRUE(added("a", "k1", "ana"));
  ASSERT_TRUE(until_in_sync(2));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(added("a", "more-" + std::to_string(i), std::to_string(i)));
  ASSERT_TRUE(
      until([&] { return reports_["b"].head.seq == Seq{51} && reports_["a"].head == reports_["b"].head; }));
}

TEST_F(LiveNodeTest, TheSpareAnswersUnderTheSameKeyWhenThePrimaryIsGone) {
  make_primary("a");
  ASSERT_TRUE(until_in_sync(2));
  EXPECT_TRUE(added("a", "k1", "ana"));
  kill("a");
  make_primary("b");
  ASSERT_TRUE(until_role("b", Role::kPrimary));
  const auto again = add("b", "k1", "ana");
  ASSERT_TRUE(std::holds_alternative<journal::Answered>(again));
  EXPECT_TRUE(std::get<journal::Answered>(again).replayed);
  EXPECT_TRUE(added("b", "k2", "bea"));
  start("a");
  ASSERT_TRUE(until_in_sync(2));
  ASSERT_TRUE(until_equal());
}

TEST_F(LiveNodeTest, AJournalThatDoesNotContinueIsReplaced) {
  kill("b");
  make_primary("a");
  ASSERT_TRUE(until_role("a", Role::kPrimary));
  EXPECT_TRUE(added("a", "k1", "ana"));
  kill("a");
  // As after a double fault: b, which has nothing of a's, is forced, and goes its own way.
  start("b");
  force("b");
  ASSERT_TRUE(until_role("b", Role::kPrimary));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(added("b", "b-" + std::to_string(i), "b" + std::to_string(i)));
  start("a");
  ASSERT_TRUE(until_in_sync(2));
  ASSERT_TRUE(until_equal());
  EXPECT_TRUE(added("b", "after", "after"));
  ASSERT_TRUE(until([&] { return reports_["a"].head.seq == Seq{21}; }));
}

TEST_F(LiveNodeTest, WhatTheDeposedPrimaryHadUnderWayIsNotAnswered) {
  make_primary("a");
  ASSERT_TRUE(until_in_sync(2));
  make_primary("b");
  ASSERT_TRUE(until_role("b", Role::kPrimary));
  ASSERT_TRUE(until([&] { return reports_["a"].role != Role::kPrimary; }));
  EXPECT_TRUE(std::holds_alternative<journal::NotPrimary>(add("a", "k1", "ana")));
  EXPECT_TRUE(added("b", "k1", "ana"));
}

TEST_F(LiveNodeTest, WhoAnsweredANewMonitorHearsTheEarlierOneNoMore) {
  make_primary("a");
  ASSERT_TRUE(until_role("a", Role::kPrimary));
  link::Options options;
  options.name = "monitor";
  options.key = *link::load_key(key_file_);
  std::unique_ptr<link::Endpoint> later;
  const auto ping = [&](link::ConnectionId connection, const std::string&, bool) {
    failover::Ping first;
    first.monitor = 8;
    first.number = 1;
    later->send(connection, {failover::kPingFrame, failover::encode(first)});
  };
  later = std::make_unique<link::Endpoint>(
      options, link::Handler{.on_up = ping,
                             .on_frame = [](link::ConnectionId, const link::Frame&) {},
                             .on_down = [](link::ConnectionId, const std::string&, const std::string&) {}});
  later->start();
  later->post([&] { later->dial("names-commands-a", "127.0.0.1", port_of("a")); });
  EXPECT_TRUE(until([&] { return ended_["names-commands-a"] > 0 && ended_["names-commands-b"] == 0; }));
  later->stop();
}

}  // namespace
}  // namespace sportapp::node
