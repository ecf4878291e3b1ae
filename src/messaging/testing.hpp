// What the tests of this part share: a Redis of their own, a journal in memory, a sink that remembers.
#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <limits>
#include <mutex>
#include <set>
#include <thread>

#include "base/clock.hpp"
#include "messaging/event_source.hpp"
#include "messaging/redis.hpp"
#include "messaging/relay.hpp"

namespace sportapp::messaging::testing {

// Generous: what it waits for takes milliseconds, but the machine may be busy.
inline bool eventually(const std::function<bool()>& holds, int most_ms = 30'000) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(most_ms);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

inline std::uint16_t free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(listener);
  if (!bound) throw std::runtime_error("no free port on the loopback address");
  return ntohs(address.sin_port);
}

// A redis-server that keeps nothing; it ends with this object, and with the test process whatever happens.
class RedisProcess {
 public:
  RedisProcess()
      : address_{"127.0.0.1", free_port()},
        folder_(::testing::TempDir() + "messaging_redis_" + std::to_string(address_.port)) {
    std::filesystem::create_directories(folder_);
    // The log is set up before there are threads, as in every service: made by two threads at once, it looks
    // like a race to the thread sanitizer, which does not see into its library.
    (void)spdlog::default_logger();
    start();
  }
  ~RedisProcess() {
    if (pid_ > 0) kill_hard();
    std::filesystem::remove_all(folder_);
  }
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  void start() {
    const auto port = std::to_string(address_.port);
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int nowhere = open("/dev/null", O_RDWR);
      dup2(nowhere, STDOUT_FILENO);
      execlp("redis-server", "redis-server", "--port", port.c_str(), "--bind", "127.0.0.1", "--dir",
             folder_.c_str(), "--save", "", "--appendonly", "no", nullptr);
      _exit(127);
    }
    const auto answers = [this] {
      const std::string_view ping[]{"PING"};
      auto redis = Redis::connect(address_, 1000);
      return redis && redis->command(ping);
    };
    if (!eventually(answers)) throw std::runtime_error("redis-server does not start; is it installed?");
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
  RedisAddress address_;
  std::string folder_;
  pid_t pid_ = 0;
};

inline domain::CommittedEvent event_number(std::int64_t seq) {
  const auto payload =
      R"({"id":)" + std::to_string(seq) + R"(,"username":"ñandú )" + std::to_string(seq * 7) + "\"}";
  return {Seq{seq}, 1'700'000'000'000 + seq, {"UserRegistered", 1, payload}};
}

// Events 1 to size(), in memory.
class MemoryJournal {
 public:
  // The next event, of that payload.
  void append(std::string payload) {
    const std::lock_guard lock(mutex_);
    const Seq seq{static_cast<std::int64_t>(events_.size()) + 1};
    events_.push_back({seq, SystemClock().wall_ms(), {"Named", 1, std::move(payload)}});
  }
  // The next `count` events; gives them as committed() takes them.
  std::vector<domain::CommittedEvent> append(std::int64_t count) {
    const std::lock_guard lock(mutex_);
    std::vector<domain::CommittedEvent> added;
    for (std::int64_t i = 0; i < count; ++i) {
      events_.push_back(event_number(static_cast<std::int64_t>(events_.size()) + 1));
      added.push_back(events_.back());
    }
    return added;
  }
  [[nodiscard]] std::int64_t size() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::int64_t>(events_.size());
  }
  [[nodiscard]] std::unique_ptr<EventSource> source() { return std::make_unique<View>(*this); }

  std::atomic<bool> reachable = true;
  std::atomic<int> reads = 0;
  std::atomic<std::int64_t> deleted = 0;  // up to it, as retention does
  std::atomic<std::int64_t> held_at = std::numeric_limits<std::int64_t>::max();  // nothing after it is given

 private:
  class View final : public EventSource {
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

   private:
    MemoryJournal& journal_;
  };

  mutable std::mutex mutex_;
  std::vector<domain::CommittedEvent> events_;
};

// Remembers what it was given, and that it was the right thing.
class RecordingSink final : public EventSink {
 public:
  Seq position() override {
    const std::lock_guard lock(mutex_);
    return position_;
  }
  Result<void> write(std::span<const domain::CommittedEvent> events) override {
    const std::lock_guard lock(mutex_);
    if (fails.contains(++attempts_)) return Error{Retry::kLater, "the disk is full, as the test wants"};
    for (const auto& event : events) {
      const auto expected = event_number(position_.value + 1);
      if (encode(event) != encode(expected)) ++wrong_;
      position_ = event.seq;
    }
    return {};
  }
  [[nodiscard]] bool holds_exactly(std::int64_t count) {
    const std::lock_guard lock(mutex_);
    return position_.value == count && wrong_ == 0;
  }
  [[nodiscard]] int wrong() {
    const std::lock_guard lock(mutex_);
    return wrong_;
  }

  std::set<int> fails;  // which attempts to write; set before a consumer starts

 private:
  std::mutex mutex_;
  int attempts_ = 0;
  int wrong_ = 0;
  Seq position_;
};

}  // namespace sportapp::messaging::testing
