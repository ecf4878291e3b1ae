#include "store/journal/background_check.hpp"

#include "store/journal/testing.hpp"

namespace sportapp::journal {
namespace {

class BackgroundCheckTest : public JournalTest {
 protected:
  void wait_until_checked(Seq seq) {
    for (int i = 0; i < 200 && journal_->status().checked_until < seq; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ASSERT_EQ(journal_->status().checked_until, seq);
  }
  void tamper(const std::string& sql) {
    auto database = sqlite::open(folder_.path() / "journal.db", {});
    ASSERT_GT((*database)->exec(sql), 0);
  }
  // Opened so that it is checked all the time, with so many names.
  void open_with(int names) {
    open({.on_failing = [this](const std::string&, bool damaged) { told_.set_value(damaged); },
          .pace = {.every = std::chrono::milliseconds(100), .begins_at_once = true}});
    for (int i = 1; i <= names; ++i) ASSERT_TRUE(added("k" + std::to_string(i), "n" + std::to_string(i)));
  }
  void expect_damaged(const std::string& place) {
    auto future = told_.get_future();
    ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
    EXPECT_TRUE(future.get());
    EXPECT_TRUE(journal_->status().damaged);
    EXPECT_NE(journal_->status().failing.find(place), std::string::npos) << journal_->status().failing;
    journal_.reset();
    open();
    EXPECT_TRUE(journal_->status().damaged) << "for good";
  }

  std::promise<bool> told_;
};

TEST_F(BackgroundCheckTest, ARowOfTheStateThatChangedIsFound) {
  open_with(1500);
  wait_until_checked(Seq{1500});
  tamper("UPDATE state_rows SET json = 'forged' WHERE id = 1207");
  expect_damaged("names 1207");
}

TEST_F(BackgroundCheckTest, AnEntryThatChangedIsFound) {
  open_with(30);
  wait_until_checked(Seq{30});
  tamper("UPDATE entries SET payload = 'forged' WHERE seq = 7");
  expect_damaged("entry 7");
}

TEST_F(BackgroundCheckTest, CommitsGoOnMeanwhileAndAreRight) {
  open_with(600);
  for (int i = 601; i <= 900; ++i) ASSERT_TRUE(added("k" + std::to_string(i), "n" + std::to_string(i)));
  wait_until_checked(Seq{900});
  EXPECT_EQ(journal_->status().failing, "");
}

TEST_F(BackgroundCheckTest, ATrimmedJournalIsCheckedFromItsBaseOn) {
  open_with(40);
  Reply<Result<Trimmed>> reply;
  journal_->trim({Seq{30}, 100, journal_->status().opened}, reply.to());
  ASSERT_EQ(reply.wait()->base, Seq{30});
  wait_until_checked(Seq{40});
  tamper("UPDATE entries SET payload = 'forged' WHERE seq = 35");
  expect_damaged("entry 35");
}

}  // namespace
}  // namespace sportapp::journal
