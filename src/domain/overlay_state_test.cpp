#include "domain/overlay_state.hpp"

#include <gtest/gtest.h>

namespace sportapp::domain {
namespace {

TEST(OverlayState, ShowsWhatIsBelowUntilItIsChangedAndChangesNothingThere) {
  MemoryState below;
  below.put_row("words", Id{1}, "ana");
  below.put_row("words", Id{2}, "luz");
  below.put_unique("word", "ana", Id{1});
  const auto before = below.rows;
  OverlayState state(below);
  EXPECT_EQ(state.row("words", Id{1}), "ana");
  EXPECT_EQ(state.id_of("word", "ana"), Id{1});
  state.put_row("words", Id{1}, "eva");
  state.put_row("words", Id{3}, "new");
  state.remove_row("words", Id{2});
  state.put_unique("word", "new", Id{3});
  EXPECT_EQ(state.row("words", Id{1}), "eva");
  EXPECT_EQ(state.row("words", Id{2}), std::nullopt);
  EXPECT_EQ(state.id_of("word", "new"), Id{3});
  EXPECT_EQ(state.last_id("words"), Id{3});
  EXPECT_THROW(state.put_unique("word", "ana", Id{4}), std::logic_error);
  state.put_row("words", Id{2}, "back");
  EXPECT_EQ(state.row("words", Id{2}), "back");
  EXPECT_EQ(below.rows, before);
  EXPECT_EQ(below.id_of("word", "new"), std::nullopt);
}

}  // namespace
}  // namespace sportapp::domain
