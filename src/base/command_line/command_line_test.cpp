#include "base/command_line/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/exit_status.hpp"

namespace sportapp::command_line {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A program with one command that has an option of each kind.
class CommandLineTest : public ::testing::Test {
 protected:
  CommandLineTest() {
    auto* send = program.add_command("send", "Send something");
    send->add_option("NAME", name, "Which")->required();
    send->add_option("--times", times, "How often")->show_default()->in_range(1, 9);
    send->add_option("--rate", rate, "A second")->positive();
    send->add_option("--kind", kind, "Of what kind")->one_of({"long", "short"});
    send->add_option("--only", only, "These")->comma_separated()->value_name("A,...");
    send->add_flag("-q,--quiet", quiet, "Say nothing");
    send->footer("Example:\n  post send letter");
    send->action([this] {
      if (name == "nothing") throw Missing{"NAME or --all"};
      status = quiet ? 7 : 0;
      ++runs;
    });
  }

  // The exit status; `said` has what standard output and error got.
  int run(std::vector<std::string> words) {
    words.insert(words.begin(), "post");
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int exit_status = program.run(static_cast<int>(argv.size()), argv.data(), status);
    said = ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
    return exit_status;
  }

  Program program{"Sends things", "post"};
  std::string name, kind, said;
  int times = 3;
  double rate = 0;
  std::vector<std::string> only;
  bool quiet = false;
  int status = 0, runs = 0;
};

TEST_F(CommandLineTest, ReadsOptionsOfEveryKindAndRunsTheCommand) {
  EXPECT_EQ(
      run({"send", "letter", "--times", "5", "--rate", "0.5", "--kind", "short", "--only", "a,b", "-q"}), 7);
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(name, "letter");
  EXPECT_EQ(times, 5);
  EXPECT_EQ(rate, 0.5);
  EXPECT_EQ(kind, "short");
  EXPECT_THAT(only, ElementsAre("a", "b"));
}

TEST_F(CommandLineTest, WhatIsWrongIsToldWithTheCommandWhoseHelpTellsMore) {
  for (const auto& [words, why] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"send"}, "NAME is required"},
           {{"send", "x", "--times", "10"}, "10 not in range 1 to 9"},
           {{"send", "x", "--times", "many"}, "--times"},
           {{"send", "x", "--rate", "0"}, "--rate"},
           {{"send", "x", "--kind", "odd"}, "odd not in {long,short}"},
           {{"send", "x", "--loud"}, "--loud"},
           {{"send", "nothing"}, "NAME or --all is required"}}) {
    EXPECT_EQ(run(words), kExitUsage) << said;
    EXPECT_THAT(said, HasSubstr("sportapp: ")) << why;
    EXPECT_THAT(said, HasSubstr(why));
    EXPECT_THAT(said, HasSubstr("See: post send --help"));
  }
  EXPECT_EQ(runs, 0);
}

TEST_F(CommandLineTest, AnUnknownCommandIsToldWithThoseThereAre) {
  program.add_command("fetch", "Fetch something");
  EXPECT_EQ(run({"sent"}), kExitUsage);
  EXPECT_THAT(said, HasSubstr("unknown command 'sent'; known: send, fetch"));
  EXPECT_EQ(run({}), kExitUsage);
}

TEST_F(CommandLineTest, HelpShowsDefaultsAndExamples) {
  EXPECT_EQ(run({"send", "--help"}), 0);
  EXPECT_THAT(said, HasSubstr("--times INT"));
  EXPECT_THAT(said, HasSubstr("=3"));
  EXPECT_THAT(said, HasSubstr("--only A,..."));
  EXPECT_THAT(said, HasSubstr("post send letter"));
  EXPECT_THAT(program.help_of("send", "post"), HasSubstr("Send something"));
  EXPECT_THAT(program.help_of("", "post"), HasSubstr("Sends things"));
  EXPECT_EQ(program.help_of("sent", "post"), "");
}

TEST_F(CommandLineTest, AnExceptionIsAFailureOfTheProgram) {
  program.add_command("break", "Break")->action([] { throw std::runtime_error("it broke"); });
  EXPECT_EQ(run({"break"}), kExitFailed);
  EXPECT_EQ(said, "sportapp: it broke\n");
}

TEST_F(CommandLineTest, OptionsThatExcludeEachOtherAreNotTakenTogether) {
  std::optional<std::int64_t> number;
  bool all = false;
  auto* count = program.add_command("count", "Count");
  auto* some = count->add_option("--number", number, "So many");
  count->add_flag("--all", all, "All")->excludes(some);
  EXPECT_EQ(run({"count", "--number", "5"}), 0);
  EXPECT_EQ(number, 5);
  EXPECT_TRUE(some->given());
  EXPECT_EQ(run({"count", "--number", "5", "--all"}), kExitUsage);
}

}  // namespace
}  // namespace sportapp::command_line
