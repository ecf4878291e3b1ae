// A journal's files damaged or lost while nobody has them open: it notices, or nothing that is read differs.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "store/journal/content_checks.hpp"
#include "store/journal/copy.hpp"
#include "store/journal/mark.hpp"
#include "store/journal/reader.hpp"
#include "store/journal/seal.hpp"
#include "store/journal/testing.hpp"
#include "tests/support/faulty_disk.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_bytes(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

// Everything that a journal says, as text.
std::string content_of(const fs::path& file) {
  auto reader = Reader::open(file);
  if (!reader) return reader.error().what;
  std::string all;
  const auto entries = (*reader)->entries(Seq{}, 1'000'000);
  if (!entries) return entries.error().what;
  for (const auto& entry : *entries) {
    all += std::to_string(entry.seq.value) + entry.key + entry.event.payload + hex(entry.hash) + "\n";
  }
  for (const auto& pages : {stored_rows(**reader), stored_uniques(**reader)}) {
    for (auto after = lowest();;) {
      const auto page = pages(after);
      if (!page) return page.error().what;
      if (page->empty()) break;
      for (const auto& record : *page)
        all += record.key.group + std::to_string(record.key.id) + record.key.name + record.value + "\n";
      after = page->back().key;
    }
  }
  return all;
}

class DamageTest : public FollowerTest {
 protected:
  [[nodiscard]] fs::path file() const { return folder_.path() / "journal.db"; }
  [[nodiscard]] fs::path wal() const { return folder_.path() / "journal.db-wal"; }
  [[nodiscard]] fs::path mark() const { return folder_.path() / "journal.mark"; }
  [[nodiscard]] fs::path killed() const { return folder_.path() / "killed"; }

  // The files of the journal as they are at this moment, as a process that is killed leaves them.
  void kill() {
    fs::create_directories(killed());
    for (const auto* name : {"journal.db", "journal.db-wal", "journal.mark"}) {
      if (fs::exists(folder_.path() / name))
        fs::copy_file(folder_.path() / name, killed() / name, fs::copy_options::overwrite_existing);
    }
    journal_.reset();
    for (const auto* name :
         {"journal.db", "journal.db-wal", "journal.db-shm", "journal.mark", "journal.seal"})
      fs::remove(folder_.path() / name);
    put_back();
  }
  void put_back() {
    for (const auto* name : {"journal.db-shm", "journal.seal", "journal.db-wal"})
      fs::remove(folder_.path() / name);
    for (const auto& entry : fs::directory_iterator(killed()))
      fs::copy_file(entry.path(), folder_.path() / entry.path().filename(),
                    fs::copy_options::overwrite_existing);
  }
  // So many names, and the process is killed.
  void fill_and_kill(int names) {
    open();
    add_names(1, names);
    kill();
  }
  void open_damaged() {
    open();
    const auto status = journal_->status();
    EXPECT_TRUE(status.damaged) << status.failing;
    EXPECT_FALSE(status.failing.empty());
    EXPECT_EQ(status.head, Seq{});
  }
  void open_whole(int names) {
    open();
    EXPECT_EQ(journal_->status().failing, "");
    EXPECT_EQ(journal_->status().head, Seq{names});
  }
  void flip(const fs::path& where, std::size_t at, int bit = 0) {
    auto bytes = bytes_of(where);
    ASSERT_LT(at, bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
    write_bytes(where, bytes);
  }
  Result<Position> replace_with(const fs::path& copy) {
    Reply<Result<Position>> reply;
    journal_->replace(copy, reply.to());
    return reply.wait();
  }
};

TEST_F(DamageTest, AKilledProcessLosesNothingAndIsNoDamage) {
  fill_and_kill(20);
  open_whole(20);
  EXPECT_EQ(journal_->status().settled.seq, Seq{20}) << "it outlives the restart";
  EXPECT_EQ(journal_->status().settled.epoch, Epoch{1});
}

TEST_F(DamageTest, AWalThatIsGoneIsNoticed) {
  fill_and_kill(20);
  fs::remove(wal());
  open_damaged();
  EXPECT_NE(journal_->status().failing.find("entry 20"), std::string::npos) << journal_->status().failing;
  journal_.reset();
  open_damaged();  // also the next time
}

TEST_F(DamageTest, AFileThatIsGoneOrEmptyIsNoticed) {
  fill_and_kill(5);
  fs::remove(file());
  open_damaged();
  journal_.reset();
  EXPECT_FALSE(fs::exists(file())) << "nothing is made in its place";
  write_bytes(file(), "");
  open_damaged();
  journal_.reset();
  fs::remove(wal());
  open_damaged();
}

TEST_F(DamageTest, AWalWithoutItsFileIsNoNewJournal) {
  fill_and_kill(5);
  fs::remove(file());
  fs::remove(mark());
  open_damaged();
}

TEST_F(DamageTest, AnOlderWholeCopyIsNoticedByTheMark) {
  fill_and_kill(5);
  const auto older = bytes_of(file());
  const auto older_wal = bytes_of(wal());
  open();
  add_names(6, 9);
  journal_.reset();
  fs::remove(folder_.path() / "journal.seal");
  write_bytes(file(), older);
  write_bytes(wal(), older_wal);
  open_damaged();
}

TEST_F(DamageTest, AnotherHistoryOfTheSameLengthIsNoticed) {
  fill_and_kill(5);
  const auto marked = bytes_of(mark());
  for (const auto* name : {"journal.db", "journal.db-wal", "journal.mark"}) fs::remove(folder_.path() / name);
  open();
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(added("o" + std::to_string(i), "other" + std::to_string(i)));
  journal_.reset();
  write_bytes(mark(), marked);
  open_damaged();
  EXPECT_NE(journal_->status().failing.find("another one"), std::string::npos) << journal_->status().failing;
}

TEST_F(DamageTest, AJournalWithoutAMarkIsTakenOver) {
  fill_and_kill(5);
  fs::remove(mark());
  open_whole(5);
  journal_.reset();
  EXPECT_EQ((*MarkFile::read_only(file()))->head.seq, Seq{5});
}

TEST_F(DamageTest, AMarkThatIsDamagedMakesNoClaim) {
  fill_and_kill(5);
  write_bytes(mark(), std::string(9000, 'x'));
  open_whole(5);
  journal_.reset();
  EXPECT_EQ((*MarkFile::read_only(file()))->head.seq, Seq{5});
}

TEST_F(DamageTest, NothingIsDoneByADamagedJournalButToBeReplaced) {
  fill_and_kill(5);
  const auto copy = folder_.path() / "copy";
  open();
  ASSERT_TRUE(copy_journal(file(), copy));
  kill();
  write_bytes(file(), std::string(5000, 'x'));
  const auto remains = bytes_of(file());
  open();
  EXPECT_TRUE(journal_->status().damaged);
  EXPECT_TRUE(std::holds_alternative<Error>(add("k9", "n9")));
  EXPECT_EQ(journal_->consumed("letters"), Seq{});
  EXPECT_FALSE(journal_->entries());
  EXPECT_EQ((*journal_->events())->read(Seq{}, 10)->size(), 0U);
  follow(*journal_);
  EXPECT_FALSE(append(*journal_, {}));
  const auto replaced = replace_with(copy);
  ASSERT_TRUE(replaced) << replaced.error().what;
  EXPECT_EQ(replaced->seq, Seq{5});
  EXPECT_EQ(journal_->status().failing, "");
  EXPECT_FALSE(journal_->status().damaged);
  EXPECT_EQ(bytes_of(folder_.path() / "journal.db.damaged"), remains);
  EXPECT_TRUE(fs::exists(folder_.path() / "journal.db-wal.damaged"));
  journal_->lead(Epoch{2});
  EXPECT_TRUE(std::holds_alternative<Answered>(add("k6", "n6")));
  journal_.reset();
  open_whole(6);
}

TEST_F(DamageTest, ItIsToldWhenItRecoversFromAFolderThatItMayNotUse) {
  if (::geteuid() == 0) GTEST_SKIP() << "the superuser may use every folder";
  open();
  add_names(1, 2);
  journal_.reset();
  fs::permissions(file(), fs::perms::none);
  open();
  EXPECT_FALSE(journal_->status().failing.empty());
  EXPECT_FALSE(journal_->status().damaged);
  fs::permissions(file(), fs::perms::owner_read | fs::perms::owner_write);
  wait_until_it_writes();
  EXPECT_EQ(journal_->status().head, Seq{2});
}

TEST_F(DamageTest, AFullDiskAtTheStartIsOverWhenThereIsRoom) {
  sportapp::testing::FaultyDisk disk;
  disk.set_full(true);
  int recovered = 0;
  open({.on_recovered = [&] { ++recovered; }});
  EXPECT_NE(journal_->status().failing.find("free some space"), std::string::npos)
      << journal_->status().failing;
  EXPECT_FALSE(journal_->status().damaged);
  EXPECT_EQ(journal_->consumed("letters"), Seq{});
  disk.set_full(false);
  wait_until_it_writes();
  EXPECT_TRUE(added("k1", "n1"));
  EXPECT_EQ(recovered, 1);
  journal_.reset();
}

TEST_F(DamageTest, AJournalOfALaterProgramIsLeftAlone) {
  open();
  add_names(1, 2);
  journal_.reset();
  fs::remove(folder_.path() / "journal.seal");
  {
    auto database = sqlite::open(file(), {});
    (*database)->exec("UPDATE meta SET value = 99 WHERE name = 'format'");
  }
  open();
  EXPECT_NE(journal_->status().failing.find("newer"), std::string::npos) << journal_->status().failing;
  EXPECT_FALSE(journal_->status().damaged);
}

TEST_F(DamageTest, AClosedJournalIsOneFileThatHasEverything) {
  open();
  add_names(1, 50);
  auto reads_on = journal_->events();
  ASSERT_EQ((*reads_on)->read(Seq{}, 10)->size(), 10U);
  const auto head = head_of(*journal_);
  journal_.reset();
  EXPECT_TRUE(!fs::exists(wal()) || fs::file_size(wal()) == 0);
  const auto alone = folder_.path() / "alone";
  fs::create_directories(alone);
  fs::copy_file(file(), alone / "journal.db");
  auto opened = Journal::open({.file = alone / "journal.db"}, names_, clock_);
  EXPECT_EQ(head_of(**opened), head);
  EXPECT_EQ((*opened)->status().failing, "");
  EXPECT_EQ((*(*opened)->events())->read(Seq{}, 1000)->size(), 50U);
}

TEST_F(DamageTest, TheMarkAndTheSealAreTheOwnersOnly) {
  open();
  add_names(1, 2);
  EXPECT_FALSE(fs::exists(folder_.path() / "journal.seal")) << "while it is open";
  journal_.reset();
  for (const auto* name : {"journal.mark", "journal.seal"}) {
    struct stat status {};
    ASSERT_EQ(::stat((folder_.path() / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777, 0600U);
  }
}

TEST_F(DamageTest, AByteThatChangedInAClosedFileIsFoundWhateverItMeans) {
  open();
  add_names(1, 10);
  journal_.reset();
  const auto whole = bytes_of(file());
  std::mt19937 random(11);
  for (int round = 0; round < 30; ++round) {
    const auto at = random() % whole.size();
    write_bytes(file(), whole);
    flip(file(), at, static_cast<int>(random() % 8));
    open();
    EXPECT_FALSE(journal_->status().failing.empty()) << "byte " << at;
    journal_.reset();
    for (const auto* name : {"journal.db-wal", "journal.db-shm"}) fs::remove(folder_.path() / name);
  }
  write_bytes(file(), whole);
  open_whole(10);
}

TEST_F(DamageTest, ASealThatAnOlderProgramLeftIsNotUsed) {
  open();
  add_names(1, 10);
  journal_.reset();
  {
    auto database = sqlite::open(file(), {});
    (*database)->exec("UPDATE meta SET value = value + 1 WHERE name = 'opened'");
  }
  open_whole(10);
}

// Whatever byte of whatever file changed: it is found, or makes no difference to anything that is read.
TEST_F(DamageTest, AChangedByteIsFoundOrMakesNoDifference) {
  open();
  add_names(1, 300);
  kill();
  open_whole(300);
  const auto right = content_of(file());
  kill();
  open();
  add_names(301, 304);  // part of it is in the file, part in the WAL
  const auto more = content_of(file());
  ASSERT_NE(right, more);
  kill();
  std::mt19937 random(7);
  int found = 0;
  for (int round = 0; round < 150; ++round) {
    put_back();
    const auto where = round % 3 == 0 ? wal() : file();
    const auto size = fs::file_size(where);
    if (size == 0) continue;
    const auto at = random() % size;
    flip(where, at, static_cast<int>(random() % 8));
    open();
    const auto status = journal_->status();
    if (!status.failing.empty()) {
      ++found;
    } else {
      EXPECT_EQ(status.head, Seq{304}) << where << " byte " << at;
      EXPECT_EQ(content_of(file()), more) << where << " byte " << at;
    }
    journal_.reset();
  }
  EXPECT_GT(found, 20);
}

// Whatever is cut off: nothing that was acknowledged is gone without being noticed.
TEST_F(DamageTest, AFileThatIsCutIsNoticedOrWhole) {
  open();
  add_names(1, 40);
  kill();
  std::mt19937 random(5);
  for (int round = 0; round < 60; ++round) {
    put_back();
    const auto where = round % 2 == 0 ? wal() : file();
    const auto size = fs::file_size(where);
    if (size == 0) continue;
    fs::resize_file(where, random() % size);
    open();
    const auto status = journal_->status();
    EXPECT_TRUE(status.damaged || status.head == Seq{40}) << where << " round " << round;
    journal_.reset();
  }
}

TEST_F(DamageTest, AReaderThatHoldsTheWalDoesNotHoldTheEndForLong) {
  open();
  add_names(1, 3);
  auto reading = sqlite::open(file(), {.read_only = true});
  (*reading)->exec("BEGIN");
  std::ignore = (*reading)->execAndGet("SELECT count(*) FROM entries");
  add_names(4, 6);
  const auto began = std::chrono::steady_clock::now();
  journal_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  (*reading)->exec("ROLLBACK");
  reading = sqlite::open(folder_.path() / "none", {});
  open_whole(6);
}

}  // namespace
}  // namespace sportapp::journal
