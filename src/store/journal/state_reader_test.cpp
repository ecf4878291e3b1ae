#include "store/journal/state_reader.hpp"

#include "store/journal/testing.hpp"

namespace sportapp::journal {
namespace {

TEST_F(JournalTest, ItsStateIsReadAsItStandsWhileItGoesOn) {
  open();
  ASSERT_TRUE(added("k1", "ana"));
  const auto file = folder_.path() / "journal.db";
  const auto read = read_state(file);
  ASSERT_TRUE(read) << read.error().what;
  ASSERT_TRUE(added("k2", "luz"));
  EXPECT_EQ(read->head, Seq{1});
  EXPECT_EQ(read->state->row("names", Id{1}), "ana");
  EXPECT_EQ(read->state->id_of("name", "ana"), Id{1});
  EXPECT_EQ(read->state->id_of("name", "luz"), std::nullopt);
  EXPECT_EQ(read->state->last_id("names"), Id{1});
  EXPECT_EQ(read_state(file)->head, Seq{2});
}

TEST_F(JournalTest, TheStateOfNoFileIsAnErrorThatNamesIt) {
  const auto missing = folder_.path() / "nothing.db";
  const auto read = read_state(missing);
  ASSERT_TRUE(read.has_error());
  EXPECT_NE(read.error().what.find(missing.string()), std::string::npos);
}

}  // namespace
}  // namespace sportapp::journal
