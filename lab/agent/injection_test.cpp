#include "lab/agent/injection.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/files.hpp"
#include "lab/agent/injection_list.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

std::vector<Injection> one_of_each() {
  return {Frozen{"users-commands-a", {12, 345}},
          Throttled{"redis", {13, 346}, "/sys/fs/cgroup/lab", "/sys/fs/cgroup", 10},
          CpuLoad{8},
          DiskInjection{"run/disks", "data/users-commands-a", {50, false}},
          DiskInjection{"run/disks", "data/users-commands-b", {0, true}},
          LinkInjection{40'000, Direction::kBack, {LinkAction::kLimit, 0, 1000}},
          UndoCommand{"touch 'a file'"}};
}

TEST(InjuryTest, EachIsReadAsItWasWritten) {
  const sportapp::testing::TempFolder folder;
  InjectionList injured{{1, 2}, {3, 4}, {{5, 6}}, {}};
  for (const auto& injection : one_of_each())
    injured.injections.emplace(static_cast<int>(injured.injections.size()), injection);
  ASSERT_TRUE(write_injection_list(folder.path(), injured));
  const auto read = read_injection_list(folder.path());
  ASSERT_TRUE(read);
  ASSERT_TRUE(*read);
  EXPECT_EQ((*read)->agent, injured.agent);
  EXPECT_EQ((*read)->lab, injured.lab);
  EXPECT_EQ((*read)->guarded, injured.guarded);
  ASSERT_EQ((*read)->injections.size(), injured.injections.size());
  for (const auto& [number, injection] : injured.injections) {
    EXPECT_EQ(to_json((*read)->injections.at(number)), to_json(injection));
    EXPECT_EQ(describe((*read)->injections.at(number)), describe(injection));
  }
}

TEST(InjuryTest, AListThatIsDamagedIsSaid) {
  const sportapp::testing::TempFolder folder;
  EXPECT_FALSE(read_injection_list(folder.path()).value());
  for (const auto* text : {"", "{", "[]", "{}", R"({"agent":{"pid":1,"start_time":1},"lab":3})"}) {
    ASSERT_TRUE(write_file(injection_list_file(folder.path()), text));
    EXPECT_FALSE(read_injection_list(folder.path())) << text;
  }
}

TEST(InjuryTest, VerbsAndDirectionsHaveTheirTexts) {
  for (const auto* text : {"pass", "drop", "stall", "delay", "limit", "close"})
    EXPECT_EQ(to_string(*link_action(text)), text);
  for (const auto* text : {"there", "back", "both"}) EXPECT_EQ(to_string(*direction(text)), text);
  EXPECT_FALSE(link_action("burn"));
  EXPECT_FALSE(direction("up"));
}

}  // namespace
}  // namespace sportapp::lab
