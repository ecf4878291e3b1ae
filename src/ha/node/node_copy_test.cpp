#include "ha/node/node_copy.hpp"

#include <fstream>

#include "store/journal/copy.hpp"
#include "store/retention/testing.hpp"

namespace sportapp::node {
namespace {

namespace fs = std::filesystem;
using projection::next_base_of;
using retention::Retention;

class NodeCopyTest : public retention::testing::RetentionTest {};

// A node whose disk was thrown away.
TEST_F(NodeCopyTest, ACopyOfANodeBringsItsBaseModel) {
  add_names(1, 30);
  begin({.keep_entries = 10, .keep_keys_s = 0});
  ASSERT_TRUE(reaches(20));
  const auto copy = folder_.path() / "b" / "incoming.db";
  open_follower();
  const auto copied = copy_node(file(), copy, [] { return true; });
  ASSERT_TRUE(copied) << copied.error().what;
  EXPECT_EQ(copied->seq, Seq{30});
  const auto next = next_base_of(follower_file());
  ASSERT_TRUE(take_apart(copy, next));
  EXPECT_EQ(position(next), 20);
  journal::Reply<Result<Position>> replaced;
  follower_->replace(copy, replaced.to());
  ASSERT_TRUE(replaced.wait());
  Retention of_follower({follower_file(), {.keep_entries = 5, .keep_keys_s = 0}, {}}, *follower_, views_,
                        hand_);
  EXPECT_TRUE(soon([&] { return !fs::exists(next); }));
  EXPECT_EQ(position(projection::base_file_of(follower_file())), 20);
  add_names(31, 40);
  ASSERT_TRUE(ship());
  EXPECT_TRUE(soon([&] { return follower_->status().base.seq == Seq{30}; })) << "what is settled";
  EXPECT_EQ(of_follower.trouble(), "");
}

TEST_F(NodeCopyTest, WhatCameForACopyThatIsNotInPlaceIsLeftAlone) {
  add_names(1, 30);
  begin({.keep_entries = 10, .keep_keys_s = 0});
  ASSERT_TRUE(reaches(20));
  open_follower();
  const auto copy = folder_.path() / "b" / "incoming.db";
  ASSERT_TRUE(copy_node(file(), copy, [] { return true; }));
  ASSERT_TRUE(take_apart(copy, next_base_of(follower_file())));
  Retention of_follower({follower_file(), {.keep_entries = 5, .keep_keys_s = 0}, {}}, *follower_, views_,
                        hand_);
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  EXPECT_TRUE(fs::exists(next_base_of(follower_file())));
  journal::Reply<Result<Position>> replaced;
  follower_->replace(copy, replaced.to());
  ASSERT_TRUE(replaced.wait());
  EXPECT_TRUE(soon([&] { return position(projection::base_file_of(follower_file())) == 20; }));
}

TEST_F(NodeCopyTest, ACopyWithoutABaseIsAJournalAlone) {
  add_names(1, 3);
  const auto copy = folder_.path() / "copy.db";
  ASSERT_TRUE(copy_node(file(), copy, [] { return true; }));
  std::ofstream(next()) << "left behind";
  ASSERT_TRUE(take_apart(copy, next()));
  EXPECT_FALSE(fs::exists(next()));
  EXPECT_EQ((*journal::CopySource::open(copy))->hash_at(Seq{3}).value(), journal_->status().head_hash);
}

}  // namespace
}  // namespace sportapp::node
