#include "ops/instance/instance.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "base/files.hpp"
#include "base/process/process_id.hpp"
#include "ops/instance/layout.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::instance {
namespace {

using ::testing::HasSubstr;

class InstanceTest : public ::testing::Test {
 protected:
  InstanceTest() { std::filesystem::create_directories(layout_.run()); }

  sportapp::testing::TempFolder folder_;
  Layout layout_{folder_.path()};
};

Instance instance_of(const process::ProcessId& supervisor) {
  Instance instance;
  instance.supervisor = supervisor;
  instance.host = "127.0.0.1";
  instance.port = 5000;
  instance.key_file = "/somewhere/cluster.key";
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
  const auto written = instance_of(process::identify(::getpid()).value());
  ASSERT_TRUE(write_instance_file(layout_.instance_file(), written));
  const auto read = read_instance(layout_.data / ".");
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->url(), "http://127.0.0.1:5000");
  EXPECT_EQ(read->supervisor, written.supervisor);
  EXPECT_EQ(read->key_file, written.key_file);
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
  EXPECT_EQ(read->key_file, "");
}

TEST_F(InstanceTest, ARecordWhoseSupervisorIsGoneIsNoInstance) {
  auto supervisor = process::identify(::getpid()).value();
  ++supervisor.start_time;  // the pid is in use again, by another
  ASSERT_TRUE(write_instance_file(layout_.instance_file(), instance_of(supervisor)));
  EXPECT_THAT(read_instance(layout_.data).error().what, HasSubstr("no instance runs on"));
}

TEST_F(InstanceTest, ADamagedRecordIsTold) {
  ASSERT_TRUE(write_file(layout_.instance_file(), "{\"supervisor\":1}"));
  EXPECT_THAT(read_instance_file(layout_.instance_file()).error().what, HasSubstr("is damaged"));
}

}  // namespace sportapp::instance
