#include "ops/instance/placing.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace sportapp::instance {
namespace {

using ::testing::HasSubstr;

const Member& find(const std::vector<Member>& members, const std::string& name) {
  return *std::find_if(members.begin(), members.end(), [&](const Member& one) { return one.name == name; });
}

}  // namespace

TEST(Placing, EveryProcessHasPortsOfItsOwnThatFollowFromTheSettingsAlone) {
  const Settings settings;
  const auto members = placed_members(settings).value();
  std::set<int> ports;
  for (const auto& member : members) {
    EXPECT_TRUE(ports.insert(member.port).second) << member.name;
    if (member.kind == Kind::kCommands) {
      EXPECT_TRUE(ports.insert(member.link_port).second) << member.name;
    }
    EXPECT_EQ(member.host, "127.0.0.1");
    EXPECT_FALSE(member.apart);
  }
  EXPECT_EQ(members.front().port, settings.network.first_port);
  EXPECT_EQ(find(members, "gateway").port, settings.gateway.port);
  EXPECT_EQ(find(members, "users-commands-b").port,
            find(placed_members(settings).value(), "users-commands-b").port);
}

TEST(Placing, OneWithAnAddressIsReachedThereAndByNothingElse) {
  Settings settings;
  settings.network.listen = "0.0.0.0";
  settings.network.addresses["users-commands-b"] = "10.0.0.2";
  const auto members = placed_members(settings).value();
  EXPECT_EQ(find(members, "users-commands-b").host, "10.0.0.2");
  EXPECT_TRUE(find(members, "users-commands-b").apart);
  EXPECT_FALSE(find(members, "users-commands-a").apart);
  EXPECT_EQ(seen_from_here(find(members, "users-commands-b"), settings).host, "127.0.0.1")
      << "its own host asks it even where the network is away";
}

TEST(Placing, AnAddressOfNobodyIsAMistake) {
  Settings settings;
  settings.network.addresses["users-commands-c"] = "10.0.0.3";
  const auto refused = placed_members(settings);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("users-commands-c"));
  settings.services.spares = 2;
  EXPECT_TRUE(placed_members(settings));
}

TEST(Placing, PortsPastTheLastAreAMistake) {
  Settings settings;
  settings.network.first_port = 65'530;
  const auto refused = placed_members(settings);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().what, HasSubstr("first_port = 65530"));
}

}  // namespace sportapp::instance
