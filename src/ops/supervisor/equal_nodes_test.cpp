#include "ops/supervisor/equal_nodes.hpp"

#include <gmock/gmock.h>

namespace sportapp::supervisor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kStillMs = EqualNodes::kStillMs;

// users on a (primary) and b.
FailoverView view_of(std::int64_t a, std::int64_t b, std::vector<std::string> in_sync = {"a", "b"}) {
  ServiceView service;
  service.service = "users";
  service.epoch = 3;
  service.primary = "a";
  service.serving = true;
  service.in_sync = std::move(in_sync);
  service.nodes = {{"a", true, "primary", a}, {"b", true, "spare", b}};
  return {{service}, 0, 0};
}

}  // namespace

TEST(EqualNodes, WhoAreEqualAreWaitedForUntilNothingIsUnderWay) {
  EqualNodes nodes;
  EXPECT_FALSE(nodes.look(view_of(7, 7), 0));
  EXPECT_FALSE(nodes.look(view_of(8, 8), kStillMs)) << "something was committed just now";
  EXPECT_FALSE(nodes.look(view_of(8, 8), 2 * kStillMs - 1));
  EXPECT_TRUE(nodes.look(view_of(8, 8), 2 * kStillMs));
  EXPECT_THAT(nodes.behind(), IsEmpty());
}

TEST(EqualNodes, OneThatCatchesUpIsWaitedFor) {
  EqualNodes nodes;
  EXPECT_FALSE(nodes.look(view_of(9, 4, {"a"}), 0));
  EXPECT_FALSE(nodes.look(view_of(9, 4, {"a"}), kStillMs));
  EXPECT_THAT(nodes.behind(), ElementsAre(HasSubstr("users-commands-b is not in sync")));
  EXPECT_FALSE(nodes.look(view_of(9, 9), 2 * kStillMs));
  EXPECT_TRUE(nodes.look(view_of(9, 9), 3 * kStillMs));
  EXPECT_THAT(nodes.behind(), IsEmpty());
}

TEST(EqualNodes, OneThatIsDownOrUnableIsToldAndNotWaitedFor) {
  for (const bool alive : {false, true}) {
    EqualNodes nodes;
    auto view = view_of(9, 4, {"a"});
    view.services[0].nodes[1].alive = alive;
    view.services[0].nodes[1].able = false;
    view.services[0].nodes[1].why = "its disk is full";
    EXPECT_FALSE(nodes.look(view, 0));
    EXPECT_TRUE(nodes.look(view, kStillMs));
    EXPECT_THAT(nodes.behind(), ElementsAre(HasSubstr("its disk is full")));
  }
}

TEST(EqualNodes, ItIsNotWaitedForEver) {
  EqualNodes nodes;
  EXPECT_FALSE(nodes.look(view_of(9, 4), 0));
  EXPECT_FALSE(nodes.look(view_of(9, 4), EqualNodes::kWaitMaxMs - 1));
  EXPECT_TRUE(nodes.look(view_of(9, 4), EqualNodes::kWaitMaxMs));
  EXPECT_THAT(nodes.behind(), ElementsAre("users-commands-b has 4 entries, users-commands-a has 9"));
  EqualNodes silent;
  EXPECT_FALSE(silent.look_without_view(0));
  EXPECT_TRUE(silent.look_without_view(EqualNodes::kWaitMaxMs));
}

}  // namespace sportapp::supervisor
