#include "server/queries/rebuild.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <condition_variable>
#include <utility>

#include "net/http/document.hpp"
#include "net/http/problem.hpp"

namespace sportapp::queries {
namespace {

using projection::ReadModel;
using projection::ReadModelReader;

constexpr std::size_t kBatch = 1000;
constexpr int kFeedTries = 10;
constexpr int kLiveTries = 100;
constexpr int kLivePauseMs = 100;
constexpr std::int64_t kDamageEveryMs = 60'000;
constexpr std::int64_t kGoneEveryMs = 5000;
constexpr int kAttemptsMax = 3;  // what is deleted in the journal moves on

Error ending() {
  return {Retry::kLater, "the process is ending"};
}

void pause(const std::stop_token& stop, int ms) {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::unique_lock lock(mutex);
  ended.wait_for(lock, stop, std::chrono::milliseconds(ms), [] { return false; });
}

// The commands process may be restarting: that is no reason to start again.
class PatientFeed final : public messaging::EventSource {
 public:
  PatientFeed(std::unique_ptr<messaging::EventSource> feed, int pause_ms, std::stop_token stop)
      : feed_(std::move(feed)), pause_ms_(pause_ms), stop_(std::move(stop)) {}

  Result<std::vector<domain::CommittedEvent>> read(Seq after, std::size_t limit) override {
    for (int tries = 1;; ++tries) {
      if (stop_.stop_requested()) return ending();
      auto events = feed_->read(after, limit);
      if (events || tries == kFeedTries || events.error().retry == Retry::kNever) return events;
      pause(stop_, pause_ms_);
    }
  }
  Result<std::optional<Hash>> hash_at(Seq seq) override { return feed_->hash_at(seq); }

 private:
  std::unique_ptr<messaging::EventSource> feed_;
  int pause_ms_;
  std::stop_token stop_;
};

std::string_view name_of(Rebuild::State state) {
  switch (state) {
    case Rebuild::State::kIdle:
      return "idle";
    case Rebuild::State::kRunning:
      return "running";
    case Rebuild::State::kDone:
      return "done";
    case Rebuild::State::kFailed:
      break;
  }
  return "failed";
}

std::string_view name_of(std::optional<bool> identical) {
  if (!identical) return "restored";
  return *identical ? "identical" : "different";
}

http::Response answer(int status, const Rebuild::Progress& progress) {
  boost::json::object body{{"state", name_of(progress.state)},
                           {"events", progress.events},
                           {"of", progress.of},
                           {"elapsed_ms", progress.elapsed_ms}};
  if (progress.identical) body["identical"] = *progress.identical;
  if (!progress.error.empty()) body["error"] = progress.error;
  return http::document(body, status);
}

}  // namespace

Rebuild::Rebuild(Options options, LiveModel& live, const domain::Projection& projection, const Clock& clock)
    : options_(std::move(options)),
      live_(live),
      projection_(projection),
      clock_(clock),
      file_(live.file().parent_path() / "read_model.rebuild.db") {}

Rebuild::~Rebuild() = default;

Result<void> Rebuild::remove_leftovers() const {
  return projection::remove_model(file_);
}

void Rebuild::add_to(http::Router& router) {
  router.add("GET", "/internal/rebuild", http::Audience::kInternal,
             [this](const http::Request&, const http::Reply& reply) { reply(answer(200, progress())); });
  router.add("POST", "/internal/rebuild", http::Audience::kInternal,
             [this](const http::Request&, const http::Reply& reply) {
               if (start()) return reply(answer(202, progress()));
               reply(http::problem(409, "Already running", "a rebuild runs; GET /internal/rebuild shows it"));
             });
}

bool Rebuild::start() {
  return start(Served::kCompared);
}

bool Rebuild::start(Served served) {
  {
    const std::lock_guard lock(mutex_);
    if (progress_.state == State::kRunning) return false;
    progress_ = {.state = State::kRunning, .of = live_.position().value};
    started_ms_ = clock_.monotonic_ms();
  }
  thread_ = std::jthread([this, served](const std::stop_token& stop) { run(served, stop); });
  return true;
}

bool Rebuild::ran_within(std::int64_t ms) const {
  const std::lock_guard lock(mutex_);
  return progress_.state != State::kIdle && clock_.monotonic_ms() - started_ms_ < ms;
}

void Rebuild::start_for_gone() {
  if (ran_within(kGoneEveryMs) || !start(Served::kStuck)) return;
  spdlog::warn(
      "{} cannot go on, what comes next was deleted in the journal: it is rebuilt from its base model",
      live_.file().string());
}

void Rebuild::start_for_other_history() {
  if (ran_within(kGoneEveryMs) || !start(Served::kOfOtherHistory)) return;
  spdlog::error("{} is of another history than the journal: it is rebuilt from the feed",
                live_.file().string());
}

void Rebuild::start_for_damage() {
  if (ran_within(kDamageEveryMs)) return;
  if (start()) spdlog::error("{} is damaged: it is rebuilt from the feed", live_.file().string());
}

Rebuild::Progress Rebuild::progress() const {
  const std::lock_guard lock(mutex_);
  auto progress = progress_;
  if (progress.state == State::kRunning) progress.elapsed_ms = clock_.monotonic_ms() - started_ms_;
  return progress;
}

void Rebuild::run(Served served, const std::stop_token& stop) {
  const auto identical = attempt(served, stop);
  if (!identical) {
    if (auto removed = remove_leftovers(); !removed) spdlog::warn("{}", removed.error().what);
  }
  std::string_view outcome = "failed";
  if (identical) outcome = name_of(*identical);
  Progress ended;
  {
    const std::lock_guard lock(mutex_);
    progress_.elapsed_ms = clock_.monotonic_ms() - started_ms_;
    if (identical) {
      progress_.identical = *identical;
    } else {
      progress_.error = identical.error().what;
    }
    progress_.state = identical ? State::kDone : State::kFailed;
    ended = progress_;
  }
  if (options_.on_end) options_.on_end(outcome);
  const bool well = outcome == "identical" || outcome == "restored";
  const auto level = well ? spdlog::level::info : spdlog::level::err;
  spdlog::log(level, "rebuild of {}: {} after {} events and {} ms{}{}", live_.file().string(), outcome,
              ended.events, ended.elapsed_ms, ended.error.empty() ? "" : ": ", ended.error);
}

Result<Rebuild::Identical> Rebuild::attempt(Served served, const std::stop_token& stop) {
  for (int tries = 1;; ++tries) {
    auto identical = attempt_once(served, stop);
    if (identical || identical.error().retry != Retry::kNever || tries == kAttemptsMax) return identical;
  }
}

Result<void> Rebuild::begin_with_base(const std::stop_token& stop) {
  if (!options_.fetch_base) return {};
  for (int tries = 1;; ++tries) {
    const auto fetched = options_.fetch_base(file_, stop);
    if (fetched) return {};
    if (stop.stop_requested()) return ending();
    if (tries == kFeedTries) return fetched.error();
    pause(stop, options_.feed_pause_ms);
  }
}

// The live model is served and followed until the last step, which changes the files.
Result<Rebuild::Identical> Rebuild::attempt_once(Served served, const std::stop_token& stop) {
  if (auto removed = remove_leftovers(); !removed) return removed.error();
  if (auto begun = begin_with_base(stop); !begun) return begun.error();
  PatientFeed feed(options_.make_feed(), options_.feed_pause_ms, stop);
  auto fresh = ReadModel::open({.file = file_, .on_written = {}, .on_damaged = {}}, projection_, clock_);
  if (!fresh) return fresh.error();
  if (auto filled = fill(**fresh, feed, stop); !filled) return filled.error();
  Identical identical;
  if (served == Served::kCompared) {
    const auto same = same_as_live(**fresh, feed, stop);
    if (!same) return same.error();
    identical = *same;
  }
  auto replaced = live_.replace_with(
      std::move(*fresh), file_, feed,
      served == Served::kOfOtherHistory ? LiveModel::Until::kOwn : LiveModel::Until::kServed, stop);
  if (!replaced) return replaced.error();
  return identical;
}

Result<void> Rebuild::fill(ReadModel& fresh, messaging::EventSource& feed, const std::stop_token& stop) {
  for (;;) {
    if (stop.stop_requested()) return ending();
    const auto events = feed.read(fresh.position(), kBatch);
    if (!events) return events.error();
    if (events->empty()) return {};
    if (auto written = fresh.write(*events); !written) return written;
    filled_to(fresh.position());
    // Under load the feed never ends; what is left is read when both models are brought to one position.
    if (events->size() < kBatch / 4) return {};
  }
}

// Both at one position: a snapshot of the live model, while it goes on, and `fresh` brought to just there.
Result<bool> Rebuild::same_as_live(ReadModel& fresh, messaging::EventSource& feed,
                                   const std::stop_token& stop) {
  for (int tries = 0; live_.position() < fresh.position() && tries < kLiveTries; ++tries) {
    if (stop.stop_requested()) return ending();
    pause(stop, kLivePauseMs);
  }
  auto reader = ReadModelReader::open(live_.file());
  if (!reader) return reader.error();
  const auto live = (*reader)->summary();
  if (!live) {
    spdlog::error("the served model cannot be compared with the rebuilt one: {}", live.error().what);
    return live.error().retry == Retry::kNever ? Result<bool>(false) : Result<bool>(live.error());
  }
  if (auto brought = bring_to(fresh, feed, live->position); !brought) return brought.error();
  filled_to(fresh.position());
  if (fresh.position() != live->position) {
    spdlog::error("the served model stays at {}, the rebuilt one holds {}: not compared",
                  live->position.value, fresh.position().value);
    return false;
  }
  const auto digest = fresh.digest();
  if (!digest) return digest.error();
  return *digest == live->digest;
}

void Rebuild::filled_to(Seq position) {
  const std::lock_guard lock(mutex_);
  progress_.events = position.value;
  progress_.of = std::max({progress_.of, position.value, live_.position().value});
}

}  // namespace sportapp::queries
