#include "lab/healer/healer.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <array>
#include <fstream>

#include "lab/healer/control_group.hpp"
#include "lab/healer/disks.hpp"
#include "lab/healer/injured.hpp"
#include "lab/healer/tcp_testing.hpp"
#include "lab/healer/testing.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
using testing::children_of;
using testing::identity;
using testing::is_stopped;
using testing::until;

class HealerTest : public ::testing::Test {
 protected:
  HealerTest() : sleeper_(testing::start_task("exec sleep 600", run_)) {
    EXPECT_TRUE(make_disk_table(table_));
    fs::create_directories(run_ / "data");
  }
  [[nodiscard]] Frozen frozen() const { return {"sleeper", identity(sleeper_)}; }
  [[nodiscard]] DiskSpoilt full_disk() const { return {table_, run_ / "data", {0, true}}; }
  // Whether a program that has the library can write below the folder.
  [[nodiscard]] bool has_room() const { return testing::has_room(table_, run_ / "data"); }
  [[nodiscard]] bool is_listed() const { return fs::exists(injured_file(run_)); }

  const sportapp::testing::TempFolder folder_;
  const fs::path run_ = folder_.path();
  const fs::path table_ = run_ / "disks";
  Task sleeper_;
};

TEST_F(HealerTest, WhatIsInflictedIsListedAndHealedWhenAsked) {
  const auto healer = Healer::start(run_).value();
  const auto stopped = healer->inflict(frozen());
  const auto full = healer->inflict(full_disk());
  const auto crowd = healer->inflict(Crowded{3});
  ASSERT_TRUE(stopped && full && crowd);
  EXPECT_TRUE(until([&] { return is_stopped(sleeper_.pid()); }));
  EXPECT_FALSE(has_room());
  EXPECT_EQ(children_of(healer->pid()).size(), 3U);
  EXPECT_EQ(read_injured(run_).value()->injuries.size(), 3U);
  ASSERT_TRUE(healer->heal(*stopped));
  EXPECT_TRUE(until([&] { return !is_stopped(sleeper_.pid()); }));
  ASSERT_TRUE(healer->heal(*full));
  EXPECT_TRUE(has_room());
  ASSERT_TRUE(healer->heal(*crowd));
  EXPECT_TRUE(children_of(healer->pid()).empty());
  EXPECT_TRUE(healer->heal(*crowd)) << "what is healed may be healed again";
  EXPECT_TRUE(healer->finish());
  EXPECT_FALSE(is_listed());
}

TEST_F(HealerTest, EverythingIsHealedAtTheEnd) {
  pid_t pid = 0;
  {
    const auto healer = Healer::start(run_).value();
    pid = healer->pid();
    ASSERT_TRUE(healer->inflict(frozen()));
    ASSERT_TRUE(healer->inflict(full_disk()));
    ASSERT_TRUE(healer->inflict(Noted{"touch '" + (run_ / "healed").string() + "'"}));
    ASSERT_TRUE(until([&] { return is_stopped(sleeper_.pid()); }));
  }
  EXPECT_TRUE(until([&] { return !is_stopped(sleeper_.pid()); }));
  EXPECT_TRUE(has_room());
  EXPECT_TRUE(fs::exists(run_ / "healed"));
  EXPECT_FALSE(is_listed());
  EXPECT_FALSE(process::identify(pid));
}

TEST_F(HealerTest, WhatAProcessStartedIsStoppedWithIt) {
  auto parent = testing::start_task("sleep 600 & wait", run_);
  EXPECT_TRUE(until([&] { return !children_of(parent.pid()).empty(); }));
  const auto child = children_of(parent.pid()).at(0);
  const auto healer = Healer::start(run_).value();
  ASSERT_TRUE(healer->inflict(Frozen{"parent", identity(parent)}));
  EXPECT_TRUE(until([&] { return is_stopped(parent.pid()) && is_stopped(child); }));
  ASSERT_TRUE(healer->heal_all());
  EXPECT_TRUE(until([&] { return !is_stopped(parent.pid()) && !is_stopped(child); }));
}

TEST_F(HealerTest, WhatTakesTooLongIsHealedWithoutBeingAsked) {
  const auto healer = Healer::start(run_).value();
  ASSERT_TRUE(healer->inflict(frozen(), 300));
  EXPECT_TRUE(until([&] { return is_stopped(sleeper_.pid()); }));
  EXPECT_TRUE(until([&] { return !is_stopped(sleeper_.pid()); }));
}

TEST_F(HealerTest, WhatCannotBeInflictedIsSaidAndNotListed) {
  const auto healer = Healer::start(run_).value();
  auto gone = frozen();
  ++gone.id.start_time;  // the pid is another's now
  const auto stopped = healer->inflict(gone);
  ASSERT_FALSE(stopped);
  EXPECT_THAT(stopped.error().what, ::testing::HasSubstr("sleeper"));
  EXPECT_FALSE(healer->inflict(WaySpoilt{1, Direction::kBoth, {Verb::kDrop}}));
  EXPECT_FALSE(healer->inflict(DiskSpoilt{run_ / "no table", run_, {0, true}}));
  EXPECT_TRUE(read_injured(run_).value()->injuries.empty());
  EXPECT_FALSE(is_stopped(sleeper_.pid()));
}

TEST_F(HealerTest, AHealingThatFailsIsTriedAgainAndStaysListed) {
  {
    const auto healer = Healer::start(run_).value();
    const auto flag = (run_ / "flag").string();
    const auto noted = healer->inflict(Noted{"test -e '" + flag + "'"});
    EXPECT_FALSE(healer->heal(*noted));
    EXPECT_EQ(read_injured(run_).value()->injuries.size(), 1U);
    std::ofstream(flag) << "now";
    EXPECT_TRUE(until([&] { return read_injured(run_).value()->injuries.empty(); }));
    ASSERT_TRUE(healer->inflict(Noted{"false"}));
    EXPECT_FALSE(healer->finish());
  }
  EXPECT_EQ(read_injured(run_).value()->injuries.size(), 1U);
  const auto left = heal_left(run_);
  ASSERT_FALSE(left) << "this process, the lab, is still there";
  EXPECT_THAT(left.error().what, ::testing::HasSubstr("is under way"));
}

TEST_F(HealerTest, AWayFollowsThePortInItsFile) {
  testing::Listener first, second;
  const auto ports = run_ / "ports.json";
  const auto write = [&](std::uint16_t port) {
    ASSERT_TRUE(write_file(ports, fmt::format(R"({{"users-commands-a.link":{}}})", port)));
  };
  const auto healer = Healer::start(run_).value();
  const auto opened = healer->open_ways({PortInFile{ports, "users-commands-a.link"}, first.port()});
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

TEST_F(HealerTest, AThrottledProcessComputesLessAndIsBackWhereItWas) {
  auto busy = testing::start_task("sleep 600 & while :; do :; done", run_);
  const auto id = identity(busy);
  EXPECT_TRUE(until([&] { return !children_of(id.pid).empty(); }));
  const auto child_groups_file = fmt::format("/proc/{}/cgroup", children_of(id.pid).at(0));
  const auto groups_file = fmt::format("/proc/{}/cgroup", id.pid);
  const auto before = read_file(groups_file);
  const auto healer = Healer::start(run_).value();
  Result<int> number = Error{Retry::kNever, "no control groups"};
  fs::path group;
  for (const auto& choice : throttle_choices("busy", id, 10)) {
    group = choice.group;
    number = healer->inflict(choice);
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
  ASSERT_TRUE(healer->heal(*number));
  EXPECT_EQ(read_file(groups_file), before);
  EXPECT_EQ(read_file(child_groups_file), before);
  EXPECT_FALSE(fs::exists(group));
}

// --- ends ---

// A lab of its own process, which injects everything there is and then hangs.
class LabGoneTest : public HealerTest {
 protected:
  struct Told {
    pid_t healer = 0;
    std::uint16_t way = 0;
  };
  LabGoneTest()
      : instance_(testing::start_task(
            "trap '' TERM; until [ -e '" + (run_ / "end").string() + "' ]; do sleep 0.05; done", run_)) {}

  // What runs in the lab: false where something failed.
  bool inject_everything(Told& told) {
    auto started = Healer::start(run_);
    if (!started) return false;
    healer_ = std::move(*started);
    const auto ways = healer_->open_ways({listener_.port()});
    bool all = ways && healer_->guard(identity(instance_)) && healer_->inflict(frozen()) &&
               healer_->inflict(full_disk()) && healer_->inflict(Crowded{2}) &&
               healer_->inflict(WaySpoilt{ways->at(0), Direction::kBoth, {Verb::kDrop}});
    for (const auto& choice : throttle_choices("sleeper", identity(sleeper_), 10)) {
      if (healer_->inflict(choice)) break;
    }
    told = {healer_->pid(), all ? ways->at(0) : std::uint16_t{0}};
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
    EXPECT_EQ(children_of(told.healer).size(), 2U);
    auto dialled = testing::Socket::to(told.way);
    EXPECT_TRUE(listener_.is_quiet());
  }
  [[nodiscard]] bool has_group() const {
    const auto groups = read_file(fmt::format("/proc/{}/cgroup", sleeper_.pid())).value_or("");
    return groups.find("sportapp-lab-") != std::string::npos;
  }

  testing::Listener listener_;
  Task instance_;
  std::unique_ptr<Healer> healer_;
};

TEST_F(LabGoneTest, AKilledLabLeavesNothingBehind) {
  Told told;
  const auto lab = start_lab(told);
  expect_everything_injected(told);
  kill(lab);
  EXPECT_TRUE(until([&] { return !is_stopped(sleeper_.pid()); }));
  EXPECT_TRUE(until([&] { return children_of(told.healer).empty(); }));
  EXPECT_TRUE(until([&] { return !has_group(); }));
  EXPECT_TRUE(until([&] { return has_room(); }));
  // Its instance still runs, and so the way passes.
  ASSERT_FALSE(instance_.ended());
  auto near = testing::Socket::to(told.way);
  auto far = listener_.accept();
  EXPECT_TRUE(near.send("hello"));
  EXPECT_EQ(far.receive(5), "hello");
  std::ofstream(run_ / "end") << "now";
  EXPECT_TRUE(until([&] { return !process::identify(told.healer); }));
  EXPECT_TRUE(instance_.ended());
  EXPECT_FALSE(is_listed());
  EXPECT_EQ(heal_left(run_).value().size(), 0U);
}

TEST_F(LabGoneTest, WhatIsLeftWhenLabAndHealerAreKilledIsHealedFromTheList) {
  Told told;
  const auto lab = start_lab(told);
  expect_everything_injected(told);
  ::kill(lab, SIGSTOP);  // so that it cannot notice
  ::kill(told.healer, SIGKILL);
  EXPECT_TRUE(until([&] { return !process::identify(told.healer); }));
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

TEST_F(LabGoneTest, AHealerThatIsGoneIsSaidAndHealedFromTheListByTheLab) {
  const auto healer = Healer::start(run_).value();
  ASSERT_TRUE(healer->inflict(frozen()));
  ::kill(healer->pid(), SIGKILL);
  const auto next = healer->inflict(full_disk());
  ASSERT_FALSE(next);
  EXPECT_THAT(next.error().what, ::testing::HasSubstr("the healer does not answer"));
  EXPECT_TRUE(has_room());
  ASSERT_TRUE(healer->heal_all()) << "without it, the lab does it itself";
  EXPECT_TRUE(until([&] { return !is_stopped(sleeper_.pid()); }));
}

TEST_F(HealerTest, ARunThatIsNotThereIsSaid) {
  EXPECT_FALSE(heal_left(run_ / "none"));
  EXPECT_EQ(heal_left(run_).value().size(), 0U);
}

TEST_F(HealerTest, AnInstanceThatDoesNotEndIsKilled) {
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
