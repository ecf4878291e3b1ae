#include "ops/supervisor/supervisor.hpp"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>

#include "base/files.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::supervisor {
namespace {

using instance::ProcessState;

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kBoundMs = 30'000;

class SupervisorTest : public ::testing::Test {
 protected:
  ProcessPlan shell(const std::string& name, const std::string& script) const {
    ProcessPlan plan;
    plan.name = name;
    plan.launch.arguments = {"/bin/sh", "-c", script};
    plan.launch.folder = folder_.path() / name;
    plan.launch.stderr_log = folder_.path() / (name + ".stderr.log");
    plan.launch.death_signal = SIGTERM;
    return plan;
  }
  void supervise(std::vector<ProcessPlan> plans, RestartRule rule = {}) {
    supervisor_ = std::make_unique<Supervisor>(
        std::move(plans), clock_, [this](const Supervisor::View& view) { seen_.push_back(view); }, rule);
    supervisor_->start();
  }
  // Ticks until the condition holds; the bound is reached by a defect only.
  [[nodiscard]] bool until(const std::function<bool()>& condition) const {
    for (const auto deadline = clock_.monotonic_ms() + kBoundMs; clock_.monotonic_ms() < deadline;) {
      if (supervisor_) supervisor_->tick();
      if (condition()) return true;
      ::usleep(5000);
    }
    return false;
  }
  [[nodiscard]] Supervisor::View view(std::size_t at = 0) const { return supervisor_->views().at(at); }
  [[nodiscard]] std::string text_of(const std::string& file) const {
    return read_file(folder_.path() / file).value_or("");
  }

  SystemClock clock_;
  sportapp::testing::TempFolder folder_;
  std::unique_ptr<Supervisor> supervisor_;
  std::vector<Supervisor::View> seen_;
};

}  // namespace

TEST_F(SupervisorTest, AProcessThatIsKilledIsStartedAgain) {
  supervise({shell("one", "exec sleep 1000")});
  const auto first = view().id;
  ASSERT_NE(first.pid, 0);
  ::kill(first.pid, SIGKILL);
  ASSERT_TRUE(until([&] { return view().restarts == 1 && view().state == ProcessState::kRunning; }));
  EXPECT_NE(view().id, first);
  EXPECT_FALSE(process::is_alive(first));
  EXPECT_EQ(view().last_end, "was killed by signal 9 (Killed)");
}

TEST_F(SupervisorTest, OneThatKeepsEndingWaitsLongerEachTime) {
  auto plan = shell("one", "exit 7");
  plan.port = 1;  // where nothing listens: it never counts as running
  supervise({plan});
  ASSERT_TRUE(until([&] { return view().restarts >= 3; }));
  std::vector<int> delays;
  for (const auto& change : seen_) {
    if (change.state == ProcessState::kRestarting) delays.push_back(change.delay_ms);
  }
  delays.resize(3);
  EXPECT_THAT(delays, ElementsAre(0, 50, 100));
  EXPECT_GE(view().quick_ends, 3);
  EXPECT_EQ(view().last_end, "ended with status 7");
}

TEST_F(SupervisorTest, WithoutRestartWhatEndedStaysDownUntilItIsStarted) {
  supervise({shell("one", "exec sleep 1000")}, {.restart = false});
  const auto first = view().id;
  EXPECT_FALSE(supervisor_->start_one("one")) << "it runs";
  ::kill(first.pid, SIGKILL);
  ASSERT_TRUE(until([&] { return view().state == ProcessState::kStopped; }));
  for (int times = 0; times < 5; ++times) supervisor_->tick();
  EXPECT_EQ(view().id.pid, 0);
  EXPECT_EQ(view().last_end, "was killed by signal 9 (Killed)");
  EXPECT_EQ(view().stopped_by, "");
  ASSERT_TRUE(supervisor_->start_one("one"));
  EXPECT_TRUE(until([&] { return view().state == ProcessState::kRunning && view().id.pid != 0; }));
}

TEST_F(SupervisorTest, NoneIsStartedAgainSoonerThanTheRuleSays) {
  auto plan = shell("one", "exit 7");
  plan.port = 1;  // where nothing listens: it never counts as running
  supervise({plan}, {.after_ms = 70});
  ASSERT_TRUE(until([&] { return view().restarts >= 3; }));
  std::vector<int> delays;
  for (const auto& change : seen_) {
    if (change.state == ProcessState::kRestarting) delays.push_back(change.delay_ms);
  }
  delays.resize(3);
  EXPECT_THAT(delays, ElementsAre(70, 70, 100));
}

TEST_F(SupervisorTest, OneForWhichAnotherStandsInWaitsBeforeItIsStartedAgain) {
  auto waits = shell("one", "exec sleep 1000");
  waits.restart_after_ms = 70;
  supervise({waits});
  ::kill(view().id.pid, SIGKILL);
  ASSERT_TRUE(until([&] { return view().state == ProcessState::kRestarting; }));
  EXPECT_EQ(view().delay_ms, 70);
  ASSERT_TRUE(until([&] { return view().restarts == 1 && view().state == ProcessState::kRunning; }));
}

TEST_F(SupervisorTest, WhatAProcessLeftBehindIsGoneBeforeItsSuccessorStarts) {
  // Each start notes whether the worker of the one before is still there.
  supervise({shell("one",
                   "[ -f worker ] && kill -0 $(cat worker) 2>/dev/null && echo overlap >>../overlaps; "
                   "sleep 1000 & echo $! >worker; echo x >>../starts; wait")});
  ASSERT_TRUE(until([&] { return text_of("starts") == "x\n"; }));
  const auto worker = process::identify(std::stoi(text_of("one/worker")));
  ASSERT_TRUE(worker);
  ::kill(view().id.pid, SIGKILL);
  ASSERT_TRUE(until([&] { return text_of("starts") == "x\nx\n"; }));
  EXPECT_FALSE(process::is_alive(*worker));
  EXPECT_EQ(text_of("overlaps"), "");
}

TEST_F(SupervisorTest, AProcessRunsOnceItListens) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
  auto plan = shell("one", "exec sleep 1000");
  plan.port = ntohs(address.sin_port);
  supervise({plan});
  for (int times = 0; times < 5; ++times) supervisor_->tick();
  EXPECT_EQ(view().state, ProcessState::kStarting);
  ASSERT_EQ(::listen(socket, 8), 0);
  EXPECT_TRUE(until([&] { return view().state == ProcessState::kRunning; }));
  ::close(socket);
}

TEST_F(SupervisorTest, ProcessesEndInTheOrderOfTheirStages) {
  const std::string script =
      "trap 'sleep 0.2; echo $0 >>../ends; exit 0' TERM; echo up >started; while :; do sleep 0.02; done";
  auto last = shell("last", script);
  auto first = shell("first", script);
  auto middle = shell("middle", script);
  last.launch.arguments.push_back("last");
  first.launch.arguments.push_back("first");
  middle.launch.arguments.push_back("middle");
  last.stop_stage = 2;
  middle.stop_stage = 1;
  supervise({last, first, middle});
  ASSERT_TRUE(until([&] {
    return text_of("last/started") + text_of("first/started") + text_of("middle/started") == "up\nup\nup\n";
  }));
  supervisor_->stop();
  ASSERT_TRUE(until([&] { return supervisor_->stopped(); }));
  EXPECT_EQ(text_of("ends"), "first\nmiddle\nlast\n");
  EXPECT_EQ(view(0).last_end, "ended with status 0");
}

TEST_F(SupervisorTest, LaterStagesGoOnUntilTheyAreNamed) {
  auto first = shell("first", "exec sleep 1000");
  auto last = shell("last", "exec sleep 1000");
  last.stop_stage = 1;
  supervise({first, last});
  supervisor_->stop(0);
  ASSERT_TRUE(until([&] { return view(0).state == ProcessState::kStopped; }));
  supervisor_->tick();  // moves on where it may
  EXPECT_EQ(view(1).state, ProcessState::kRunning);
  EXPECT_FALSE(supervisor_->stopped());
  supervisor_->stop();
  ASSERT_TRUE(until([&] { return supervisor_->stopped(); }));
}

TEST_F(SupervisorTest, OneThatIgnoresItsStopSignalIsKilledAfterItsBound) {
  auto plan = shell("one", "trap '' TERM; echo up >started; while :; do sleep 0.02; done");
  plan.stop_ms = 100;
  supervise({plan});
  ASSERT_TRUE(until([&] { return text_of("one/started") == "up\n"; }));
  supervisor_->stop();
  ASSERT_TRUE(until([&] { return supervisor_->stopped(); }));
  EXPECT_EQ(view().last_end, "was killed by signal 9 (Killed)");
}

TEST_F(SupervisorTest, AskedToKillItDoesNotWaitForBounds) {
  auto plan = shell("one", "trap '' TERM; while :; do sleep 0.02; done");
  plan.stop_ms = 10 * kBoundMs;
  supervise({plan});
  supervisor_->stop();
  supervisor_->kill();
  EXPECT_TRUE(until([&] { return supervisor_->stopped(); }));
}

TEST_F(SupervisorTest, OneThatRanIsStartedAgainAtOnce) {
  supervise({shell("one", "exec sleep 1000")});
  ::kill(view().id.pid, SIGKILL);
  ASSERT_TRUE(until([&] { return view().restarts == 1; }));
  EXPECT_EQ(view().delay_ms, 0);
}

TEST_F(SupervisorTest, OneThatIsStoppedOnPurposeStaysDownUntilItIsStarted) {
  supervise({shell("one", "exec sleep 1000"), shell("two", "exec sleep 1000")});
  ASSERT_TRUE(supervisor_->stop_one("one", "operator"));
  ASSERT_TRUE(until([&] { return view().state == ProcessState::kStopped; }));
  for (int times = 0; times < 20; ++times) supervisor_->tick();
  EXPECT_EQ(view().state, ProcessState::kStopped);
  EXPECT_EQ(view().stopped_by, "operator");
  EXPECT_GT(view().stopped_ms, 0);
  EXPECT_EQ(view(1).state, ProcessState::kRunning);
  EXPECT_THAT(supervisor_->stop_one("one", "monitor").error().what,
              HasSubstr("stopped already, by operator"));
  ASSERT_TRUE(supervisor_->start_one("one"));
  ASSERT_TRUE(until([&] { return view().state == ProcessState::kRunning; }));
  EXPECT_EQ(view().stopped_by, "");
  EXPECT_THAT(supervisor_->start_one("one").error().what, HasSubstr("is not stopped"));
}

TEST_F(SupervisorTest, AllStoppedOneByOneIsNoEnd) {
  supervise({shell("one", "exec sleep 1000")});
  ASSERT_TRUE(supervisor_->stop_one("one", "operator"));
  ASSERT_TRUE(until([&] { return view().state == ProcessState::kStopped; }));
  EXPECT_FALSE(supervisor_->stopped());
  supervisor_->stop();
  EXPECT_TRUE(until([&] { return supervisor_->stopped(); }));
  EXPECT_THAT(supervisor_->start_one("one").error().what, HasSubstr("about to end"));
}

TEST_F(SupervisorTest, ARestartAsksItToEndFirst) {
  supervise({shell("one",
                   "trap 'echo asked >>../asked; exit 0' TERM; echo up >>../ups; "
                   "while :; do sleep 0.02; done")});
  ASSERT_TRUE(until([&] { return text_of("ups") == "up\n"; }));
  const auto first = view().id;
  ASSERT_TRUE(supervisor_->restart_one("one"));
  ASSERT_TRUE(until([&] { return text_of("ups") == "up\nup\n"; }));
  EXPECT_NE(view().id, first);
  EXPECT_EQ(text_of("asked"), "asked\n");
  EXPECT_EQ(view().quick_ends, 0);
}

TEST_F(SupervisorTest, OneThatIsStartedWhileItStillEndsComesBack) {
  supervise({shell("one", "trap 'sleep 0.2; exit 0' TERM; echo up >>../ups; while :; do sleep 0.02; done")});
  ASSERT_TRUE(until([&] { return text_of("ups") == "up\n"; }));
  ASSERT_TRUE(supervisor_->stop_one("one", "operator"));
  ASSERT_TRUE(supervisor_->start_one("one"));
  EXPECT_TRUE(until([&] { return text_of("ups") == "up\nup\n"; }));
}

TEST_F(SupervisorTest, OnlyThePidThatIsMeantIsKilled) {
  supervise({shell("one", "exec sleep 1000")});
  const auto first = view().id;
  EXPECT_FALSE(supervisor_->kill_one("one", first.pid + 1));
  EXPECT_FALSE(supervisor_->kill_one("one", 0));
  EXPECT_FALSE(supervisor_->kill_one("none", first.pid));
  EXPECT_TRUE(process::is_alive(first));
  ASSERT_TRUE(supervisor_->kill_one("one", first.pid));
  ASSERT_TRUE(until([&] { return view().restarts == 1 && view().state == ProcessState::kRunning; }));
  EXPECT_FALSE(supervisor_->kill_one("one", first.pid));
}

TEST_F(SupervisorTest, OneThatWaitsForItsRestartStopsAtOnce) {
  auto plan = shell("one", "exit 1");
  plan.port = 1;
  supervise({plan});
  ASSERT_TRUE(until([&] { return view().restarts >= 2 && view().state == ProcessState::kRestarting; }));
  supervisor_->stop();
  ASSERT_TRUE(until([&] { return supervisor_->stopped(); }));
  EXPECT_EQ(view().state, ProcessState::kStopped);
}

TEST_F(SupervisorTest, AProgramThatCannotBeExecutedIsToldAndTriedAgain) {
  auto plan = shell("one", "");
  plan.launch.arguments = {"/nowhere/program"};
  supervise({plan});
  EXPECT_EQ(view().state, ProcessState::kRestarting);
  EXPECT_EQ(view().last_end,
            "cannot start /nowhere/program: could not execute it: No such file or directory");
  EXPECT_TRUE(until([&] { return view().restarts >= 2; }));
}

TEST_F(SupervisorTest, OutputGoesToTheLogAndOpenFilesAreRaised) {
  supervise({shell("one", "ulimit -Sn; ulimit -Hn; echo wrong >&2; exec sleep 1000")});
  ASSERT_TRUE(until([&] { return text_of("one.stderr.log").ends_with("wrong\n"); }));
  const auto lines = last_lines(folder_.path() / "one.stderr.log", 3);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], lines[1]);
}

TEST_F(SupervisorTest, AKilledSupervisorTakesItsProcessesWithIt) {
  const auto plan = shell("one", "echo $$ >../pid.new; mv ../pid.new ../pid; exec sleep 1000");
  const pid_t supervising = ::fork();
  if (supervising == 0) {
    Supervisor supervisor({plan}, clock_, [](const Supervisor::View&) {});
    supervisor.start();
    for (;;) ::pause();
  }
  ASSERT_GT(supervising, 0);
  ASSERT_TRUE(until([&] { return !text_of("pid").empty(); }));
  const auto child = process::identify(std::stoi(text_of("pid")));
  ASSERT_TRUE(child);
  ::kill(supervising, SIGKILL);
  ASSERT_EQ(::waitpid(supervising, nullptr, 0), supervising);
  EXPECT_TRUE(until([&] { return !process::is_alive(*child); }));
}

}  // namespace sportapp::supervisor
