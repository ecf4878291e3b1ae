#include "store/journal/testing.hpp"
#include "tests/support/faulty_disk.hpp"

namespace sportapp::journal {
namespace {

using Strings = std::vector<std::string>;

TEST_F(JournalTest, AnswersWithTheEntrysPosition) {
  open();
  const auto first = std::get<Answered>(add("k1", "ana"));
  EXPECT_EQ(first.seq, Seq{1});
  EXPECT_EQ(first.answer.body, "1");
  EXPECT_FALSE(first.replayed);
  EXPECT_EQ(std::get<Answered>(add("k2", "luz")).seq, Seq{2});
  EXPECT_EQ(names_in_events(), (Strings{"ana", "luz"}));
}

TEST_F(JournalTest, TheSameKeyGivesTheFirstAnswerAgain) {
  open();
  submit("k1", "ana");
  outcomes_.wait("k1");
  Outcomes again;
  journal_->submit({"k1", {"Add", "ana"}}, again.of("k1"));
  const auto replay = std::get<Answered>(again.wait("k1"));
  EXPECT_TRUE(replay.replayed);
  EXPECT_EQ(replay.seq, Seq{1});
  EXPECT_EQ(replay.answer.body, "1");
  EXPECT_EQ(journal_->status().head, Seq{1});
}

TEST_F(JournalTest, TheSameKeyWithAnotherRequestIsRefused) {
  open();
  ASSERT_TRUE(added("k1", "ana"));
  Outcomes again;
  journal_->submit({"k1", {"Add", "luz"}}, again.of("k1"));
  EXPECT_TRUE(std::holds_alternative<KeyReused>(again.wait("k1")));
  EXPECT_EQ(journal_->status().head, Seq{1});
}

TEST_F(JournalTest, TwoAtOnceWithOneKeyExecuteOnce) {
  Barrier barrier;
  open({.gate = &barrier});
  submit("first", "zero");
  barrier.wait_for_batches(1);  // the next two wait together and share a batch
  Outcomes twin;
  submit("k1", "ana");
  journal_->submit({"k1", {"Add", "ana"}}, twin.of("k1"));
  barrier.open();
  EXPECT_FALSE(std::get<Answered>(outcomes_.wait("k1")).replayed);
  EXPECT_TRUE(std::get<Answered>(twin.wait("k1")).replayed);
  EXPECT_EQ(names_in_events(), (Strings{"zero", "ana"}));
}

TEST_F(JournalTest, OneBatchIsOneSyncAndOneRefusalHarmsNoOther) {
  sportapp::testing::FaultyDisk disk;
  Barrier barrier;
  open({.gate = &barrier});
  submit("first", "zero");
  barrier.wait_for_batches(1);
  for (int i = 0; i < 20; ++i) submit("k" + std::to_string(i), "n" + std::to_string(i % 19));
  submit("bomb", "bomb");
  submit("last", "last");
  const auto syncs = disk.syncs();
  barrier.open();
  EXPECT_TRUE(std::holds_alternative<Answered>(outcomes_.wait("last")));
  EXPECT_TRUE(std::holds_alternative<domain::Refusal>(outcomes_.wait("k19")));
  EXPECT_EQ(barrier.seen(), (std::vector<std::size_t>{1, 20}));
  EXPECT_EQ(disk.syncs() - syncs, 2) << "one for the held batch, one for the twenty";
  journal_.reset();
}

TEST_F(JournalTest, ACommandThatMeetsADefectLeavesNothingBehind) {
  open();
  ASSERT_TRUE(added("k1", "ana"));
  const auto outcome = add("bomb", "bomb");
  ASSERT_TRUE(std::holds_alternative<Error>(outcome));
  EXPECT_EQ(std::get<Error>(outcome).retry, Retry::kNever);
  EXPECT_EQ(count("state_rows WHERE json = 'bomb'"), 0);
  EXPECT_EQ(std::get<Answered>(add("k2", "luz")).answer.body, "2") << "the bomb's id is free again";
}

TEST_F(JournalTest, ACommandThatMeetsADefectHarmsNoOtherOfItsBatch) {
  Barrier barrier;
  open({.gate = &barrier});
  submit("first", "first");
  barrier.wait_for_batches(1);
  for (const auto* name : {"ana", "bomb", "luz"}) submit(name, name);
  submit("ana again", "ana");
  barrier.open();
  EXPECT_EQ(std::get<Answered>(outcomes_.wait("ana")).answer.body, "2");
  EXPECT_TRUE(std::holds_alternative<Error>(outcomes_.wait("bomb")));
  EXPECT_EQ(std::get<Answered>(outcomes_.wait("luz")).answer.body, "3");
  EXPECT_EQ(std::get<domain::Refusal>(outcomes_.wait("ana again")).status, 409);
  EXPECT_EQ(barrier.seen(), (std::vector<std::size_t>{1, 2})) << "one batch";
  EXPECT_EQ(std::get<Answered>(add("later", "sol")).seq, Seq{4});
  EXPECT_EQ(count("entries"), 4);
}

TEST_F(JournalTest, EventsAreHandedOutOnlyWhenDurable) {
  Barrier barrier;
  std::mutex mutex;
  std::vector<Seq> committed;
  open({.gate = &barrier, .on_committed = [&](std::vector<domain::CommittedEvent> events) {
          const std::lock_guard lock(mutex);
          for (const auto& event : events) committed.push_back(event.seq);
        }});
  submit("k1", "ana");
  barrier.wait_for_batches(1);
  EXPECT_EQ(names_in_events(), Strings{});
  {
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(committed.empty());
  }
  barrier.open();
  outcomes_.wait("k1");
  EXPECT_EQ(names_in_events(), Strings{"ana"});
  journal_.reset();
  EXPECT_EQ(committed, std::vector<Seq>{Seq{1}});
}

TEST_F(JournalTest, EventsCarryTheirPlaceInTheChain) {
  std::vector<domain::CommittedEvent> handed_out;
  open({.on_committed = [&](std::vector<domain::CommittedEvent> events) {
    std::move(events.begin(), events.end(), std::back_inserter(handed_out));
  }});
  for (const auto* name : {"ana", "luz", "sol"}) ASSERT_TRUE(added(name, name));
  const auto head = journal_->status().head_hash;
  const auto read = (*journal_->events())->read(Seq{}, 10);
  journal_.reset();
  ASSERT_EQ(handed_out.size(), 3U);
  Hash last{};
  for (std::size_t at = 0; at < 3; ++at) {
    EXPECT_EQ(handed_out[at].previous, last);
    EXPECT_EQ((*read)[at].previous, last);
    EXPECT_EQ((*read)[at].hash, handed_out[at].hash);
    last = handed_out[at].hash;
  }
  EXPECT_EQ(last, head);
}

TEST_F(JournalTest, AFullQueueRefusesAtOnce) {
  Barrier barrier;
  open({.queue_max = 2, .gate = &barrier});
  submit("first", "zero");
  barrier.wait_for_batches(1);
  submit("k1", "a");
  submit("k2", "b");
  const auto outcome = add("k3", "c");
  EXPECT_EQ(std::get<Error>(outcome).retry, Retry::kLater);
  barrier.open();
  EXPECT_TRUE(std::holds_alternative<Answered>(outcomes_.wait("k2")));
}

TEST_F(JournalTest, GoesOnWhereItEndedAndTheChainHolds) {
  open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(added("k" + std::to_string(i), "n" + std::to_string(i)));
  const auto before = journal_->status();
  journal_.reset();
  open();
  EXPECT_EQ(journal_->status().head, before.head);
  EXPECT_EQ(journal_->status().head_hash, before.head_hash);
  EXPECT_EQ(std::get<Answered>(add("k9", "new")).answer.body, "6");
}

TEST_F(JournalTest, WhatWasAcknowledgedOutlivesAPowerCut) {
  sportapp::testing::FaultyDisk disk;
  for (int round = 0; round < 5; ++round) {
    open();
    for (int i = 0; i < 10; ++i) {
      const auto name = std::to_string(round) + "-" + std::to_string(i);
      ASSERT_TRUE(added(name, name));
    }
    disk.power_off();
    journal_.reset();
    disk.power_on();
  }
  open();
  EXPECT_EQ(names_in_events().size(), 50U);
  EXPECT_EQ(count("state_uniques_recent"), 50);
  journal_.reset();
}

TEST_F(JournalTest, AFullDiskIsRefusedClearlyAndOverWhenThereIsRoom) {
  sportapp::testing::FaultyDisk disk;
  open();
  ASSERT_TRUE(added("k1", "ana"));
  disk.set_full(true);
  const auto outcome = add("k2", "luz");
  ASSERT_TRUE(std::holds_alternative<Error>(outcome));
  EXPECT_NE(std::get<Error>(outcome).retry, Retry::kNever);
  EXPECT_NE(journal_->status().failing.find("free some space"), std::string::npos)
      << journal_->status().failing;
  EXPECT_EQ(std::get<Error>(add("k3", "leo")).retry, Retry::kLater);
  disk.set_full(false);
  wait_until_it_writes();
  EXPECT_EQ(std::get<Answered>(add("k4", "sol")).seq, Seq{2});
  EXPECT_EQ(names_in_events(), (Strings{"ana", "sol"}));
  journal_.reset();
}

TEST_F(JournalTest, AfterAFailedSyncTheOutcomeIsUnknownAndSettledByReopening) {
  sportapp::testing::FaultyDisk disk;
  open();
  ASSERT_TRUE(added("k1", "ana"));
  disk.fail_next_sync();
  const auto outcome = add("k2", "luz");
  ASSERT_TRUE(std::holds_alternative<Error>(outcome));
  EXPECT_EQ(std::get<Error>(outcome).retry, Retry::kOutcomeUnknown);
  wait_until_it_writes();
  Outcomes again;
  journal_->submit({"k2", {"Add", "luz"}}, again.of("k2"));
  EXPECT_EQ(std::get<Answered>(again.wait("k2")).seq, Seq{2}) << "replayed or executed, but once";
  EXPECT_EQ(names_in_events(), (Strings{"ana", "luz"}));
  journal_.reset();
}

// Every single write, truncation and sync of some commits fails once in its own run.
TEST_F(JournalTest, WhateverChangeFailsNothingAcknowledgedIsLostOrDoubled) {
  for (std::int64_t nth = 1;; ++nth) {
    sportapp::testing::TempFolder folder;
    sportapp::testing::FaultyDisk disk;
    Outcomes outcomes;
    std::vector<std::string> acknowledged;
    auto journal = Journal::open({.file = folder.path() / "journal.db"}, names_, clock_);
    ASSERT_TRUE(journal);
    const auto before = disk.changes();
    disk.fail_from_change(nth);
    for (int i = 0; i < 4; ++i) {
      const auto key = std::to_string(i);
      (*journal)->submit({key, {"Add", "n" + key}}, outcomes.of(key));
      if (std::holds_alternative<Answered>(outcomes.wait(key))) acknowledged.push_back("n" + key);
    }
    const bool all_passed = disk.changes() - before < nth;
    disk.power_off();
    journal->reset();
    disk.power_on();
    disk.heal();
    journal = Journal::open({.file = folder.path() / "journal.db"}, names_, clock_);
    ASSERT_TRUE(journal) << journal.error().what;
    for (int i = 0; i < 4; ++i) {  // the clients try again under their keys
      const auto key = std::to_string(i);
      Outcomes again;
      (*journal)->submit({key, {"Add", "n" + key}}, again.of(key));
      const auto answered = std::get<Answered>(again.wait(key));
      const bool known = std::find(acknowledged.begin(), acknowledged.end(), "n" + key) != acknowledged.end();
      EXPECT_TRUE(answered.replayed || !known) << "lost " << key << " when change " << nth << " failed";
    }
    EXPECT_EQ((*journal)->status().head, Seq{4});
    journal->reset();
    if (all_passed) break;
    ASSERT_LT(nth, 200);
  }
}

TEST_F(JournalTest, RefusesAFileThatLostWhatWasAcknowledged) {
  sportapp::testing::FaultyDisk disk;
  open();
  ASSERT_TRUE(added("k1", "ana"));
  ASSERT_TRUE(added("k2", "luz"));
  {
    auto database = sqlite::open(folder_.path() / "journal.db", {});
    (*database)->exec("DELETE FROM entries WHERE seq = 2");
  }
  disk.set_full(true);
  std::ignore = add("k3", "leo");
  disk.set_full(false);
  for (int i = 0; i < 200 && journal_->status().failing.find("acknowledged") == std::string::npos; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_NE(journal_->status().failing.find("entry 2"), std::string::npos) << journal_->status().failing;
  journal_.reset();
}

TEST_F(JournalTest, ItIsToldOfEachCommandThatIsBeingDecidedAndThatNoneIsBeforeTheOutcomes) {
  std::vector<std::string> told;
  Barrier barrier;
  open({.gate = &barrier, .on_deciding = [&](const Submission* submission) {
          told.push_back(submission == nullptr
                             ? "none"
                             : submission->key + "/" + std::to_string(submission->request[0]));
        }});
  barrier.open();
  journal_->submit({"k1", {"Add", "ana"}, {}, {7}}, outcomes_.of("k1"));
  outcomes_.wait("k1");
  journal_->submit({"k2", {"Add", "bomb"}, {}, {8}}, outcomes_.of("k2"));
  outcomes_.wait("k2");
  EXPECT_EQ(told, (Strings{"k1/7", "none", "k2/8", "none", "k2/8", "none"})) << "a defect is decided again";
}

}  // namespace
}  // namespace sportapp::journal
