#include "lab/fault/fault.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <fstream>

#include "lab/agent/disks.hpp"
#include "lab/agent/tcp_testing.hpp"
#include "lab/fault/injections.hpp"
#include "lab/fault/testing.hpp"
#include "ops/instance/detours.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::is_stopped;
using testing::until;

constexpr int kSurelyMs = 20'000;

class FaultTest : public ::testing::Test {
 protected:
  FaultTest() : sleepers_(run_ / "data"), agent_(FaultAgent::start(run_).value()) {
    EXPECT_TRUE(make_disk_table(run_ / "disks"));
  }
  static FaultPlan plan(FaultKind kind, const std::string& target) {
    FaultPlan made;
    made.number = 1;
    made.kind = kind;
    made.target = target;
    return made;
  }
  [[nodiscard]] std::unique_ptr<Fault> make(const FaultPlan& wanted) {
    return make_fault(wanted,
                      {sleepers_, *agent_, links_, run_, run_ / "disks", [this](const std::string& how) {
                         return poison_ ? Result<std::string>(*poison_ + how) : poison_;
                       }});
  }
  // Without ports: those are given when it starts.
  [[nodiscard]] static std::vector<instance::Member> members() {
    return instance::topology({"users", "orders"}, 1);
  }
  // The nodes' link ports are those of two listeners; monitor and nodes of users reach them through the
  // fault agent.
  void lead_links_through_agent(const FaultPlan& wanted) {
    fs::create_directories(layout_.run());
    ASSERT_TRUE(
        write_file(layout_.ports_file(),
                   fmt::format(R"({{"users-commands-a.link":{},"users-commands-b.link":{},"redis":{}}})",
                               node_a_.port(), node_b_.port(), redis_.port())));
    auto opened = ProxiedLinks::open(*agent_, layout_, {wanted}, members());
    ASSERT_TRUE(opened) << opened.error().what;
    links_ = std::move(*opened);
  }
  [[nodiscard]] std::uint16_t link(const std::string& dials, const std::string& listens) const {
    for (const auto& one : links_.all()) {
      if (one.dials == dials && one.listens == listens) return one.port;
    }
    return 0;
  }

  const sportapp::testing::TempFolder folder_;
  const fs::path run_ = folder_.path();
  const instance::Layout layout_{run_ / "instance"};
  testing::Sleepers sleepers_;
  std::unique_ptr<FaultAgent> agent_;
  ProxiedLinks links_;
  Result<std::string> poison_ = std::string("a request that makes it ");
  std::int64_t now_us_ = 1'000'000;
  const Fault::Now now_ = [this] { return now_us_; };
  testing::Listener node_a_, node_b_, redis_;
};

TEST_F(FaultTest, KillEndsEveryoneWhomItMeans) {
  const auto fault = make(plan(FaultKind::kKill, "users.both+monitor+users.primary"));
  const auto start = fault->strike(now_);
  ASSERT_TRUE(start);
  EXPECT_EQ(start->what, "kill -9 of users-commands-a and users-commands-b and monitor");
  EXPECT_EQ(start->at_us, now_us_);
  for (const auto* name : {"users-commands-a", "users-commands-b", "monitor"}) {
    const auto status = sleepers_.process(name).ended(kSurelyMs);
    ASSERT_TRUE(status) << name;
    EXPECT_TRUE(WIFSIGNALED(*status) && WTERMSIG(*status) == SIGKILL) << name;
  }
  EXPECT_FALSE(fault->heal().value());
}

TEST_F(FaultTest, WhoIsNotThereNowMayBeLater) {
  sleepers_.set("users.spare", {});
  const auto now = make(plan(FaultKind::kKill, "users.spare"))->strike(now_);
  ASSERT_FALSE(now);
  EXPECT_EQ(now.error().retry, Retry::kLater);
  const auto never = make(plan(FaultKind::kKill, "users.primary+nobody"))->strike(now_);
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().retry, Retry::kNever);
  EXPECT_FALSE(sleepers_.process("users-commands-a").ended()) << "all or none";
}

TEST_F(FaultTest, FreezeIsThawed) {
  auto wanted = plan(FaultKind::kFreeze, "users.primary");
  wanted.heal_after_ms = 3'600'000;
  const auto fault = make(wanted);
  EXPECT_EQ(fault->strike(now_)->what, "SIGSTOP of users-commands-a, SIGCONT after 3600000 ms");
  const auto pid = sleepers_.process("users-commands-a").pid();
  EXPECT_TRUE(until([&] { return is_stopped(pid); }));
  EXPECT_FALSE(fault->is_over().value());
  EXPECT_TRUE(fault->heal().value());
  EXPECT_TRUE(until([&] { return !is_stopped(pid); }));
}

TEST_F(FaultTest, AFreezeEndsOnTimeEvenIfNobodyAsks) {
  auto wanted = plan(FaultKind::kFreeze, "users.primary");
  wanted.heal_after_ms = 300;
  const auto fault = make(wanted);
  ASSERT_TRUE(fault->strike(now_));
  const auto pid = sleepers_.process("users-commands-a").pid();
  EXPECT_TRUE(until([&] { return is_stopped(pid); }));
  EXPECT_TRUE(until([&] { return !is_stopped(pid); }));
}

TEST_F(FaultTest, AStopLastsAndWhoWasEndedMeanwhileIsNothingToHeal) {
  const auto fault = make(plan(FaultKind::kStop, "users.both"));
  EXPECT_EQ(fault->strike(now_)->what, "SIGSTOP of users-commands-a and users-commands-b, for ever");
  for (const auto* name : {"users-commands-a", "users-commands-b"}) {
    EXPECT_TRUE(until([&] { return is_stopped(sleepers_.process(name).pid()); }));
    sleepers_.process(name).kill();
  }
  EXPECT_FALSE(fault->heal().value());
}

TEST_F(FaultTest, ADiskIsFullOrSlowForItsNodeAlone) {
  const auto writes = [&](const std::string& name) {
    return testing::has_room(run_ / "disks", sleepers_.data(name));
  };
  const auto full = make(plan(FaultKind::kFullDisk, "users.primary"));
  EXPECT_EQ(full->strike(now_)->what, "no room left on the disk of users-commands-a");
  EXPECT_FALSE(writes("users-commands-a"));
  EXPECT_TRUE(writes("users-commands-b"));
  EXPECT_TRUE(full->heal().value());
  EXPECT_TRUE(writes("users-commands-a"));
  auto wanted = plan(FaultKind::kSlowDisk, "users.both");
  wanted.delay_ms = 20;
  const auto slow = make(wanted);
  EXPECT_EQ(slow->strike(now_)->what,
            "each sync of users-commands-a and users-commands-b takes 20 ms longer");
  EXPECT_TRUE(slow->heal().value());
}

TEST_F(FaultTest, ADiskOfAnInstanceWithoutTheLibraryCannotBeSpoilt) {
  const auto fault =
      make_fault(plan(FaultKind::kFullDisk, "users.primary"), {sleepers_, *agent_, links_, run_, {}, {}});
  const auto start = fault->strike(now_);
  ASSERT_FALSE(start);
  EXPECT_THAT(start.error().what, HasSubstr("was not started with the library"));
}

TEST_F(FaultTest, ASqueezeIsMadeOneWayOrTheOtherAndHealed) {
  auto wanted = plan(FaultKind::kSqueeze, "users.both");
  wanted.cpu_percent = 50;
  const auto groups = [&] {
    return read_file(fmt::format("/proc/{}/cgroup", sleepers_.process("users-commands-b").pid()));
  };
  const auto before = groups();
  const auto fault = make(wanted);
  const auto start = fault->strike(now_);
  ASSERT_TRUE(start) << start.error().what;
  EXPECT_THAT(start->what, HasSubstr("50 % of one core for users-commands-a and users-commands-b"));
  const auto crowd = testing::children_of(agent_->pid()).size();
  EXPECT_NE(crowd > 0, groups() != before) << start->what;
  EXPECT_TRUE(fault->heal().value());
  EXPECT_EQ(groups(), before);
  EXPECT_TRUE(testing::children_of(agent_->pid()).empty());
}

TEST_F(FaultTest, ACrowdLeavesItsShare) {
  EXPECT_EQ(cpu_load_for(50, 2), 2);
  EXPECT_EQ(cpu_load_for(10, 2), 18);
  EXPECT_EQ(cpu_load_for(100, 4), 4);
  EXPECT_EQ(cpu_load_for(30, 1), 3);
}

// --- links ---

// Whether something that is sent over a new connection through the link arrives.
bool passes(std::uint16_t port, testing::Listener& listener) {
  auto near = testing::Socket::to(port);
  auto far = listener.accept();
  return near.send("hello") && far.receive(5) == "hello";
}

TEST_F(FaultTest, OnlyLinksThatAScheduleCutsGoThroughTheAgent) {
  lead_links_through_agent(plan(FaultKind::kKill, "users.primary"));
  EXPECT_TRUE(links_.all().empty());
  EXPECT_FALSE(fs::exists(layout_.detours_file()));
  lead_links_through_agent(plan(FaultKind::kCut, "users.primary-users.spare+monitor-users.a"));
  EXPECT_EQ(links_.all().size(), 3U);
  EXPECT_EQ(links_.between("users-commands-a", "users-commands-b")->size(), 2U);
  EXPECT_EQ(links_.between("users-commands-a", "monitor")->size(), 1U);
  EXPECT_FALSE(links_.between("users-commands-b", "monitor"));
  const auto detours = instance::Detours::read(layout_).value();
  EXPECT_EQ(detours.port("monitor", "users-commands-a", 1), link("monitor", "users-commands-a"));
  EXPECT_EQ(detours.port("users-commands-b", "users-commands-a", 1),
            link("users-commands-b", "users-commands-a"));
  EXPECT_EQ(detours.port("orders-commands-b", "orders-commands-a", 1), 1);
  EXPECT_TRUE(passes(link("users-commands-a", "users-commands-b"), node_b_));
  EXPECT_TRUE(passes(link("users-commands-b", "users-commands-a"), node_a_));
}

TEST_F(FaultTest, AWayThatNoLinkGoesIsRefused) {
  for (const auto* target :
       {"users.primary-gateway", "users.primary-users.queries", "monitor-redis", "users.a-users.a"}) {
    const auto opened = ProxiedLinks::open(*agent_, layout_, {plan(FaultKind::kCut, target)}, members());
    ASSERT_FALSE(opened) << target;
    EXPECT_THAT(opened.error().what, HasSubstr("no link goes between")) << target;
  }
}

TEST_F(FaultTest, ACutHitsBothWaysWhoeverDials) {
  auto wanted = plan(FaultKind::kCut, "users.primary-users.spare");
  lead_links_through_agent(wanted);
  wanted.action = LinkAction::kClose;
  wanted.direction = Direction::kThere;
  const auto fault = make(wanted);
  // As a cluster has it: each dials the other.
  auto a_dials = testing::Socket::to(link("users-commands-a", "users-commands-b"));
  auto at_b = node_b_.accept();
  auto b_dials = testing::Socket::to(link("users-commands-b", "users-commands-a"));
  auto at_a = node_a_.accept();
  const auto start = fault->strike(now_);
  ASSERT_TRUE(start) << start.error().what;
  EXPECT_EQ(start->what, "users-commands-a -> users-commands-b: closed");
  EXPECT_TRUE(at_b.ended()) << "b hears nothing of a on a connection that a made";
  EXPECT_TRUE(b_dials.ended()) << "nor on one that it made itself";
  EXPECT_TRUE(at_b.send("still here"));
  EXPECT_EQ(a_dials.receive(10), "still here");
  EXPECT_TRUE(b_dials.send("still here"));
  EXPECT_EQ(at_a.receive(10), "still here");
  EXPECT_TRUE(fault->heal().value());
  EXPECT_TRUE(passes(link("users-commands-a", "users-commands-b"), node_b_));
  EXPECT_TRUE(passes(link("users-commands-b", "users-commands-a"), node_a_));
}

TEST_F(FaultTest, TheWayToRedisCanBeCut) {
  auto wanted = plan(FaultKind::kCut, "users.primary-redis");
  wanted.action = LinkAction::kClose;
  lead_links_through_agent(wanted);
  sleepers_.start("redis");
  sleepers_.set("redis", {"redis"});
  EXPECT_TRUE(passes(link("users-commands-b", "redis"), redis_));
  const auto fault = make(wanted);
  EXPECT_EQ(fault->strike(now_)->what, "users-commands-a <-> redis: closed");
  EXPECT_TRUE(testing::Socket::to(link("users-commands-a", "redis")).ended());
  EXPECT_TRUE(passes(link("users-commands-b", "redis"), redis_)) << "of the primary alone";
  EXPECT_TRUE(fault->heal().value());
  EXPECT_TRUE(passes(link("users-commands-a", "redis"), redis_));
}

TEST_F(FaultTest, AnEndOfAWayIsOneProcess) {
  lead_links_through_agent(plan(FaultKind::kCut, "monitor-users.both"));
  const auto start = make(plan(FaultKind::kCut, "monitor-users.both"))->strike(now_);
  ASSERT_FALSE(start);
  EXPECT_THAT(start.error().what, HasSubstr("'users.both' are users-commands-a and users-commands-b"));
}

// --- on purpose, commands, poison ---

TEST_F(FaultTest, ASwitchoverIsOverWhenTheCommandHasEnded) {
  const auto fault = make(plan(FaultKind::kSwitchover, "users"));
  EXPECT_EQ(fault->strike(now_)->what, "sportapp switchover users");
  EXPECT_TRUE(until([&] { return fault->is_over().value(); }));
  EXPECT_THAT(read_file(run_ / "commands.log").value(), HasSubstr("switchover users"));
}

TEST_F(FaultTest, ACommandOfOursThatFailsIsSaid) {
  sleepers_.set_program("false");
  const auto fault = make(plan(FaultKind::kRolling, ""));
  ASSERT_TRUE(fault->strike(now_));
  EXPECT_TRUE(until([&] { return !fault->is_over(); }));
  EXPECT_THAT(fault->is_over().error().what, HasSubstr("restart --rolling ended with status 1"));
}

TEST_F(FaultTest, AUsersCommandsBringItAboutAndHealIt) {
  auto wanted = plan(FaultKind::kCommand, "");
  wanted.inject = "touch '" + (run_ / "broken").string() + "'";
  wanted.heal = "rm '" + (run_ / "broken").string() + "'";
  const auto fault = make(wanted);
  EXPECT_EQ(fault->strike(now_)->what, wanted.inject);
  EXPECT_TRUE(until([&] { return fs::exists(run_ / "broken"); }));
  EXPECT_FALSE(fault->is_over().value());
  EXPECT_TRUE(fault->heal().value());
  EXPECT_FALSE(fs::exists(run_ / "broken"));
}

TEST_F(FaultTest, AUsersCommandWithoutHealingIsOverWhenItHasEnded) {
  auto wanted = plan(FaultKind::kCommand, "");
  wanted.inject = "true";
  const auto fault = make(wanted);
  ASSERT_TRUE(fault->strike(now_));
  EXPECT_TRUE(until([&] { return fault->is_over().value(); }));
}

TEST_F(FaultTest, PoisonIsSentByTheLoad) {
  EXPECT_EQ(make(plan(FaultKind::kPoison, ""))->strike(now_)->what, "a request that makes it crash");
  auto hang = plan(FaultKind::kPoison, "");
  hang.how = "hang";
  EXPECT_EQ(make(hang)->strike(now_)->what, "a request that makes it hang");
  poison_ = Error{Retry::kNever, "the load has ended"};
  EXPECT_EQ(make(plan(FaultKind::kPoison, ""))->strike(now_).error().what, "the load has ended");
}

}  // namespace
}  // namespace sportapp::lab
