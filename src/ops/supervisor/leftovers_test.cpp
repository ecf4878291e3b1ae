#include "ops/supervisor/leftovers.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "base/files.hpp"
#include "base/process/testing.hpp"
#include "ops/instance/instance.hpp"
#include "ops/instance/topology.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::supervisor {
namespace {

class LeftoversTest : public ::testing::Test {
 protected:
  LeftoversTest() { std::filesystem::create_directories(layout_.run()); }
  // A process of this test in a folder of the instance.
  process::ProcessId start(const std::vector<std::string>& arguments, const std::filesystem::path& folder) {
    return child_.start(arguments, folder, layout_.logs() / "child.stderr.log");
  }

  sportapp::testing::TempFolder folder_;
  instance::Layout layout_{folder_.path()};
  process::testing::TestChild child_;
};

// What an earlier supervisor, which is gone, wrote down of one process.
instance::Instance record_of(const process::ProcessId& id) {
  instance::Instance instance;
  instance.supervisor = {1, 1};
  instance.processes.emplace_back().id = id;
  instance.processes.back().name = "users-commands-a";
  return instance;
}

}  // namespace

TEST_F(LeftoversTest, AProcessThatWasWrittenDownIsEnded) {
  const auto id = start({"/bin/sleep", "1000"}, folder_.path());
  const auto instance = record_of(id);
  ASSERT_TRUE(instance::write_instance_file(layout_.instance_file(), instance));
  ASSERT_EQ(find_leftovers(layout_).size(), 1U);
  EXPECT_EQ(end_leftovers(layout_).value(), 1U);
  child_.collect();
  EXPECT_FALSE(process::is_alive(id));
}

TEST_F(LeftoversTest, AProgramOfOursThatWorksInTheRunFolderIsEnded) {
  // NGINX workers whose master was killed are in no record.
  const auto config = layout_.config() / "redis.conf";
  std::filesystem::create_directories(layout_.config());
  ASSERT_TRUE(
      write_file(config, "port 0\nsave \"\"\nunixsocket " + (layout_.run() / "socket").string() + "\n"));
  const auto id = start({instance::find_program("redis-server").value().string(), config.string()},
                        layout_.run() / "redis");
  ASSERT_EQ(find_leftovers(layout_).size(), 1U);
  EXPECT_EQ(end_leftovers(layout_).value(), 1U);
  child_.collect();
  EXPECT_FALSE(process::is_alive(id));
}

TEST_F(LeftoversTest, AStrangerIsLeftAlone) {
  const auto id = start({"/bin/sleep", "1000"}, layout_.run() / "redis");
  const auto instance = record_of({id.pid, id.start_time + 1});  // its pid, another's start
  ASSERT_TRUE(instance::write_instance_file(layout_.instance_file(), instance));
  EXPECT_EQ(end_leftovers(layout_).value(), 0U);
  EXPECT_FALSE(process::signal_process(instance.processes[0].id, SIGKILL));
  EXPECT_TRUE(process::is_alive(id));
}

}  // namespace sportapp::supervisor
