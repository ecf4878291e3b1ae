#include "server/monitor/failover_log.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <fstream>

#include "tests/support/temp_folder.hpp"

namespace sportapp::monitor {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class FailoverLogTest : public ::testing::Test {
 protected:
  FailoverLogTest() { open(); }
  void open() {
    log_.reset();
    log_ = std::move(FailoverLog::open(folder_.path()).value());
  }
  void add(const std::string& cause) {
    log_->add(1'700'000'000'000, "users", {"M6", "promote b", cause, {Epoch{8}, "b", {{"b", Epoch{7}}}}});
  }
  [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "events.jsonl"; }

  sportapp::testing::TempFolder folder_;
  std::unique_ptr<FailoverLog> log_;
};

}  // namespace

TEST_F(FailoverLogTest, TellsWhatWhyUnderWhichRuleAndWhatTheRecordIsNow) {
  add("a: connection broken");
  const auto events = log_->after(0, 10);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0],
            R"({"number":1,"time_ms":1700000000000,"service":"users","rule":"M6","what":"promote b",)"
            R"("cause":"a: connection broken","epoch":8,)"
            R"("record":{"epoch":8,"primary":"b","in_sync":[{"node":"b","promise":7}],)"
            R"("floor":{"seq":0,"hash":"0000000000000000000000000000000000000000000000000000000000000000"},)"
            R"("forced":0}})");
}

TEST_F(FailoverLogTest, NumbersGoOnInTheNextRun) {
  add("one");
  add("two");
  open();
  add("three");
  EXPECT_THAT(log_->after(0, 10), SizeIs(3));
  const auto last = log_->after(2, 10);
  ASSERT_THAT(last, SizeIs(1));
  EXPECT_THAT(last[0], HasSubstr(R"("number":3)"));
  EXPECT_THAT(log_->after(0, 2), SizeIs(2));
}

TEST_F(FailoverLogTest, ACutLineCostsOnlyItself) {
  add("one");
  log_.reset();
  std::ofstream(file(), std::ios::app) << R"({"number":2,"time)";
  open();
  add("two");
  open();
  const auto events = log_->after(0, 10);
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_THAT(events[1], HasSubstr(R"("cause":"two")"));
}

TEST_F(FailoverLogTest, AFullFileIsPutAsideOnce) {
  const std::string long_cause(100'000, 'x');
  for (int times = 0; times < 100; ++times) add(long_cause);
  EXPECT_LT(std::filesystem::file_size(file()), FailoverLog::kFileBytesMax + 200'000);
  EXPECT_TRUE(std::filesystem::exists(file().string() + ".1"));
  EXPECT_FALSE(std::filesystem::exists(file().string() + ".2"));
  open();
  add("after");
  EXPECT_THAT(log_->after(99, 10).back(), HasSubstr(R"("number":101)"));
}

TEST_F(FailoverLogTest, WithoutADiskItIsKeptInMemory) {
  std::filesystem::remove_all(folder_.path());
  add("one");
  EXPECT_THAT(log_->after(0, 10), SizeIs(1));
}

}  // namespace sportapp::monitor
