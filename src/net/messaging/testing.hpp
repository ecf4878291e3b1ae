// What the tests of this part share: a Redis of their own, a journal in memory, a sink that remembers.
#pragma once
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "base/clock.hpp"
#include "net/messaging/event_source.hpp"
#include "net/messaging/redis.hpp"
#include "net/messaging/relay.hpp"
#include "net/messaging/seal.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temp_folder.hpp"

namespace sportapp::messaging::testing {

// A redis-server that keeps nothing; it ends with this object, and with the test process whatever happens.
class RedisProcess {
 public:
  RedisProcess() : address_{(folder_.path() / "redis.sock").string()} {
    // The log is set up before there are threads, as in every service: made by two threads at once, it looks
    // like a race to the thread sanitizer, which does not see into its library.
    (void)spdlog::default_logger();
    start();
  }
  ~RedisProcess() {
    if (pid_ > 0) kill_hard();
  }
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  void start() {
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int nowhere = open("/dev/null", O_RDWR);
      dup2(nowhere, STDOUT_FILENO);
      execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", address_.host.c_str(), "--dir",
             folder_.path().c_str(), "--save", "", "--appendonly", "no", nullptr);
      _exit(127);
    }
    const auto answers = [this] {
      const std::string_view ping[]{"PING"};
      auto redis = Redis::connect(address_, 1000);
      return redis && redis->command(ping);
    };
    if (!sportapp::testing::eventually(answers))
      throw std::runtime_error("redis-server does not start; is it installed?");
  }
  void kill_hard() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  void freeze() const { kill(pid_, SIGSTOP); }
  void thaw() const { kill(pid_, SIGCONT); }

  Reply run(std::initializer_list<std::string_view> words) const {
    auto redis = Redis::connect(address_, 5000);
    if (!redis) throw std::runtime_error(redis.error().what);
    auto reply = redis->command({words.begin(), words.size()});
    if (!reply) throw std::runtime_error(reply.error().what);
    return std::move(*reply);
  }
  [[nodiscard]] const RedisAddress& address() const { return address_; }

 private:
  const sportapp::testing::TempFolder folder_;
  const RedisAddress address_;  // a local socket: no other process can take it meanwhile, as it can a port
  pid_t pid_ = 0;
};

inline InstanceKey key_number(std::uint8_t number) {
  InstanceKey key;
  key.bytes.fill(number);
  return key;
}
inline Seal seal(const std::string& service = "users") {
  return Seal(service, key_number(1));
}
// Of the entry `seq` of history `history`; each history is another one from its first entry on.
inline Hash hash_number(std::int64_t seq, std::int64_t history = 0) {
  return seq == 0 ? Hash{} : Hasher().field(seq).field(history).finish();
}
inline domain::CommittedEvent event_number(std::int64_t seq, std::int64_t history = 0) {
  const auto payload = R"({"id":)" + std::to_string(seq) + R"(,"username":"ñandú )" +
                       std::to_string(seq * 7 + history) + "\"}";
  return {Seq{seq},
          1'700'000'000'000 + seq,
          {"UserRegistered", 1, payload},
          hash_number(seq - 1, history),
          hash_number(seq, history)};
}
inline std::string sealed(const domain::CommittedEvent& event) {
  return seal().encode(event);
}

// Events 1 to size(), in memory.
class MemoryJournal {
 public:
  // The next event, of that payload.
  void append(std::string payload) {
    const std::lock_guard lock(mutex_);
    const Seq seq{static_cast<std::int64_t>(events_.size()) + 1};
    events_.push_back({seq,
                       SystemClock().wall_ms(),
                       {"Named", 1, std::move(payload)},
                       hash_number(seq.value - 1),
                       hash_number(seq.value)});
  }
  // The next `count` events; gives them as committed() takes them.
  std::vector<domain::CommittedEvent> append(std::int64_t count) {
    const std::lock_guard lock(mutex_);
    std::vector<domain::CommittedEvent> added;
    for (std::int64_t i = 0; i < count; ++i) {
      events_.push_back(event_number(static_cast<std::int64_t>(events_.size()) + 1, history));
      added.push_back(events_.back());
    }
    return added;
  }
  // It is another journal from here on, of `count` events, as after a restore.
  void become(std::int64_t other_history, std::int64_t count) {
    {
      const std::lock_guard lock(mutex_);
      history = other_history;
      events_.clear();
    }
    (void)append(count);
  }
  [[nodiscard]] std::int64_t size() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::int64_t>(events_.size());
  }
  [[nodiscard]] std::unique_ptr<JournalEvents> source() { return std::make_unique<View>(*this); }

  std::int64_t history = 0;
  std::atomic<bool> reachable = true;
  std::atomic<int> reads = 0;
  std::atomic<std::int64_t> deleted = 0;  // up to it, as retention does
  std::atomic<std::int64_t> held_at = std::numeric_limits<std::int64_t>::max();  // nothing after it is given

 private:
  class View final : public JournalEvents {
   public:
    explicit View(MemoryJournal& journal) : journal_(journal) {}
    Result<std::vector<domain::CommittedEvent>> read(Seq after, std::size_t limit) override {
      ++journal_.reads;
      if (!journal_.reachable) return Error{Retry::kLater, "the journal is out of reach"};
      if (after.value < journal_.deleted) return Error{Retry::kNever, "it is deleted"};
      const std::lock_guard lock(journal_.mutex_);
      const auto& events = journal_.events_;
      const auto given = std::min(static_cast<std::size_t>(journal_.held_at), events.size());
      const auto begin = std::min(static_cast<std::size_t>(after.value), given);
      const auto end = std::min(begin + limit, given);
      return std::vector(events.begin() + static_cast<std::ptrdiff_t>(begin),
                         events.begin() + static_cast<std::ptrdiff_t>(end));
    }
    Result<Seq> base() override { return Seq{journal_.deleted}; }
    Result<Seq> last() override {
      if (!journal_.reachable) return Error{Retry::kLater, "the journal is out of reach"};
      const std::lock_guard lock(journal_.mutex_);
      return Seq{
          std::min<std::int64_t>(journal_.held_at, static_cast<std::int64_t>(journal_.events_.size()))};
    }
    Result<std::optional<Hash>> hash_at(Seq seq) override {
      if (!journal_.reachable) return Error{Retry::kLater, "the journal is out of reach"};
      if (seq.value < journal_.deleted) return Error{Retry::kNever, "it is deleted"};
      const std::lock_guard lock(journal_.mutex_);
      if (seq == Seq{}) return std::optional(Hash{});
      const auto at = static_cast<std::size_t>(seq.value);
      return at > journal_.events_.size() ? std::nullopt : std::optional(journal_.events_[at - 1].hash);
    }

   private:
    MemoryJournal& journal_;
  };

  mutable std::mutex mutex_;
  std::vector<domain::CommittedEvent> events_;
};

// Remembers what it was given, and that it was the right thing.
class RecordingSink final : public EventSink {
 public:
  Place place() override {
    const std::lock_guard lock(mutex_);
    return knows_hash ? place_ : Place{place_.seq, {}};
  }
  // As a read model that is recreated, or is not there yet.
  void start_at(const Place& place, std::int64_t of_history) {
    const std::lock_guard lock(mutex_);
    place_ = place;
    history_ = of_history;
    wrong_ = 0;
  }
  bool step_back() override {
    const std::lock_guard lock(mutex_);
    if (!counts || counts->seq >= place_.seq) return false;
    place_ = *counts;
    history_ = 0;
    return true;
  }
  Result<void> write(std::span<const domain::CommittedEvent> events) override {
    const std::lock_guard lock(mutex_);
    if (fails.contains(++attempts_)) return Error{Retry::kLater, "the disk is full, as the test wants"};
    for (const auto& event : events) {
      const auto expected = event_number(place_.seq.value + 1, history_);
      if (sealed(event) != sealed(expected)) ++wrong_;
      place_ = place_after(event);
    }
    return {};
  }
  [[nodiscard]] bool holds_exactly(std::int64_t count) {
    const std::lock_guard lock(mutex_);
    return place_.seq.value == count && wrong_ == 0;
  }
  [[nodiscard]] int writes() {
    const std::lock_guard lock(mutex_);
    return attempts_;
  }
  [[nodiscard]] int wrong() {
    const std::lock_guard lock(mutex_);
    return wrong_;
  }

  std::atomic<bool> knows_hash = true;  // else as a read model of an earlier version
  std::set<int> fails;                  // which attempts to write; set before a consumer starts
  // Where step_back() goes; what follows is expected of history 0. Set before a consumer starts, too.
  std::optional<Place> counts;

 private:
  std::mutex mutex_;
  int attempts_ = 0;
  int wrong_ = 0;
  std::int64_t history_ = 0;
  Place place_ = beginning();
};

}  // namespace sportapp::messaging::testing
