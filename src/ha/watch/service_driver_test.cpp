#include "ha/watch/service_driver.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace sportapp::watch {
namespace {

using failover::Report;
using failover::Role;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

Report report(std::uint64_t run, Role role, bool followed) {
  Report report;
  report.run = run;
  report.role = role;
  report.promise = Epoch{5};
  if (role != Role::kWaiting) report.epoch = Epoch{5};
  report.followed = followed;
  return report;
}

// A service of two nodes, as the monitor sees it. Nodes answer each ping at once while they are up, and do as
// they are told.
class ServiceDriverTest : public ::testing::Test, public ServiceDriver::Outside {
 protected:
  struct Node {
    bool up = false;
    Report report;
  };

  ServiceDriverTest() { start({Epoch{5}, "a", {{"a", Epoch{4}}, {"b", Epoch{4}}}}); }

  void start(failover::Record saved) {
    failover::Monitor::Options options;
    options.nodes = {"a", "b"};
    options.run = ++run_;
    options.fail_back_after_ms = fail_back_after_ms_;
    driver_ = std::make_unique<ServiceDriver>(options, std::move(saved), 150, now_ms_, *this);
  }
  void start_with_both_up() {
    nodes_["a"].report = report(1, Role::kPrimary, true);
    nodes_["b"].report = report(2, Role::kSpare, true);
    for (const auto* node : {"a", "b"}) come(node);
    pass(2500);
  }
  void come(const std::string& node) {
    nodes_[node].up = true;
    driver_->linked(now_ms_, node);
  }
  void die(const std::string& node) {
    nodes_[node].up = false;
    driver_->unlinked(now_ms_, node, "connection broken");
  }
  void pass(std::int64_t ms) {
    for (const auto end = now_ms_ + ms; now_ms_ < end; ++now_ms_) {
      if (now_ms_ % 5 == 0) driver_->tick(now_ms_, 0);
      deliver();
    }
  }
  // Pings sent so far are answered, and records are saved.
  void deliver() {
    for (const auto& [node, ping] : std::exchange(sent_, {})) {
      auto& to = nodes_[node];
      if (!to.up) continue;
      obey(node, to, ping);
      driver_->answered(now_ms_, node, {ping.monitor, ping.number, to.report});
    }
    if (!disk_works_) return;
    if (std::exchange(noting_, false)) driver_->floor_noted(now_ms_, true);
    for (const auto& record : std::exchange(to_save_, {})) {
      saved_.push_back(record);
      driver_->saved(now_ms_, record.epoch);
    }
  }
  static void obey(const std::string& name, Node& node, const failover::Ping& ping) {
    auto& report = node.report;
    const auto& record = ping.record;
    report.checked = ping.floor;
    report.holds = true;
    if (record.epoch < report.promise) return;
    const bool mine = record.primary == name && record.epoch > report.promise;
    if (mine || (record.primary == name && report.role == Role::kPrimary)) {
      report.role = ping.hand_over ? Role::kDraining : Role::kPrimary;
      report.promise = report.epoch = record.epoch;
      report.followed = true;
    } else if (record.primary != name) {
      report.role = Role::kSpare;
      report.epoch = record.epoch;
    }
    report.drained = ping.hand_over;
  }

  void send(const std::string& node, const failover::Ping& ping) override { sent_.emplace_back(node, ping); }
  void save(const failover::Record& record) override { to_save_.push_back(record); }
  bool is_halted(const std::string& node) override { return node == halted_; }
  std::int64_t patience(const std::string& /*node*/) const override { return patience_; }
  void kill(const std::string& node, const std::string& /*why*/) override { killed_.push_back(node); }
  void note_floor(Epoch epoch, const Position& floor) override {
    EXPECT_FALSE(std::exchange(noting_, true)) << "one at a time";
    floors_.emplace_back(epoch, floor.seq);
  }
  void note(const failover::MonitorEvent& event) override {
    events_.push_back(event.rule + " " + event.what);
  }

  [[nodiscard]] const failover::Record& record() const { return driver_->core().record(); }

  std::int64_t now_ms_ = 1000, fail_back_after_ms_ = -1;
  std::uint64_t run_ = 0;
  std::map<std::string, Node> nodes_;
  bool disk_works_ = true, noting_ = false;
  std::string halted_;
  std::int64_t patience_ = 1;
  std::vector<std::pair<std::string, failover::Ping>> sent_;
  std::vector<failover::Record> to_save_, saved_;
  std::vector<std::string> killed_, events_;
  std::vector<std::pair<Epoch, Seq>> floors_;
  std::unique_ptr<ServiceDriver> driver_;
};

}  // namespace

TEST_F(ServiceDriverTest, WhileAllIsWellNothingHappens) {
  start_with_both_up();
  EXPECT_THAT(events_, IsEmpty());
  EXPECT_TRUE(driver_->core().serving());
  EXPECT_EQ(driver_->counts().suspicions, 0);
}

TEST_F(ServiceDriverTest, WhatThePrimaryCommittedIsNotedOnce) {
  start_with_both_up();
  EXPECT_THAT(floors_, IsEmpty());
  nodes_["a"].report.head.seq = Seq{12};
  pass(200);
  EXPECT_EQ(floors_, (std::vector{std::pair{Epoch{5}, Seq{12}}}));
}

TEST_F(ServiceDriverTest, WhatIsCommittedWhileADiskIsSlowIsNotedOnceItIsNot) {
  start_with_both_up();
  disk_works_ = false;
  for (const auto head : {12, 13, 14}) {
    nodes_["a"].report.head.seq = Seq{head};
    pass(100);
  }
  EXPECT_THAT(floors_, ElementsAre(std::pair{Epoch{5}, Seq{12}}));
  disk_works_ = true;
  pass(100);
  EXPECT_THAT(floors_, ElementsAre(std::pair{Epoch{5}, Seq{12}}, std::pair{Epoch{5}, Seq{14}}));
}

TEST_F(ServiceDriverTest, AFloorThatIsPerhapsNotOnDiskIsNotedAgain) {
  start_with_both_up();
  disk_works_ = false;
  nodes_["a"].report.head.seq = Seq{12};
  pass(100);
  noting_ = false;
  driver_->floor_noted(now_ms_, false);
  disk_works_ = true;
  pass(900);
  EXPECT_THAT(floors_, SizeIs(1)) << "not again at once";
  pass(200);
  EXPECT_THAT(floors_, ElementsAre(std::pair{Epoch{5}, Seq{12}}, std::pair{Epoch{5}, Seq{12}}));
}

TEST_F(ServiceDriverTest, WhatIsCommittedWhileARecordIsWrittenIsNotedUnderThatRecord) {
  start_with_both_up();
  disk_works_ = false;
  nodes_["a"].report.wish = {failover::Wish::Kind::kDrop, "b"};
  pass(50);
  ASSERT_THAT(to_save_, SizeIs(1));
  nodes_["a"].report.wish = {};
  nodes_["a"].report.head.seq = Seq{12};
  pass(50);
  disk_works_ = true;
  pass(100);
  EXPECT_EQ(record().epoch, Epoch{6});
  EXPECT_EQ(record().floor.seq, Seq{});
  EXPECT_THAT(floors_, ElementsAre(std::pair{Epoch{5}, Seq{12}}, std::pair{Epoch{6}, Seq{12}}));
}

TEST_F(ServiceDriverTest, ABrokenConnectionOfThePrimaryPromotesTheSpareAtOnce) {
  start_with_both_up();
  die("a");
  ASSERT_THAT(to_save_, SizeIs(1)) << "within the same call";
  EXPECT_EQ(to_save_[0].primary, "b");
  deliver();
  ASSERT_FALSE(sent_.empty());
  EXPECT_EQ(sent_.back().second.record.primary, "b") << "the new primary is told once the record is on disk";
  deliver();
  EXPECT_TRUE(driver_->core().serving());
  EXPECT_EQ(driver_->counts().promotions, 1);
  EXPECT_EQ(driver_->counts().suspicions, 0);
  EXPECT_THAT(killed_, IsEmpty());
}

TEST_F(ServiceDriverTest, NoPingSaysWhatIsNotOnDisk) {
  start_with_both_up();
  disk_works_ = false;
  die("a");
  pass(500);
  EXPECT_EQ(record().epoch, Epoch{5});
  for (const auto& [node, ping] : sent_) EXPECT_EQ(ping.record.epoch, Epoch{5});
  driver_->not_saved(now_ms_, Epoch{6});
  EXPECT_THAT(to_save_, SizeIs(1)) << "not again at once";
  disk_works_ = true;
  to_save_.clear();
  pass(ServiceDriver::kSaveAgainMs + 10);
  EXPECT_EQ(record().primary, "b");
}

TEST_F(ServiceDriverTest, APrimaryThatFallsSilentIsReplacedAndKilled) {
  start_with_both_up();
  nodes_["a"].up = false;  // its connection stays
  halted_ = std::string("a");
  pass(110);
  EXPECT_EQ(record().primary, "a");
  pass(90);
  EXPECT_EQ(record().primary, "b");
  EXPECT_THAT(killed_, ElementsAre("a"));
  EXPECT_EQ(driver_->counts().suspicions, 1);
  EXPECT_EQ(driver_->counts().false_alarms, 0);
}

TEST_F(ServiceDriverTest, APrimaryThatNobodyCanStandInForIsGivenMoreTimeBeforeItIsKilled) {
  start({Epoch{5}, "a", {{"a", Epoch{4}}}});
  start_with_both_up();
  nodes_["a"].up = false;
  pass(900);
  EXPECT_THAT(killed_, IsEmpty());
  pass(400);
  EXPECT_THAT(killed_, ElementsAre("a"));
  EXPECT_EQ(record().primary, "a");
}

TEST_F(ServiceDriverTest, WithoutARecordEachIsGivenTheTimeOfOneThatIsAlone) {
  start({});
  nodes_["b"].report = report(2, Role::kWaiting, false);
  come("b");
  pass(100);
  nodes_["b"].up = false;
  pass(900);
  EXPECT_THAT(killed_, IsEmpty());
  pass(400);
  EXPECT_THAT(killed_, ElementsAre("b"));
}

TEST_F(ServiceDriverTest, PatienceLengthensTheGraceAndNotTheTimeUntilTheSpareTakesOver) {
  start_with_both_up();
  patience_ = 4;
  nodes_["a"].up = false;
  pass(200);
  EXPECT_EQ(record().primary, "b");
  pass(300);
  EXPECT_THAT(killed_, IsEmpty());
  pass(100);
  EXPECT_THAT(killed_, ElementsAre("a"));
}

TEST_F(ServiceDriverTest, AKillThatTakesItsTimeIsAskedForAgain) {
  start({Epoch{5}, "a", {{"a", Epoch{4}}}});
  start_with_both_up();
  nodes_["a"].up = false;
  pass(3500);
  EXPECT_THAT(killed_, ElementsAre("a", "a", "a"));
}

TEST_F(ServiceDriverTest, WhereAllAreSilentTogetherEachIsGivenTheTimeOfOneThatIsAlone) {
  start_with_both_up();
  nodes_["a"].up = nodes_["b"].up = false;
  pass(900);
  EXPECT_THAT(killed_, IsEmpty());
  pass(400);
  EXPECT_THAT(killed_, UnorderedElementsAre("a", "b"));
}

TEST_F(ServiceDriverTest, OneWhoseSpareIsSilentTooAndNotSuspectedYetIsAloneAsWell) {
  start_with_both_up();
  nodes_["b"].up = false;
  pass(140);
  nodes_["b"].up = true;  // b's answers come unevenly: its silence is suspicious later than that of a
  pass(5);
  nodes_["a"].up = nodes_["b"].up = false;
  pass(900);
  EXPECT_THAT(killed_, IsEmpty());
}

TEST_F(ServiceDriverTest, ASpareThatFallsSilentIsKilledSoonWhileThePrimaryAnswers) {
  start_with_both_up();
  nodes_["b"].up = false;
  pass(350);
  EXPECT_THAT(killed_, ElementsAre("b"));
}

TEST_F(ServiceDriverTest, OneThatIsHaltedIsKilledAtOnceHoweverGreatThePatience) {
  start_with_both_up();
  halted_ = std::string("a");
  patience_ = 8;
  nodes_["a"].up = false;
  pass(200);
  EXPECT_THAT(killed_, ElementsAre("a"));
}

TEST_F(ServiceDriverTest, OneThatWasOnlySlowIsNotKilledAndCountsAsAFalseAlarm) {
  start_with_both_up();
  nodes_["a"].up = false;
  pass(190);
  EXPECT_EQ(record().primary, "b");
  EXPECT_THAT(killed_, IsEmpty());
  nodes_["a"].up = true;
  pass(500);
  EXPECT_THAT(killed_, IsEmpty());
  EXPECT_EQ(driver_->counts().false_alarms, 1);
  EXPECT_EQ(nodes_["a"].report.role, Role::kSpare);
}

TEST_F(ServiceDriverTest, OneThatNeverAnsweredIsNotKilled) {
  nodes_["b"].report = report(2, Role::kSpare, true);
  come("b");
  driver_->linked(now_ms_, "a");
  pass(5000);
  EXPECT_THAT(killed_, IsEmpty());
}

TEST_F(ServiceDriverTest, TheMonitorsOwnSleepIsNoSilence) {
  start_with_both_up();
  now_ms_ += 2000;
  driver_->tick(now_ms_, 1995);
  pass(500);
  EXPECT_THAT(events_, IsEmpty());
  EXPECT_EQ(driver_->counts().suspicions, 0);
}

TEST_F(ServiceDriverTest, ASwitchoverGoesToTheSpareAndStaysThere) {
  fail_back_after_ms_ = 1000;
  start({Epoch{5}, "a", {{"a", Epoch{4}}, {"b", Epoch{4}}}});
  start_with_both_up();
  ASSERT_TRUE(driver_->switch_over(now_ms_, ""));
  pass(100);
  EXPECT_EQ(record().primary, "b");
  EXPECT_TRUE(driver_->core().serving());
  EXPECT_THAT(record().in_sync, SizeIs(2));
  pass(10'000);
  EXPECT_EQ(record().primary, "b") << "an operator's wish is not undone";
  EXPECT_FALSE(driver_->switch_over(now_ms_, "b"));
  EXPECT_FALSE(driver_->switch_over(now_ms_, "x"));
}

TEST_F(ServiceDriverTest, WithoutASpareInSyncThereIsNoSwitchover) {
  start_with_both_up();
  die("b");
  EXPECT_THAT(driver_->switch_over(now_ms_, "").error().what, HasSubstr("no spare is in sync"));
}

TEST_F(ServiceDriverTest, WhenEverythingStartsTheRecordedPrimaryIsWaitedFor) {
  nodes_["b"].report = report(2, Role::kWaiting, false);
  driver_->unlinked(now_ms_, "a", "connection refused");
  come("b");
  pass(1500);
  EXPECT_THAT(events_, IsEmpty());
  nodes_["a"].report = report(1, Role::kWaiting, false);
  come("a");
  pass(100);
  EXPECT_EQ(record().primary, "a");
  EXPECT_EQ(record().epoch, Epoch{6}) << "a node that was restarted needs a new epoch";
}

TEST_F(ServiceDriverTest, WhenMonitorAndPrimaryDieTogetherTheSpareTakesOverAtOnce) {
  nodes_["b"].report = report(2, Role::kWaiting, true);
  driver_->unlinked(now_ms_, "a", "connection refused");
  come("b");
  pass(100);
  EXPECT_EQ(record().primary, "b");
}

TEST_F(ServiceDriverTest, ANodeTriedAgainAndAgainInVainIsNewsOnce) {
  start_with_both_up();
  die("b");
  for (int times = 0; times < 5; ++times) driver_->unlinked(now_ms_, "b", "connection refused");
  EXPECT_EQ(driver_->core().node("b").why_lost, "connection broken");
}

TEST_F(ServiceDriverTest, PingsComeFastWhileSomethingChangesAndSlowlyAfterwards) {
  start_with_both_up();
  die("b");
  sent_.clear();
  for (int i = 0; i < 100; ++i) driver_->tick(++now_ms_, 0);
  EXPECT_GE(sent_.size(), 15U);
  pass(2000);
  sent_.clear();
  for (int i = 0; i < 100; ++i) driver_->tick(++now_ms_, 0);
  EXPECT_LE(sent_.size(), 5U);
}

}  // namespace sportapp::watch
