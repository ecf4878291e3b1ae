// A read model recreated from the feed, beside the one that is served, and put in its place.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "net/http/router.hpp"
#include "server/queries/base_fetching.hpp"
#include "server/queries/live_model.hpp"

namespace sportapp::queries {

class Rebuild {
 public:
  enum class State { kIdle, kRunning, kDone, kFailed };
  struct Progress {
    State state = State::kIdle;
    std::int64_t events = 0;
    std::int64_t of = 0;
    std::int64_t elapsed_ms = 0;
    // When done: whether the served model said the same at the same position.
    std::optional<bool> identical{};
    std::string error{};  // when failed
  };
  struct Options {
    std::function<std::unique_ptr<messaging::EventSource>()> make_feed;
    // identical, different, restored (not compared: the model served could not go on), failed; any thread
    std::function<void(std::string_view outcome)> on_end;
    int feed_pause_ms = 500;  // before a feed that failed is asked again
    FetchBase fetch_base{};   // what the feed begins after; none: it begins with the first event
  };
  // All references must outlive it; destroyed when the loop has ended.
  Rebuild(Options options, LiveModel& live, const domain::Projection& projection, const Clock& clock);
  ~Rebuild();  // stops one that runs; the served model stays as it is

  // Before the live model is opened: what a rebuild cut off by a crash left behind goes.
  [[nodiscard]] Result<void> remove_leftovers() const;
  // POST and GET /internal/rebuild.
  void add_to(http::Router& router);
  [[nodiscard]] bool start();  // loop thread; false when one runs
  // As start(), for a model found damaged: not within a minute of the last.
  void start_for_damage();
  // As start(), for a model that cannot go on, since what comes next was deleted in the journal: not
  // compared, and not within seconds of the last.
  void start_for_gone();
  // As start(), for a model that says what the journal, which is an older or another one now, does not say:
  // not compared, and not within seconds of the last. The model begins where that journal is.
  void start_for_other_history();
  [[nodiscard]] Progress progress() const;  // any thread

 private:
  using Fresh = std::unique_ptr<projection::ReadModel>;

  using Identical = std::optional<bool>;  // nothing: not compared

  // What becomes of the model that is served: compared, or not since it could not go on, or is of a journal
  // that is no more.
  enum class Served { kCompared, kStuck, kOfOtherHistory };
  [[nodiscard]] bool start(Served served);
  [[nodiscard]] bool ran_within(std::int64_t ms) const;
  void run(Served served, const std::stop_token& stop);
  [[nodiscard]] Result<Identical> attempt(Served served, const std::stop_token& stop);
  [[nodiscard]] Result<Identical> attempt_once(Served served, const std::stop_token& stop);
  [[nodiscard]] Result<void> begin_with_base(const std::stop_token& stop);
  [[nodiscard]] Result<void> fill(projection::ReadModel& fresh, messaging::EventSource& feed,
                                  const std::stop_token& stop);
  [[nodiscard]] Result<bool> same_as_live(projection::ReadModel& fresh, messaging::EventSource& feed,
                                          const std::stop_token& stop);
  void filled_to(Seq position);

  const Options options_;
  LiveModel& live_;
  const domain::Projection& projection_;
  const Clock& clock_;
  const std::filesystem::path file_;

  mutable std::mutex mutex_;  // for the two below
  Progress progress_;
  std::int64_t started_ms_ = 0;

  std::jthread thread_;  // last: ends before the rest
};

}  // namespace sportapp::queries
