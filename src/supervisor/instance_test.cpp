#include "supervisor/instance.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "supervisor/child.hpp"
#include "supervisor/files.hpp"
#include "supervisor/layout.hpp"
#include "supervisor/leftovers.hpp"
#include "supervisor/lock.hpp"
#include "supervisor/log_keeper.hpp"
#include "supervisor/ports.hpp"
#include "testing/temp_folder.hpp"

namespace sportapp::supervisor {
namespace {

using ::testing::HasSubstr;

class InstanceTest : public ::testing::Test {
 protected:
  InstanceTest() { std::filesystem::create_directories(layout_.run()); }
  ~InstanceTest() override {
    if (child_ == 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  // A process of this test in a folder of the instance.
  ProcessId start(const std::vector<std::string>& arguments, const std::filesystem::path& folder) {
    child_ = launch({arguments, folder, layout_.logs() / "child.stderr.log", SIGKILL}).value();
    return identify(child_).value();
  }
  // Collects it, as its parent must, before anybody can see that it is gone.
  void collect() {
    ::waitpid(child_, nullptr, 0);
    child_ = 0;
  }

  sportapp::testing::TempFolder folder_;
  Layout layout_{folder_.path()};
  pid_t child_ = 0;
};

Instance instance_of(const ProcessId& supervisor) {
  Instance instance;
  instance.supervisor = supervisor;
  instance.host = "127.0.0.1";
  instance.port = 5000;
  InstanceProcess process;
  process.name = "users-commands-a";
  process.service = "users";
  process.side = "commands";
  process.node = "a";
  process.state = ProcessState::kRestarting;
  process.port = 20'001;
  process.restarts = 3;
  process.last_end = "was killed by signal 9 (Killed)";
  process.link_port = 20'002;
  process.stopped_by = "operator";
  process.stopped_ms = 1'700'000'000'000;
  instance.processes = {process};
  return instance;
}

}  // namespace

TEST_F(InstanceTest, WhatIsWrittenIsReadAgain) {
  const auto written = instance_of(identify(::getpid()).value());
  ASSERT_TRUE(write_instance_file(layout_.instance_file(), written));
  const auto read = read_instance(layout_.data / ".");
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->url(), "http://127.0.0.1:5000");
  EXPECT_EQ(read->supervisor, written.supervisor);
  ASSERT_EQ(read->processes.size(), 1U);
  EXPECT_EQ(read->processes[0].state, ProcessState::kRestarting);
  EXPECT_EQ(read->processes[0].last_end, written.processes[0].last_end);
  EXPECT_EQ(read->processes[0].restarts, 3);
  EXPECT_EQ(read->processes[0].link_port, 20'002);
  EXPECT_EQ(read->processes[0].stopped_by, "operator");
  EXPECT_EQ(read->processes[0].stopped_ms, 1'700'000'000'000);
}

TEST_F(InstanceTest, TheRecordOfAnEarlierVersionIsReadToo) {
  ASSERT_TRUE(
      write_file(layout_.instance_file(),
                 R"({"supervisor":{"pid":1,"start_time":1},"host":"127.0.0.1","port":5000,"data":"/x",)"
                 R"("started_ms":1,"processes":[{"name":"redis","service":"","side":"","node":"",)"
                 R"("state":"running","pid":2,"start_time":2,"port":20000,"restarts":0,"last_end":""}]})"));
  const auto read = read_instance_file(layout_.instance_file());
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->processes.at(0).link_port, 0);
}

TEST_F(InstanceTest, ARecordWhoseSupervisorIsGoneIsNoInstance) {
  auto supervisor = identify(::getpid()).value();
  ++supervisor.start_time;  // the pid is in use again, by another
  ASSERT_TRUE(write_instance_file(layout_.instance_file(), instance_of(supervisor)));
  EXPECT_THAT(read_instance(layout_.data).error().what, HasSubstr("no instance runs on"));
}

TEST_F(InstanceTest, ADamagedRecordIsTold) {
  ASSERT_TRUE(write_file(layout_.instance_file(), "{\"supervisor\":1}"));
  EXPECT_THAT(read_instance_file(layout_.instance_file()).error().what, HasSubstr("is damaged"));
}

TEST_F(InstanceTest, TheLockIsHeldByOneOnly) {
  {
    const auto first = InstanceLock::try_take(layout_.lock_file());
    ASSERT_TRUE(first && *first);
    const auto second = InstanceLock::try_take(layout_.lock_file());
    ASSERT_TRUE(second);
    EXPECT_FALSE(*second);
  }
  EXPECT_TRUE(InstanceLock::try_take(layout_.lock_file()).value());
}

TEST_F(InstanceTest, AProcessThatWasWrittenDownIsEnded) {
  const auto id = start({"/bin/sleep", "1000"}, folder_.path());
  auto instance = instance_of({1, 1});
  instance.processes[0].id = id;
  ASSERT_TRUE(write_instance_file(layout_.instance_file(), instance));
  ASSERT_EQ(find_leftovers(layout_).size(), 1U);
  EXPECT_EQ(end_leftovers(layout_).value(), 1U);
  collect();
  EXPECT_FALSE(is_alive(id));
}

TEST_F(InstanceTest, AProgramOfOursThatWorksInTheRunFolderIsEnded) {
  // NGINX workers whose master was killed are in no record.
  const auto config = layout_.config() / "redis.conf";
  std::filesystem::create_directories(layout_.config());
  ASSERT_TRUE(
      write_file(config, "port 0\nsave \"\"\nunixsocket " + (layout_.run() / "socket").string() + "\n"));
  const auto id =
      start({find_program("redis-server").value().string(), config.string()}, layout_.run() / "redis");
  ASSERT_EQ(find_leftovers(layout_).size(), 1U);
  EXPECT_EQ(end_leftovers(layout_).value(), 1U);
  collect();
  EXPECT_FALSE(is_alive(id));
}

TEST_F(InstanceTest, AStrangerIsLeftAlone) {
  const auto id = start({"/bin/sleep", "1000"}, layout_.run() / "redis");
  auto instance = instance_of({1, 1});
  instance.processes[0].id = {id.pid, id.start_time + 1};  // its pid, another's start
  ASSERT_TRUE(write_instance_file(layout_.instance_file(), instance));
  EXPECT_EQ(end_leftovers(layout_).value(), 0U);
  EXPECT_FALSE(signal_process(instance.processes[0].id, SIGKILL));
  EXPECT_TRUE(is_alive(id));
}

TEST_F(InstanceTest, PortsStayTheSameAndDifferFromEachOther) {
  auto members = topology();
  ASSERT_TRUE(assign_ports(layout_, members));
  std::set<std::uint16_t> ports;
  for (const auto& member : members) {
    if (member.kind != Kind::kGateway) ports.insert(member.port);
  }
  EXPECT_EQ(ports.size(), members.size() - 1);
  EXPECT_GE(*ports.begin(), 20'000);
  EXPECT_LT(*ports.rbegin(), 30'000);
  auto again = topology();
  ASSERT_TRUE(assign_ports(layout_, again));
  for (std::size_t at = 0; at < members.size(); ++at) EXPECT_EQ(again[at].port, members[at].port);
}

TEST_F(InstanceTest, ASpareMoreOrLessLeavesThePortsOfTheOthers) {
  auto two = topology({"users"}, 1);
  ASSERT_TRUE(assign_ports(layout_, two, true));
  std::set<std::uint16_t> ports;
  for (const auto& member : members_of(two, "users", Kind::kCommands)) {
    EXPECT_NE(member.link_port, 0);
    ports.insert(member.port);
    ports.insert(member.link_port);
  }
  EXPECT_EQ(ports.size(), 4U);
  auto one = topology({"users"}, 0);
  ASSERT_TRUE(assign_ports(layout_, one, true));
  auto three = topology({"users"}, 2);
  ASSERT_TRUE(assign_ports(layout_, three, true));
  for (const auto& before : two) {
    for (const auto& now : three) {
      if (now.name != before.name) continue;
      EXPECT_EQ(now.port, before.port) << now.name;
      EXPECT_EQ(now.link_port, before.link_port) << now.name;
    }
  }
}

TEST_F(InstanceTest, APortThatAnotherTookIsReplaced) {
  auto members = topology();
  ASSERT_TRUE(assign_ports(layout_, members));
  const auto taken = members.front().port;
  const auto config = layout_.run() / "redis.conf";
  ASSERT_TRUE(write_file(config, "bind 127.0.0.1\nport " + std::to_string(taken) + "\nsave \"\"\n"));
  (void)start({find_program("redis-server").value().string(), config.string()}, folder_.path());
  for (int times = 0; times < 3000 && !listens("127.0.0.1", taken); ++times) ::usleep(10'000);
  ASSERT_TRUE(listens("127.0.0.1", taken));
  EXPECT_THAT(can_listen("127.0.0.1", taken).error().what, HasSubstr("Address already in use"));
  auto again = topology();
  ASSERT_TRUE(assign_ports(layout_, again));
  EXPECT_NE(again.front().port, taken);
  EXPECT_EQ(again[1].port, members[1].port);
}

TEST_F(InstanceTest, AFullLogIsMovedAsideAndItsWriterTold) {
  const auto file = layout_.data / "gateway.log";
  const auto short_file = layout_.data / "gateway.stderr.log";
  const std::string full(LogKeeper::kBytesMax + 1, 'x');
  int told = 0;
  LogKeeper keeper;
  keeper.keep(file, [&] { ++told; });
  keeper.keep_short(short_file);
  ASSERT_TRUE(write_file(file, "short"));
  ASSERT_TRUE(write_file(short_file, full));
  keeper.check();
  EXPECT_EQ(told, 0);
  EXPECT_EQ(std::filesystem::file_size(short_file), 0U);
  for (int times = 1; times <= LogKeeper::kKeep + 2; ++times) {
    ASSERT_TRUE(write_file(file, full));
    keeper.check();
    EXPECT_EQ(told, times);
    EXPECT_FALSE(std::filesystem::exists(file));
  }
  EXPECT_TRUE(std::filesystem::exists(file.string() + ".5"));
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".6"));
}

TEST_F(InstanceTest, TheLastLinesOfALogAreFound) {
  const auto file = layout_.data / "some.log";
  EXPECT_TRUE(last_lines(file, 3).empty());
  ASSERT_TRUE(write_file(file, "one\ntwo\nthree"));
  EXPECT_THAT(last_lines(file, 2), ::testing::ElementsAre("two", "three"));
  EXPECT_EQ(last_lines(file, 9).size(), 3U);
}

}  // namespace sportapp::supervisor
