#include "ops/instance/ports.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/files.hpp"
#include "base/process/testing.hpp"
#include "ops/instance/layout.hpp"
#include "ops/instance/topology.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::instance {
namespace {

using ::testing::HasSubstr;

class PortsTest : public ::testing::Test {
 protected:
  PortsTest() { std::filesystem::create_directories(layout_.run()); }
  // A process of this test in a folder of the instance.
  process::ProcessId start(const std::vector<std::string>& arguments, const std::filesystem::path& folder) {
    return child_.start(arguments, folder, layout_.logs() / "child.stderr.log");
  }

  sportapp::testing::TempFolder folder_;
  Layout layout_{folder_.path()};
  process::testing::TestChild child_;
};

}  // namespace

TEST_F(PortsTest, PortsStayTheSameAndDifferFromEachOther) {
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

TEST_F(PortsTest, ASpareMoreOrLessLeavesThePortsOfTheOthers) {
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

TEST_F(PortsTest, APortThatAnotherTookIsReplaced) {
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

}  // namespace sportapp::instance
