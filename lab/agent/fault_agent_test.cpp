#include "lab/agent/fault_agent.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <array>
#include <fstream>

#include "lab/agent/control_group.hpp"
#include "lab/agent/disks.hpp"
#include "lab/agent/injection_list.hpp"
#include "lab/agent/tcp_testing.hpp"
#include "lab/agent/testing.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
using testing::children_of;
using testing::identity;
using testing::is_stopped;
using testing::until;

class FaultAgentTest : public ::testing::Test {
 protected:
  FaultAgentTest() : sleeper_(testing::start_task("exec sleep 600", run_)) {
    EXPECT_TRUE(make_disk_table(table_));
    fs::create_directories(run_ / "data");
  }
  [[nodiscard]] Frozen frozen() const { return {"sleeper", identity(sleeper_)}; }
  [[nodiscard]] DiskInjection full_disk() const { return {table_, run_ / "data", {0, true}}; }
  // Whether a program that has the library can write below the folder.
  [[nodiscard]] bool has_room() const { return testing::has_room(table_, run_ / "data"); }
  [[nodiscard]] bool is_listed() const { return fs::exists(injection_list_file(run_)); }

  const sportapp::testing::TempFolder folder_;
  const fs::path run_ = folder_.path();
  const fs::path table_ = run_ / "disks";
  Task sleeper_;
};

TEST_F(FaultAgentTest, WhatIsInjectedIsListedAndHealedWhenAsked) {
  const auto agent = FaultAgent::start(run_).value();
  const auto stopped = agent->inject(frozen());
  const auto full = agent->inject(full_disk());
  const auto crowd = agent->inject(CpuLoad{3});
  ASSERT_TRUE(stopped && full && crowd);
  EXPECT_TRUE(until([&] { return is_stopped(sleeper_.pid()); }));
  EXPECT_FALSE(has_room());
  EXPECT_EQ(children_of(agent->pid()).size(), 3U);
  EXPECT_EQ(read_injection_list(run_).value()->injections.size(), 3U);
  ASSERT_TRUE(agent->heal(*stopped));
  EXPECT_TRUE(until([&] { return !is_stopped(sleeper_.pid()); }));
  ASSERT_TRUE(agent->heal(*full));
  EXPECT_TRUE(has_room());
  ASSERT_TRUE(agent->heal(*crowd));
  EXPECT_TRUE(children_of(agent->pid()).empty());
  EXPECT_TRUE(agent->heal(*crowd)) << "what is healed may be healed again";
  EXPECT_TRUE(agent->finish());
  EXPECT_FALSE(is_listed());
}

TEST_F(FaultAgentTest, EverythingIsHealedAtTheEnd) {
  pid_t pid = 0;
  {
    const auto agent = FaultAgent::start(run_).value();
    pid = agent->pid();
    ASSERT_TRUE(agent->inject(frozen()));
    ASSERT_TRUE(agent->inject(full_disk()));
    ASSERT_TRUE(agent->inject(UndoCommand{"touch '" + (run_ / "healed").string() + "'"}));
    ASSERT_TRUE(until([&] { return is_stopped(sleeper_.pid()); }));
  }
  EXPECT_TRUE(until([&] { return !is_stopped(sleeper_.pid()); }));
  EXPECT_TRUE(has_room());
  EXPECT_TRUE(fs::exists(run_ / "healed"));
  EXPECT_FALSE(is_listed());
  EXPECT_FALSE(process::identify(pid));
}

TEST_F(FaultAgentTest, WhatAProcessStartedIsStoppedWithIt) {
  auto parent = testing::start_task("sleep 600 & wait", run_);
  EXPECT_TRUE(until([&] { return !children_of(parent.pid()).empty(); }));
  const auto child = children_of(parent.pid()).at(0);
  const auto agent = FaultAgent::start(run_).value();
  ASSERT_TRUE(agent->inject(Frozen{"parent", identity(parent)}));
  EXPECT_TRUE(until([&] { return is_stopped(parent.pid()) && is_stopped(child); }));
  ASSERT_TRUE(agent->heal_all());
  EXPECT_TRUE(until([&] { return !is_stopped(parent.pid()) && !is_stopped(child); }));
}

TEST_F(FaultAgentTest, WhatTakesTooLongIsHealedWithoutBeingAsked) {
  const auto agent = FaultAgent::start(run_).value();
  ASSERT_TRUE(agent->inject(frozen(), 300));
  EXPECT_TRUE(until([&] { return is_stopped(sleeper_.pid()); }));
  EXPECT_TRUE(until([&] { return !is_stopped(sleeper_.pid()); }));
}

TEST_F(FaultAgentTest, WhatCannotBeInjectedIsSaidAndNotListed) {
  const auto agent = FaultAgent::start(run_).value();
  auto gone = frozen();
  ++gone.id.start_time;  // the pid is another's now
  const auto stopped = agent->inject(gone);
  ASSERT_FALSE(stopped);
  EXPECT_THAT(stopped.error().what, ::testing::HasSubstr("sleeper"));
  EXPECT_FALSE(agent->inject(LinkInjection{1, Direction::kBoth, {LinkAction::kDrop}}));
  EXPECT_FALSE(agent->inject(DiskInjection{run_ / "no table", run_, {0, true}}));
  EXPECT_TRUE(read_injection_list(run_).value()->injections.empty());
  EXPECT_FALSE(is_stopped(sleeper_.pid()));
}

TEST_F(FaultAgentTest, AHealingThatFailsIsTriedAgainAndStaysListed) {
  {
    const auto agent = FaultAgent::start(run_).value();
    const auto flag = (run_ / "flag").string();
    const auto noted = agent->inject(UndoCommand{"test -e '" + flag + "'"});
    EXPECT_FALSE(agent->heal(*noted));
    EXPECT_EQ(read_injection_list(run_).value()->injections.size(), 1U);
    std::ofstream(flag) << "now";
    EXPECT_TRUE(until([&] { return read_injection_list(run_).value()->injections.empty(); }));
    ASSERT_TRUE(agent->inject(UndoCommand{"false"}));
    EXPECT_FALSE(agent->finish());
  }
  EXPECT_EQ(read_injection_list(run_).value()->injections.size(), 1U);
  const auto left = heal_left(run_);
  ASSERT_FALSE(left) << "this process, the lab, is still there";
  EXPECT_THAT(left.error().what, ::testing::HasSubstr("is under way"));
}

TEST_F(FaultAgentTest, ALinkFollowsThePortInItsFile) {
  testing::Listener first, second;
  const auto ports = run_ / "ports.json";
  const auto write = [&](std::uint16_t port) {
    ASSERT_TRUE(write_file(ports, fmt::format(R"({{"users-commands-a.link":{}}})", port)));
  };
  const auto agent = FaultAgent::start(run_).value();
  const auto opened = agent->open_links({PortInFile{ports, "users-commands-a.link"}, first.port()});
  ASSERT_TRUE(opened);
  ASSERT_EQ(opened->size(), 2U);
  EXPECT_TRUE(testing::Socket::to(opened->at(0)).ended()) << "there is no file yet";
  write(first.port());
  const auto to_first = testing::Socket::to(opened->at(0));
  const auto by_first = first.accept();
  write(second.port());
  const auto to_second = testing::Socket::to(opened->at(0));
  const auto by_second = second.accept();
  const auto fixed = testing::Socket::to(opened->at(1));
  const auto by_first_again = first.accept();
}

// --- the CPU ---

double computed_s(pid_t pid) {
  const auto ticks = std::stod(testing::stat_field(pid, 11)) + std::stod(testing::stat_field(pid, 12));
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

TEST_F(FaultAgentTest, AThrottledProcessComputesLessAndIsBackWhereItWas) {
  auto busy = testing::start_task("sleep 600 & while :; do :; done", run_);
  const auto id = identity(busy);
  EXPECT_TRUE(until([&] { return !children_of(id.pid).empty(); }));
  const auto child_groups_file = fmt::format("/proc/{}/cgroup", children_of(id.pid).at(0));
  const auto groups_file = fmt::format("/proc/{}/cgroup", id.pid);
  const auto before = read_file(groups_file);
  const auto agent = FaultAgent::start(run_).value();
  Result<int> number = Error{Retry::kNever, "no control groups"};
  fs::path group;
  for (const auto& choice : throttle_choices("busy", id, 10)) {
    group = choice.group;
    number = agent->inject(choice);
    if (number) break;
    EXPECT_FALSE(fs::exists(group)) << "what failed leaves nothing";
  }
  if (!number) GTEST_SKIP() << "this user can limit nobody's CPU time here: " << number.error().what;
  EXPECT_NE(read_file(groups_file), before);
  EXPECT_EQ(read_file(child_groups_file), read_file(groups_file));
  const SystemClock clock;
  const auto began_ms = clock.monotonic_ms();
  const auto began_s = computed_s(id.pid);
  EXPECT_TRUE(until([&] { return clock.monotonic_ms() - began_ms > 2000; }));
  const auto computed = computed_s(id.pid) - began_s;
  const auto elapsed_s = static_cast<double>(clock.monotonic_ms() - began_ms) / 1000;
  EXPECT_LT(computed, 0.3 * elapsed_s) << "a tenth of a core, and what the ticks do not show";
  ASSERT_TRUE(agent->heal(*number));
  EXPECT_EQ(read_file(groups_file), before);
  EXPECT_EQ(read_file(child_groups_file), before);
  EXPECT_FALSE(fs::exists(group));
}

// --- ends ---

// A lab of its own process, which injects everything there is and then hangs.
class LabGoneTest : public FaultAgentTest {
 protected:
  struct Told {
    pid_t agent = 0;
    std::uint16_t link = 0;
  };
  LabGoneTest()
      : instance_(testing::start_task(
            "trap '' TERM; until [ -e '" + (run_ / "end").string() + "' ]; do sleep 0.05; done", run_)) {}

  // What runs in the lab: false where something failed.
  bool inject_everything(Told& told) {
    auto started = FaultAgent::start(run_);
    if (!started) return false;
    agent_ = std::move(*started);
    const auto links = agent_->open_links({listener_.port()});
    bool all = links && agent_->guard(identity(instance_)) && agent_->inject(frozen()) &&
               agent_->inject(full_disk()) && agent_->inject(CpuLoad{2}) &&
               agent_->inject(LinkInjection{links->at(0), Direction::kBoth, {LinkAction::kDrop}});
    for (const auto& choice : throttle_choices("sleeper", identity(sleeper_), 10)) {
      if (agent_->inject(choice)) break;
    }
    told = {agent_->pid(), all ? links->at(0) : std::uint16_t{0}};
    return all;
  }
  // Gives the pid of the lab, once it injected everything.
  pid_t start_lab(Told& told) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe(pipe.data()), 0);
    const pid_t lab = ::fork();
    if (lab == 0) {
      Told own;
      const bool all = inject_everything(own);
      if (all && ::write(pipe[1], &own, sizeof own) == sizeof own) ::pause();
      ::_exit(1);
    }
    ::close(pipe[1]);
    EXPECT_EQ(::read(pipe[0], &told, sizeof told), static_cast<ssize_t>(sizeof told));
    ::close(pipe[0]);
    return lab;
  }
  static void kill(pid_t pid) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  void expect_everything_injected(const Told& told) {
    EXPECT_TRUE(until([&] { return is_stopped(sleeper_.pid()); }));
    EXPECT_FALSE(has_room());
    EXPECT_EQ(children_of(told.agent).size(), 2U);
    auto dialled = testing::Socket::to(told.link);
    EXPECT_TRUE(listener_.is_quiet());
  }
  [[nodiscard]] bool has_group() const {
    const auto groups = read_file(fmt::format("/proc/{}/cgroup", sleeper_.pid())).value_or("");
    return groups.find("sportapp-lab-") != std::string::npos;
  }

  testing::Listener listener_;
  Task instance_;
  std::unique_ptr<FaultAgent> agent_;
};

TEST_F(LabGoneTest, AKilledLabLeavesNothingBehind) {
  Told told;
  const auto lab = start_lab(told);
  expect_everything_injected(told);
  kill(lab);
  EXPECT_TRUE(until([&] { return !is_stopped(sleeper_.pid()); }));
  EXPECT_TRUE(until([&] { return children_of(told.agent).empty(); }));
  EXPECT_TRUE(until([&] { return !has_group(); }));
  EXPECT_TRUE(until([&] { return has_room(); }));
  // Its instance still runs, and so the link passes.
  ASSERT_FALSE(instance_.ended());
  auto near = testing::Socket::to(told.link);
  auto far = listener_.accept();
  EXPECT_TRUE(near.send("hello"));
  EXPECT_EQ(far.receive(5), "hello");
  std::ofstream(run_ / "end") << "now";
  EXPECT_TRUE(until([&] { return !process::identify(told.agent); }));
  EXPECT_TRUE(instance_.ended());
  EXPECT_FALSE(is_listed());
  EXPECT_EQ(heal_left(run_).value().size(), 0U);
}

TEST_F(LabGoneTest, WhatIsLeftWhenLabAndAgentAreKilledIsHealedFromTheList) {
  Told told;
  const auto lab = start_lab(told);
  expect_everything_injected(told);
  ::kill(lab, SIGSTOP);  // so that it cannot notice
  ::kill(told.agent, SIGKILL);
  EXPECT_TRUE(until([&] { return !process::identify(told.agent); }));
  const auto too_early = heal_left(run_);
  ASSERT_FALSE(too_early);
  EXPECT_THAT(too_early.error().what, ::testing::HasSubstr("is under way"));
  kill(lab);
  EXPECT_TRUE(is_stopped(sleeper_.pid()));
  EXPECT_FALSE(has_room());
  std::ofstream(run_ / "end") << "now";
  EXPECT_TRUE(until([&] { return instance_.ended().has_value(); }));
  const auto done = heal_left(run_);
  ASSERT_TRUE(done) << done.error().what;
  EXPECT_THAT(*done, ::testing::Contains("healed: sleeper is stopped (SIGSTOP)"));
  EXPECT_TRUE(until([&] { return !is_stopped(sleeper_.pid()); }));
  EXPECT_TRUE(has_room());
  EXPECT_FALSE(has_group());
  EXPECT_FALSE(is_listed());
}

TEST_F(LabGoneTest, AnAgentThatIsGoneIsSaidAndHealedFromTheListByTheLab) {
  const auto agent = FaultAgent::start(run_).value();
  ASSERT_TRUE(agent->inject(frozen()));
  ::kill(agent->pid(), SIGKILL);
  const auto next = agent->inject(full_disk());
  ASSERT_FALSE(next);
  EXPECT_THAT(next.error().what, ::testing::HasSubstr("the fault agent does not answer"));
  EXPECT_TRUE(has_room());
  ASSERT_TRUE(agent->heal_all()) << "without it, the lab does it itself";
  EXPECT_TRUE(until([&] { return !is_stopped(sleeper_.pid()); }));
}

TEST_F(FaultAgentTest, ARunThatIsNotThereIsSaid) {
  EXPECT_FALSE(heal_left(run_ / "none"));
  EXPECT_EQ(heal_left(run_).value().size(), 0U);
}

TEST_F(FaultAgentTest, AnInstanceThatDoesNotEndIsKilled) {
  const auto deaf = (run_ / "deaf").string();
  auto stubborn =
      testing::start_task("trap '' TERM; touch '" + deaf + "'; sleep 600 & wait; sleep 600", run_);
  EXPECT_TRUE(until([&] { return fs::exists(deaf); }));
  const auto id = identity(stubborn);
  EXPECT_TRUE(end_process(id, 200));
  EXPECT_TRUE(until([&] { return stubborn.ended().has_value(); }));
  auto stopped = testing::start_task("exec sleep 600", run_);
  ::kill(stopped.pid(), SIGSTOP);
  EXPECT_FALSE(end_process(identity(stopped), 20'000)) << "one that is stopped ends all the same";
}

}  // namespace
}  // namespace sportapp::lab
