#include "server/queries/rebuild.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <fstream>

#include "server/queries/query_testing.hpp"

namespace sportapp::queries {
namespace {

class RebuildTest : public testing::QueriesTest {
 protected:
  using State = Rebuild::State;

  void many(int count) { given(std::vector<std::string>(static_cast<std::size_t>(count), "n")); }
  void wait_for_end() {
    ASSERT_TRUE(loop_.run_until([this] { return rebuild_->progress().state != State::kRunning; }));
  }
  void rebuild() {
    ASSERT_TRUE(rebuild_->start());
    wait_for_end();
  }
  std::filesystem::path rebuilt_file() const { return folder_.path() / "read_model.rebuild.db"; }
  // As only a person with a hammer changes the served model.
  void tamper(const std::string& sql) {
    SQLite::Database(live_.file().string(), SQLite::OPEN_READWRITE).exec(sql);
  }
};

TEST_F(RebuildTest, TheRebuiltModelIsIdenticalAndGoesOnFollowing) {
  open();
  many(2500);
  rebuild();
  const auto progress = rebuild_->progress();
  EXPECT_EQ(progress.state, State::kDone) << progress.error;
  EXPECT_EQ(progress.identical, true);
  EXPECT_EQ(progress.events, 2500);
  EXPECT_EQ(progress.of, 2500);
  EXPECT_FALSE(std::filesystem::exists(rebuilt_file()));
  given({"ana"});
  EXPECT_EQ(get("/api-queries/names/2501").body, R"({"name":"ana"})");
  rebuild();
  EXPECT_EQ(rebuild_->progress().identical, true) << "and again";
}

TEST_F(RebuildTest, AModelThatWasWrongIsToldAndPutRight) {
  open();
  given({"ana", "luz"});
  tamper("UPDATE views SET view = '{}' WHERE id = 2");
  EXPECT_EQ(get("/api-queries/names/2").body, "{}");
  rebuild();
  EXPECT_EQ(rebuild_->progress().state, State::kDone);
  EXPECT_EQ(rebuild_->progress().identical, false);
  EXPECT_EQ(get("/api-queries/names/2").body, R"({"name":"luz"})");
}

TEST_F(RebuildTest, AListUnderWayGoesOnOverTheChange) {
  open();
  many(1700);
  auto list = get("/api-queries/names");
  auto body = list.body + *list.next_chunk();
  rebuild();
  while (const auto piece = list.next_chunk()) body += *piece;
  EXPECT_EQ(body, whole(get("/api-queries/names")));
}

TEST_F(RebuildTest, QueriesAreAnsweredWhileItRuns) {
  open();
  many(3000);
  ASSERT_TRUE(rebuild_->start());
  int answered = 0;
  ASSERT_TRUE(loop_.run_until([&] {
    EXPECT_EQ(get("/api-queries/names/3000").status, 200);
    ++answered;
    return rebuild_->progress().state != State::kRunning;
  }));
  EXPECT_GT(answered, 0);
  EXPECT_EQ(rebuild_->progress().identical, true);
}

TEST_F(RebuildTest, WithTheFeedOutOfReachItFailsAndTheOldModelStays) {
  open();
  given({"ana"});
  tamper("UPDATE views SET view = '{\"old\":1}'");
  journal_.reachable = false;
  rebuild();
  EXPECT_EQ(rebuild_->progress().state, State::kFailed);
  EXPECT_NE(rebuild_->progress().error.find("out of reach"), std::string::npos);
  EXPECT_EQ(get("/api-queries/names/1").body, R"({"old":1})") << "untouched";
  EXPECT_FALSE(std::filesystem::exists(rebuilt_file()));
  journal_.reachable = true;
  given({"luz"});
  EXPECT_EQ(get("/api-queries/names/2").status, 200) << "and it goes on following";
}

TEST_F(RebuildTest, WithAFeedThatLacksWhatWasServedItFailsAndTheOldModelStays) {
  open();
  given({"ana", "luz"});
  journal_.held_at = 1;
  rebuild();
  EXPECT_EQ(rebuild_->progress().state, State::kFailed);
  EXPECT_EQ(get("/api-queries/names/2").status, 200);
}

TEST_F(RebuildTest, WhatAnotherProcessReadsIsNotTakenFromUnderIt) {
  open();
  given({"ana"});
  auto other = projection::ReadModelReader::open(live_.file());
  ASSERT_TRUE(other && (*other)->summary());
  rebuild();
  EXPECT_EQ(rebuild_->progress().state, State::kFailed);
  given({"luz"});
  EXPECT_EQ(get("/api-queries/names/2").status, 200);
  EXPECT_TRUE((*other)->summary());
  other = Error{};
  rebuild();
  EXPECT_EQ(rebuild_->progress().identical, true) << rebuild_->progress().error;
}

TEST_F(RebuildTest, OneRunsAtATimeAndIsShown) {
  open();
  given({"ana"});
  EXPECT_NE(get("/internal/rebuild").body.find(R"("state":"idle")"), std::string::npos);
  EXPECT_EQ(ask("/internal/rebuild", {}, "POST")->answer->status, 202);
  EXPECT_EQ(ask("/internal/rebuild", {}, "POST")->answer->status, 409);
  wait_for_end();
  EXPECT_NE(get("/internal/rebuild").body.find(R"("identical":true)"), std::string::npos);
}

TEST_F(RebuildTest, TheGatewayDoesNotReachIt) {
  EXPECT_EQ(ask("/internal/rebuild", {{"Sportapp-Via", "gateway"}}, "POST")->answer->status, 404);
}

TEST_F(RebuildTest, WhatACrashLeftBehindIsRemoved) {
  for (const auto* suffix : {"", "-wal", "-shm"}) std::ofstream(rebuilt_file().string() + suffix) << "x";
  ASSERT_TRUE(rebuild_->remove_leftovers());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(RebuildTest, TheEndOfTheProcessCutsItOffAndLeavesAWorkingModel) {
  open();
  many(2000);
  ASSERT_TRUE(rebuild_->start());
  rebuild_.reset();
  EXPECT_EQ(get("/api-queries/names/2000").status, 200);
}

TEST_F(RebuildTest, ItBeginsWithTheBaseModelWhereEventsWereDeleted) {
  open();
  many(900);
  given_base({700});
  rebuild();
  EXPECT_EQ(rebuild_->progress().identical, true) << rebuild_->progress().error;
  given({"ana"});
  EXPECT_EQ(get("/api-queries/names/7").body, R"({"name":"n"})");
  EXPECT_EQ(get("/api-queries/names/901").body, R"({"name":"ana"})");
}

TEST_F(RebuildTest, AModelThatWasThrownAwayComesBackByItselfThoughEventsWereDeleted) {
  for (int i = 0; i < 900; ++i) journal_.append("n");
  given_base({700});
  open();
  ASSERT_TRUE(loop_.run_until([this] { return live_.position() == Seq{900}; }));
  wait_for_end();
  EXPECT_EQ(rebuild_->progress().state, State::kDone);
  EXPECT_EQ(rebuild_->progress().identical, std::nullopt) << "there was nothing to compare with";
  EXPECT_EQ(get("/api-queries/names/7").body, R"({"name":"n"})");
  rebuild();
  EXPECT_EQ(rebuild_->progress().identical, true);
}

TEST_F(RebuildTest, WithoutABaseModelWhatWasDeletedIsNotPassedOver) {
  for (int i = 0; i < 9; ++i) journal_.append("n");
  journal_.deleted = 5;
  open();
  ASSERT_TRUE(loop_.run_until([this] { return rebuild_->progress().state == State::kFailed; }));
  EXPECT_EQ(live_.position(), Seq{});
  EXPECT_EQ(get("/api-queries/names/7").status, 404);
}

TEST_F(RebuildTest, ADamagedModelIsMadeAnewByItself) {
  open();
  many(3000);
  const auto size = std::filesystem::file_size(live_.file());
  ASSERT_TRUE(projection::ReadModelReader::open(live_.file()));
  tamper("PRAGMA wal_checkpoint(TRUNCATE)");
  {
    std::fstream file(live_.file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(3 * 4096);
    file << std::string(std::max<std::size_t>(size, 16 * 4096) - 3 * 4096, 'x');
  }
  // Whether a page was still cached or is read again, in the end every view is there.
  ASSERT_TRUE(loop_.run_until([&] {
    (void)ask("/api-queries/names?limit=1000&after=1500");
    journal_.append("more");
    return rebuild_->progress().state == State::kDone;
  }));
  EXPECT_EQ(get("/api-queries/names/2999").body, R"({"name":"n"})");
}

// As after the restore of an older backup below a read model that has seen more.
TEST_F(RebuildTest, AModelOfAJournalThatIsNoMoreIsMadeAnewAndBeginsWhereTheJournalIs) {
  open();
  many(20);
  ASSERT_TRUE(loop_.run_until([this] { return live_.position() == Seq{20}; }));
  journal_.become(1, 12);
  ASSERT_TRUE(loop_.run_until([this] { return live_.position() == Seq{12}; }));
  EXPECT_EQ(rebuild_->progress().identical, std::nullopt);
  EXPECT_EQ(get("/api-queries/names/13").status, 404);
  (void)journal_.append(3);
  ASSERT_TRUE(loop_.run_until([this] { return live_.position() == Seq{15}; }));
}

}  // namespace
}  // namespace sportapp::queries
