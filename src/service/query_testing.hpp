// What the tests of the queries side share: a loop turned by hand, a feed in memory, a process without
// sockets.
#pragma once
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "base/clock.hpp"
#include "http/router.hpp"
#include "service/live_model.hpp"
#include "service/position_waiters.hpp"
#include "service/query_routes.hpp"
#include "service/rebuild.hpp"
#include "service/view_set_aside.hpp"
#include "testing/temp_folder.hpp"

namespace sportapp::service::testing {

// The calling thread is the loop, as long as it is in run_until. Timers go off when the test says so.
class HandLoop final : public Loop {
 public:
  void post(Task task) override {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    posted_.notify_one();
  }
  TimerId after(std::int64_t, Task task) override {
    timers_[++last_timer_] = std::move(task);
    return last_timer_;
  }
  void cancel(TimerId timer) override { timers_.erase(timer); }

  // Generous: what is waited for takes milliseconds, but the machine may be busy.
  [[nodiscard]] bool run_until(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!holds()) {
      Task task;
      {
        std::unique_lock lock(mutex_);
        posted_.wait_for(lock, std::chrono::milliseconds(5), [this] { return !tasks_.empty(); });
        if (tasks_.empty() && std::chrono::steady_clock::now() > end) return false;
        if (tasks_.empty()) continue;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
    return true;
  }
  void let_time_pass() {
    for (auto due = std::exchange(timers_, {}); const auto& [timer, task] : due) task();
  }
  [[nodiscard]] std::size_t timers() const { return timers_.size(); }

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> tasks_;
  std::map<TimerId, Task> timers_;
  TimerId last_timer_ = 0;
};

// The journal as its feed shows it.
class MemoryJournal {
 public:
  void append(std::string payload) {
    const std::lock_guard lock(mutex_);
    const Seq seq{static_cast<std::int64_t>(events_.size()) + 1};
    events_.push_back({seq, SystemClock().wall_ms(), {"Named", 1, std::move(payload)}});
  }
  void be_reachable(bool reachable) {
    const std::lock_guard lock(mutex_);
    reachable_ = reachable;
  }
  // As retention does.
  void delete_up_to(Seq seq) {
    const std::lock_guard lock(mutex_);
    base_ = seq;
  }
  // Nothing past `seq` is handed out.
  void hold_at(Seq seq) {
    const std::lock_guard lock(mutex_);
    held_at_ = seq;
  }
  [[nodiscard]] Result<std::vector<domain::CommittedEvent>> read(Seq after, std::size_t limit) const {
    const std::lock_guard lock(mutex_);
    if (!reachable_) return Error{Retry::kLater, "the feed cannot be reached"};
    if (after < base_) return Error{Retry::kNever, "it is deleted"};
    std::vector<domain::CommittedEvent> found;
    for (auto at = static_cast<std::size_t>(after.value); at < events_.size() && found.size() < limit; ++at) {
      if (events_[at].seq <= held_at_) found.push_back(events_[at]);
    }
    return found;
  }
  [[nodiscard]] std::unique_ptr<messaging::EventSource> feed() const {
    struct Feed final : messaging::EventSource {
      explicit Feed(const MemoryJournal& of) : journal(of) {}
      Result<std::vector<domain::CommittedEvent>> read(Seq after, std::size_t limit) override {
        return journal.read(after, limit);
      }
      const MemoryJournal& journal;
    };
    return std::make_unique<Feed>(*this);
  }

 private:
  mutable std::mutex mutex_;
  bool reachable_ = true;
  Seq held_at_{1'000'000'000}, base_;
  std::vector<domain::CommittedEvent> events_;
};

// Each event's payload is a name: its view is {"name":...} under the event's seq. Two ways to find it: as
// written, and by its first letter, which the last of that letter has. "!" cannot be shown until all is
// known.
struct Names final : projection::Projection {
  std::string_view service() const override { return "names"; }
  std::vector<projection::Filter> filters() const override {
    const auto as_is = [](std::string_view value) { return std::optional(std::string(value)); };
    const auto letter = [](std::string_view value) {
      return value.size() == 1 ? std::optional(std::string(value)) : std::nullopt;
    };
    return {{"name", as_is}, {"letter", letter}};
  }
  void apply(projection::Views& views, const domain::CommittedEvent& event) const override {
    const auto& name = event.event.payload;
    views.put_view({event.seq.value}, R"({"name":")" + name + R"("})");
    views.put_lookup("name", name, {event.seq.value});
    views.put_lookup("letter", name.substr(0, 1), {event.seq.value});
    if (name == "!" && !knows_all) throw std::runtime_error("no name");
  }
  std::atomic<bool> knows_all{false};
};

class QueriesTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kWaitersMax = 3;

  QueriesTest() {
    routes_.add_to(router_);
    rebuild_->add_to(router_);
    set_aside_->add_to(router_);
  }

  void open() {
    const auto opened = live_.open();
    ASSERT_TRUE(opened) << opened.error().what;
  }
  // Appends names and lets the read model follow.
  void given(const std::vector<std::string>& names) {
    for (const auto& name : names) journal_.append(name);
    head_ = {head_.value + static_cast<std::int64_t>(names.size())};
    ASSERT_TRUE(loop_.run_until([this] { return live_.position() == head_; }));
  }

  struct Sent final : http::Reply::Target {
    void send(http::Response response) override {
      if (!answer) answer = std::move(response);
    }
    std::optional<http::Response> answer;
  };
  using Headers = std::vector<std::pair<std::string, std::string>>;

  std::shared_ptr<Sent> ask(std::string target, Headers headers = {}, std::string method = "GET") {
    http::Request request;
    request.method = std::move(method);
    const auto mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != std::string::npos) request.query = target.substr(mark + 1);
    request.headers = std::move(headers);
    auto sent = std::make_shared<Sent>();
    router_.route(request, http::Reply(sent));
    return sent;
  }
  // For a query that does not wait.
  http::Response get(const std::string& target, Headers headers = {}) {
    const auto sent = ask(target, std::move(headers));
    if (!sent->answer) throw std::logic_error("not answered at once: " + target);
    return *sent->answer;
  }
  static std::string header(const http::Response& response, std::string_view name) {
    for (const auto& [given, value] : response.headers) {
      if (given == name) return value;
    }
    return "";
  }
  static std::string whole(http::Response response) {
    auto body = std::move(response.body);
    while (response.next_chunk) {
      const auto piece = response.next_chunk();
      if (!piece) break;
      body += *piece;
    }
    return body;
  }

  // What the feed has no more is in the file `base_`, if anything is.
  Result<bool> fetch_base(const std::filesystem::path& to) {
    if (base_.empty()) return false;
    std::filesystem::copy_file(base_, to);
    return true;
  }
  // The names up to `seq` are deleted in the journal, and are in a base model.
  void given_base(Seq seq) {
    base_ = folder_.path() / "base.db";
    {
      auto model =
          projection::ReadModel::open({.file = base_, .on_written = {}, .on_damaged = {}}, names_, clock_);
      const auto events = journal_.read({}, static_cast<std::size_t>(seq.value));
      ASSERT_TRUE(model && events && (*model)->write(*events));
      ASSERT_TRUE(projection::ReadModel::seal(std::move(*model)));
    }
    journal_.delete_up_to(seq);
  }

  sportapp::testing::TempFolder folder_;
  SystemClock clock_;
  Names names_;
  MemoryJournal journal_;
  std::filesystem::path base_;
  Seq head_;
  HandLoop loop_;
  http::Router router_;
  PositionWaiters waiters_{loop_, kWaitersMax};
  std::string rebuilt_;
  LiveModel live_{
      {.file = folder_.path() / "read_model.db",
       .consumer = {.redis = {"127.0.0.1", 1}, .stream = "names"},  // nobody there: the feed is read
       .make_feed = [this] { return journal_.feed(); },
       .on_written = {},
       .on_position = [this](Seq position) { waiters_.reached(position); },
       .on_damaged = [this] { rebuild_->start_for_damage(); },
       .on_gone = [this] { rebuild_->start_for_gone(); }},
      names_,
      clock_,
      loop_};
  std::unique_ptr<Rebuild> rebuild_ = std::make_unique<Rebuild>(
      Rebuild::Options{.make_feed = [this] { return journal_.feed(); },
                       .on_end = {},
                       .feed_pause_ms = 1,
                       .fetch_base = [this](const auto& to, const auto&) { return fetch_base(to); }},
      live_, names_, clock_);
  std::unique_ptr<ViewSetAside> set_aside_ =
      std::make_unique<ViewSetAside>("names", live_, loop_, [this] { (void)rebuild_->start(); });
  QueryRoutes routes_{names_, live_, waiters_};
};

}  // namespace sportapp::service::testing
