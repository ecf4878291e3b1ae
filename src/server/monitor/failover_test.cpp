#include "server/monitor/failover.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <boost/json.hpp>
#include <fstream>
#include <mutex>

#include "base/clock.hpp"
#include "ha/watch/record_store.hpp"
#include "net/link/endpoint.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::monitor {
namespace {

using sportapp::testing::eventually;

using failover::Role;
using ::testing::HasSubstr;

// A node as the monitor sees it: answers pings over a real link, and does as it is told.
class LinkedNode {
 public:
  LinkedNode(const std::string& node, const link::Key& key) : node_(node) {
    report_.run = 1;
    link::Options options;
    options.name = "users-commands-" + node;
    options.key = key;
    endpoint_ = std::make_unique<link::Endpoint>(
        std::move(options),
        link::Handler{
            .on_frame = [this](link::ConnectionId from, const link::Frame& frame) { answer(from, frame); }});
    port = endpoint_->listen().value();
    endpoint_->start();
  }
  ~LinkedNode() { endpoint_->stop(); }
  void remember(Epoch promise) { report_.promise = promise; }  // before the monitor is there
  std::uint16_t port = 0;

 private:
  void answer(link::ConnectionId from, const link::Frame& frame) {
    const auto ping = failover::decode_ping(frame.payload).value();
    const auto& record = ping.record;
    // As by following: without a promise of its own it is not admitted.
    if (record.primary != node_ && report_.promise < record.epoch) report_.promise = record.epoch;
    if (record.primary == node_ && record.epoch > report_.promise) {
      report_.role = Role::kPrimary;
      report_.promise = report_.epoch = record.epoch;
      report_.followed = true;
    } else if (record.primary != node_ && record.epoch > Epoch{}) {
      report_.role = Role::kSpare;
      report_.epoch = record.epoch;
      report_.followed = true;
    }
    if (report_.role == Role::kPrimary && record.in_sync.size() == 1) {
      report_.wish = {failover::Wish::Kind::kAdmit, node_ == "a" ? "b" : "a"};
    }
    report_.checked = ping.floor;
    report_.holds = true;
    endpoint_->send(
        from, {failover::kEchoFrame, failover::encode(failover::Echo{ping.monitor, ping.number, report_})});
  }

  const std::string node_;
  failover::Report report_;
  std::unique_ptr<link::Endpoint> endpoint_;
};

class FailoverTest : public ::testing::Test {
 protected:
  FailoverTest() {
    config_.name = "monitor";
    config_.data = folder_.path() / "monitor";
    config_.key_file = folder_.path() / "cluster.key";
    config_.failover.fail_back = false;
    config_.failover.suspicion_ms = 10'000;  // a machine may be busy: here only broken connections count
    key_ = link::make_key(config_.key_file).value();
    for (const auto* node : {"a", "b"}) {
      nodes_[node] = std::make_unique<LinkedNode>(node, key_);
      Target target;
      target.name = std::string("users-commands-") + node;
      target.service = "users";
      target.side = "commands";
      target.node = node;
      target.link_port = nodes_[node]->port;
      config_.targets.push_back(target);
    }
  }
  void start() {
    failover_.reset();
    failover_ = std::move(Failover::open(config_, hung_).value());
    failover_->start();
  }
  [[nodiscard]] std::string primary() const {
    const auto side = failover_->sides().at("users");
    return side.trouble.empty() ? side.primary : "";
  }
  [[nodiscard]] std::size_t in_sync() const {
    return boost::json::parse(failover_->status_json()).at("services").at(0).at("in_sync").as_array().size();
  }
  [[nodiscard]] failover::Record on_disk() const {
    return watch::open_record_files(config_.data).value()->load().value().at("users").value();
  }

  sportapp::testing::TempFolder folder_;
  Config config_;
  link::Key key_;
  HungProcesses hung_{folder_.path() / "control.sock"};
  std::map<std::string, std::unique_ptr<LinkedNode>> nodes_;
  std::unique_ptr<Failover> failover_;
};

}  // namespace

TEST_F(FailoverTest, ANewServiceGetsAPrimaryAndItsSpareIsAdmitted) {
  start();
  ASSERT_TRUE(eventually([&] { return primary() == "a" && in_sync() == 2; })) << failover_->status_json();
  EXPECT_EQ(on_disk().in_sync.size(), 2U);
  EXPECT_THAT(failover_->log().after(0, 1).at(0), HasSubstr(R"("rule":"M2")"));
}

TEST_F(FailoverTest, APrimaryThatDiesIsReplacedAndTheNextRunKnowsIt) {
  start();
  ASSERT_TRUE(eventually([&] { return primary() == "a" && in_sync() == 2; })) << failover_->status_json();
  nodes_["a"].reset();
  ASSERT_TRUE(eventually([&] { return primary() == "b"; })) << failover_->status_json();
  EXPECT_EQ(on_disk().primary, "b");
  EXPECT_EQ(failover_->totals().promotions, 1);
  start();
  EXPECT_TRUE(eventually([&] { return primary() == "b"; })) << failover_->status_json();
  EXPECT_EQ(failover_->totals().promotions, 0);
}

TEST_F(FailoverTest, AnOperatorIsToldWhyNot) {
  start();
  ASSERT_TRUE(eventually([&] { return primary() == "a"; })) << failover_->status_json();
  std::mutex mutex;
  std::vector<std::string> told;
  const auto note = [&](const Result<void>& begun) {
    const std::lock_guard lock(mutex);
    told.push_back(begun ? "begun" : begun.error().what);
  };
  failover_->switch_over("bread", "b", note);
  failover_->switch_over("users", "a", note);
  failover_->force("users", "x", note);
  ASSERT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return told.size() == 3;
  }));
  EXPECT_THAT(told[0], HasSubstr("unknown service 'bread'; known: users"));
  EXPECT_EQ(told[1], "a is primary already");
  EXPECT_EQ(told[2], "unknown node x");
}

TEST_F(FailoverTest, ADamagedRecordIsNoEmptyStart) {
  std::filesystem::create_directories(config_.data);
  std::ofstream(config_.data / "users.record") << "damaged";
  // One node remembers an epoch, the other nothing: so there was a record, and nobody can know who was in
  // sync.
  nodes_["a"]->remember(Epoch{4});
  start();
  EXPECT_TRUE(std::filesystem::exists(config_.data / "users.record.damaged"));
  ASSERT_TRUE(eventually([&] {
    return failover_->status_json().find("the record of who is in sync is lost") != std::string::npos;
  }));
  EXPECT_EQ(primary(), "");
  EXPECT_FALSE(std::filesystem::exists(config_.data / "users.record"));
}

}  // namespace sportapp::monitor
