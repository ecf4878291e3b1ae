#include "lab/healer/injury.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/files.hpp"
#include "lab/healer/injured.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::lab {
namespace {

std::vector<Injury> one_of_each() {
  return {Frozen{"users-commands-a", {12, 345}},
          Throttled{"redis", {13, 346}, "/sys/fs/cgroup/lab", "/sys/fs/cgroup", 10},
          Crowded{8},
          DiskSpoilt{"run/disks", "data/users-commands-a", {50, false}},
          DiskSpoilt{"run/disks", "data/users-commands-b", {0, true}},
          WaySpoilt{40'000, Direction::kBack, {Verb::kLimit, 0, 1000}},
          Noted{"touch 'a file'"}};
}

TEST(InjuryTest, EachIsReadAsItWasWritten) {
  const sportapp::testing::TempFolder folder;
  Injured injured{{1, 2}, {3, 4}, {{5, 6}}, {}};
  for (const auto& injury : one_of_each())
    injured.injuries.emplace(static_cast<int>(injured.injuries.size()), injury);
  ASSERT_TRUE(write_injured(folder.path(), injured));
  const auto read = read_injured(folder.path());
  ASSERT_TRUE(read);
  ASSERT_TRUE(*read);
  EXPECT_EQ((*read)->healer, injured.healer);
  EXPECT_EQ((*read)->lab, injured.lab);
  EXPECT_EQ((*read)->guarded, injured.guarded);
  ASSERT_EQ((*read)->injuries.size(), injured.injuries.size());
  for (const auto& [number, injury] : injured.injuries) {
    EXPECT_EQ(to_json((*read)->injuries.at(number)), to_json(injury));
    EXPECT_EQ(describe((*read)->injuries.at(number)), describe(injury));
  }
}

TEST(InjuryTest, AListThatIsDamagedIsSaid) {
  const sportapp::testing::TempFolder folder;
  EXPECT_FALSE(read_injured(folder.path()).value());
  for (const auto* text : {"", "{", "[]", "{}", R"({"healer":{"pid":1,"start_time":1},"lab":3})"}) {
    ASSERT_TRUE(write_file(injured_file(folder.path()), text));
    EXPECT_FALSE(read_injured(folder.path())) << text;
  }
}

TEST(InjuryTest, VerbsAndDirectionsHaveTheirTexts) {
  for (const auto* text : {"pass", "drop", "stall", "delay", "limit", "close"})
    EXPECT_EQ(to_string(*verb(text)), text);
  for (const auto* text : {"there", "back", "both"}) EXPECT_EQ(to_string(*direction(text)), text);
  EXPECT_FALSE(verb("burn"));
  EXPECT_FALSE(direction("up"));
}

}  // namespace
}  // namespace sportapp::lab
