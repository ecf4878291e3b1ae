// What the tests of the journal share: a domain of names, outcomes to wait for, a batch that can be held
// back.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdint>
#include <future>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "store/journal/journal.hpp"
#include "store/sqlite/sqlite.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::journal {

inline constexpr std::chrono::seconds kPatience{20};

// Names, each once. The name "bomb" makes apply() throw after it has changed something.
class Names final : public domain::Domain {
 public:
  std::string_view service() const override { return "names"; }
  std::vector<domain::Route> routes() const override { return {}; }
  std::variant<domain::Command, domain::Refusal> parse(std::string_view, std::optional<Id>,
                                                       std::string_view body) const override {
    return domain::Command{"Add", std::string(body)};
  }
  domain::Decision decide(const domain::StateReader& state, const domain::Command& command) const override {
    if (state.id_of("name", command.body)) return domain::Refusal{409, "taken", command.body, {}};
    const auto id = state.last_id("names").next();
    return domain::Effect{{"Added", 1, command.body}, {200, std::to_string(id.value), "/names"}};
  }
  std::vector<domain::Field> fields() const override { return {}; }
  std::vector<std::string> sources() const override { return {"letters", "digits"}; }
  void apply(domain::State& state, const domain::CommittedEvent& committed) const override {
    const auto& name = committed.event.payload;
    const auto id = state.last_id("names").next();
    state.put_row("names", id, name);
    if (name == "bomb") throw std::logic_error("bomb");
    state.put_unique("name", name, id);
  }
};

// Collects outcomes by key, and waits for them.
class Outcomes {
 public:
  Done of(const std::string& key) {
    return [this, key](Outcome outcome) {
      const std::lock_guard lock(mutex_);
      if (!outcomes_.emplace(key, std::move(outcome)).second) ADD_FAILURE() << "answered twice: " << key;
      changed_.notify_all();
    };
  }
  Outcome wait(const std::string& key) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return outcomes_.contains(key); })) {
      throw std::runtime_error("no outcome for " + key);
    }
    return outcomes_.at(key);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Outcome> outcomes_;
};

// Holds a batch back until released, so that a test decides what is in the next one.
class Barrier final : public CommitGate {
 public:
  void before_commit(const SharedEntries& entries, Verdict verdict) override {
    std::unique_lock lock(mutex_);
    seen_.push_back(entries.size());
    held_ = std::move(verdict);
    changed_.notify_all();
    if (open_) let_go(lock);
  }
  void committed(Position head) override {
    const std::lock_guard lock(mutex_);
    committed_.push_back(head);
  }
  void commit_failed() override {
    const std::lock_guard lock(mutex_);
    ++failed_commits_;
    changed_.notify_all();
  }
  std::vector<Position> committed_heads() {
    const std::lock_guard lock(mutex_);
    return committed_;
  }
  void wait_for_failed_commits(int count) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, kPatience, [&] { return failed_commits_ >= count; }));
  }
  void wait_for_batches(std::size_t count) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, kPatience, [&] { return seen_.size() >= count; }));
  }
  // What is held may be written, and is not to be answered yet.
  void let_write() {
    std::unique_lock lock(mutex_);
    const auto verdict = held_;
    lock.unlock();
    verdict(Pass::kWrite);
  }
  void open(bool refuse = false) {
    std::unique_lock lock(mutex_);
    open_ = true;
    refuse_ = refuse;
    let_go(lock);
  }
  /// What is held now is refused, whatever comes afterwards is let through.
  void refuse_what_is_held() {
    std::unique_lock lock(mutex_);
    open_ = true;
    refused_ = seen_.size();
    let_go(lock);
  }
  std::vector<std::size_t> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void let_go(std::unique_lock<std::mutex>& lock) {
    if (!held_) return;
    const auto verdict = std::exchange(held_, nullptr);
    const bool refused = refuse_ || seen_.size() <= refused_;
    lock.unlock();
    verdict(refused ? Result<Pass>(Error{Retry::kLater, "deposed"}) : Result<Pass>(Pass::kAnswer));
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Verdict held_;
  std::vector<std::size_t> seen_;
  std::vector<Position> committed_;
  std::size_t refused_ = 0;
  int failed_commits_ = 0;
  bool open_ = false, refuse_ = false;
};

class JournalTest : public ::testing::Test {
 protected:
  void open(Options options = {}) {
    options.file = folder_.path() / "journal.db";
    auto opened = Journal::open(std::move(options), names_, clock_);
    ASSERT_TRUE(opened) << opened.error().what;
    journal_ = std::move(*opened);
  }
  void submit(const std::string& key, const std::string& name) {
    journal_->submit({key, {"Add", name}}, outcomes_.of(key));
  }
  Outcome add(const std::string& key, const std::string& name) {
    submit(key, name);
    return outcomes_.wait(key);
  }
  bool added(const std::string& key, const std::string& name) {
    return std::holds_alternative<Answered>(add(key, name));
  }
  std::vector<std::string> names_in_events() {
    auto source = journal_->events();
    EXPECT_TRUE(source);
    auto events = (*source)->read(Seq{}, 10'000);
    EXPECT_TRUE(events);
    std::vector<std::string> names;
    for (const auto& event : *events) names.push_back(event.event.payload);
    return names;
  }
  // What the state tables hold, read by another connection.
  std::int64_t count(const std::string& sql) {
    auto database = sqlite::open(folder_.path() / "journal.db", {.read_only = true});
    return (*database)->execAndGet("SELECT count(*) FROM " + sql).getInt64();
  }
  bool is_passed_on(const std::string& key, const std::string& name) {
    return std::holds_alternative<NotPrimary>(add(key, name));
  }
  void wait_until_it_writes() {
    for (int i = 0; i < 200 && !journal_->status().failing.empty(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ASSERT_EQ(journal_->status().failing, "");
  }

  sportapp::testing::TempFolder folder_;
  Names names_;
  SystemClock clock_;
  Outcomes outcomes_;
  std::unique_ptr<Journal> journal_;
};

// Waits for what a journal says when it has done what it was asked.
template <class Value>
class Reply {
 public:
  std::function<void(Value)> to() {
    return [promise = promise_](Value value) { promise->set_value(std::move(value)); };
  }
  Value wait() {
    auto future = promise_->get_future();
    if (future.wait_for(kPatience) != std::future_status::ready) throw std::runtime_error("no reply");
    return future.get();
  }

 private:
  std::shared_ptr<std::promise<Value>> promise_ = std::make_shared<std::promise<Value>>();
};

// A second journal that follows the first.
class FollowerTest : public JournalTest {
 protected:
  [[nodiscard]] std::filesystem::path follower_file() const { return folder_.path() / "b" / "journal.db"; }
  void open_follower(Options options = {}) {
    options.file = follower_file();
    options.leading = false;
    auto opened = Journal::open(std::move(options), names_, clock_);
    ASSERT_TRUE(opened) << opened.error().what;
    follower_ = std::move(*opened);
  }
  void add_names(int first, int last) {
    for (int i = first; i <= last; ++i) {
      ASSERT_TRUE(added("k" + std::to_string(i), "n" + std::to_string(i)));
    }
  }
  static std::vector<Entry> entries_of(const Journal& journal, std::int64_t after = 0) {
    auto reader = journal.entries();
    EXPECT_TRUE(reader);
    auto entries = (*reader)->read(Seq{after}, 10'000, SIZE_MAX);
    EXPECT_TRUE(entries);
    return *entries;
  }
  static Result<Position> append(Journal& journal, std::vector<Entry> entries) {
    Reply<Result<Position>> reply;
    journal.append(std::move(entries), reply.to());
    return reply.wait();
  }
  // What the follower has not of the first.
  Result<Position> ship() {
    return append(*follower_, entries_of(*journal_, follower_->status().head.value));
  }
  static Position head_of(const Journal& journal) {
    const auto status = journal.status();
    return {status.head, status.head_hash};
  }
  static void follow(Journal& journal) {
    const auto followed = std::make_shared<std::promise<void>>();
    journal.follow([followed] { followed->set_value(); });
    ASSERT_EQ(followed->get_future().wait_for(kPatience), std::future_status::ready);
  }
  static Outcome add_to(Journal& journal, const std::string& key, const std::string& name) {
    Outcomes outcomes;
    journal.submit({key, {"Add", name}}, outcomes.of(key));
    return outcomes.wait(key);
  }

  std::unique_ptr<Journal> follower_;
};

}  // namespace sportapp::journal
