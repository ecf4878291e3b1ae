#include "ops/cli/commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "base/exit_status.hpp"
#include "base/files.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// Commands as a user types them, on a data folder on which nothing runs.
class CommandsOfCliTest : public ::testing::Test {
 protected:
  int run(std::vector<std::string> words) {
    command_line::Program program("SportApp", "sportapp");
    int status = 0;
    add_status_command(program, status);
    add_stop_command(program, status);
    add_restart_command(program, status);
    add_switchover_command(program, status);
    add_promote_command(program, status);
    add_rebuild_command(program, status);
    add_logs_command(program, status);
    add_events_command(program, status);
    add_ask_command(program, status);
    add_config_command(program, status);
    add_failover_command(program);
    add_run_command(program, status);
    add_key_command(program, status);
    words.insert(words.begin(), "sportapp");
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int exit_status = program.run(static_cast<int>(argv.size()), argv.data(), status);
    printed = ::testing::internal::GetCapturedStdout();
    complained = ::testing::internal::GetCapturedStderr();
    return exit_status;
  }

  const sportapp::testing::TempFolder temp;
  const std::string data = (temp.path() / "data").string();
  std::string printed, complained;
};

TEST_F(CommandsOfCliTest, WhatNeedsARunningInstanceSaysThatNoneRuns) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"status"},
                                                                 {"stop", "redis"},
                                                                 {"restart", "redis"},
                                                                 {"restart", "--rolling"},
                                                                 {"switchover", "users"},
                                                                 {"promote", "users", "b", "--force"},
                                                                 {"rebuild", "users"},
                                                                 {"ask", "monitor", "/internal/status"}}) {
    auto with_data = words;
    with_data.insert(with_data.end(), {"--data", data});
    EXPECT_EQ(run(with_data), kExitNotRunning) << words[0] << ": " << printed << complained;
    EXPECT_THAT(printed + complained, HasSubstr(data)) << words[0];
  }
}

TEST_F(CommandsOfCliTest, AServiceThatIsNotThereIsRefusedWithThoseThatAre) {
  EXPECT_EQ(run({"switchover", "bread", "--data", data}), kExitUsage);
  EXPECT_THAT(complained, HasSubstr("users"));
}

TEST_F(CommandsOfCliTest, AMistakeInASettingsFileIsToldWithItsLine) {
  const auto file = temp.path() / "mine.toml";
  std::ofstream(file) << "[gateway]\nport = 70000\n";
  EXPECT_EQ(run({"config", "check", file.string()}), kExitFailed);
  EXPECT_THAT(complained, HasSubstr(file.string() + ":2: 'port' must be"));
  std::ofstream(file) << "[gateway]\nport = 7000\n";
  EXPECT_EQ(run({"config", "check", file.string()}), 0) << complained;
  EXPECT_EQ(run({"config", "show", file.string()}), 0) << complained;
  EXPECT_THAT(printed, HasSubstr("port = 7000"));
}

TEST_F(CommandsOfCliTest, EverySettingIsListedWithItsBounds) {
  EXPECT_EQ(run({"config", "list"}), 0);
  EXPECT_THAT(printed, HasSubstr("port = 5000  # 1 to 65535"));
  EXPECT_EQ(run({"config", "list", "--markdown"}), 0);
  EXPECT_THAT(printed, StartsWith("| Key | Default | Allowed | What it does |"));
}

TEST_F(CommandsOfCliTest, TheRulesArePrintedAndDrawn) {
  EXPECT_EQ(run({"failover", "table"}), 0);
  EXPECT_THAT(printed, HasSubstr("M6   steady"));
  EXPECT_EQ(run({"failover", "table", "--mermaid"}), 0);
  EXPECT_THAT(printed, HasSubstr("stateDiagram-v2"));
}

TEST_F(CommandsOfCliTest, AKeyIsMadeForItsOwnerAloneAndKept) {
  const auto file = temp.path() / "cluster.key";
  EXPECT_EQ(run({"key", file.string()}), 0) << complained;
  const auto made = read_file(file).value();
  EXPECT_EQ(std::filesystem::status(file).permissions() & std::filesystem::perms(0077),
            std::filesystem::perms::none);
  EXPECT_EQ(run({"key", file.string()}), 0) << complained;
  EXPECT_EQ(read_file(file).value(), made);
}

TEST_F(CommandsOfCliTest, TheNamesOfAllProcessesAreListedInTheOrderOfTheirPorts) {
  EXPECT_EQ(run({"run", "--list", "--data", data}), 0) << complained;
  EXPECT_THAT(printed, HasSubstr("users-commands-a"));
  EXPECT_THAT(printed, HasSubstr("monitor"));
  EXPECT_EQ(run({"run", "nobody", "--data", data}), kExitUsage);
  EXPECT_THAT(complained, HasSubstr("nobody"));
}

}  // namespace
}  // namespace sportapp::cli
