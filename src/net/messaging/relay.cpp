#include "net/messaging/relay.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <span>
#include <thread>

#include "net/messaging/back_off.hpp"
#include "net/messaging/stream_check.hpp"
#include "net/messaging/stream_writer.hpp"

namespace sportapp::messaging {
namespace {

using domain::CommittedEvent;

constexpr std::size_t kQueueMax = 10'000;
constexpr std::size_t kSourceBatchMax = 1000;
constexpr std::size_t kPipelineMax = 500;
constexpr auto kIdle = std::chrono::milliseconds(500);  // then a ping, so that a lost Redis is noticed

}  // namespace

struct Relay::Impl {
  Impl(Options options, std::unique_ptr<JournalEvents> source);

  void committed(std::vector<CommittedEvent> events);
  RelayStatus status() const;

 private:
  void run(const std::stop_token& stop);
  Result<void> step(const std::stop_token& stop);
  Result<void> connect();
  void works();
  void lost(const Error& error);

  std::vector<CommittedEvent> queued(const std::stop_token& stop, bool& behind);
  Result<void> publish(std::span<const CommittedEvent> events);
  Result<void> resynchronise();
  Result<void> check();
  Result<void> mend(const std::string& wrong);
  Result<Seq> go_on_after(std::optional<Seq> anew_after);
  Result<Seq> begin_anew(const std::string& why, Seq after);
  void set_published(Seq seq, std::size_t accepted);

  const Options options_;
  // The thread's own.
  const std::unique_ptr<JournalEvents> source_;
  StreamWriter writer_;
  StreamCheck check_;
  BackOff back_off_{50, 500};
  Seq published_;
  enum class State { kStarting, kPublishing, kLost } state_ = State::kStarting;

  mutable std::mutex mutex_;  // for what follows
  std::condition_variable_any wake_;
  std::vector<CommittedEvent> queue_;  // without a gap
  Seq told_;                           // the last event that is known to be committed
  RelayStatus status_;

  std::jthread thread_;  // last: it must end before the rest goes
};

Relay::Impl::Impl(Options options, std::unique_ptr<JournalEvents> source)
    : options_(std::move(options)),
      source_(std::move(source)),
      writer_(options_.redis, options_.seal, options_.stream_length_max),
      check_(writer_, *source_, options_.seal),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void Relay::Impl::committed(std::vector<CommittedEvent> events) {
  if (events.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    told_ = std::max(told_, events.back().seq);
    // While Redis is gone, and when the queue is full, the events stay where they are anyway: in the source.
    const bool follows = queue_.empty() || queue_.back().seq.next() == events.front().seq;
    if (!status_.connected || !follows || queue_.size() + events.size() > kQueueMax) {
      queue_.clear();
    } else if (queue_.empty()) {
      queue_ = std::move(events);
    } else {
      std::move(events.begin(), events.end(), std::back_inserter(queue_));
    }
  }
  wake_.notify_one();
}

RelayStatus Relay::Impl::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Relay::Impl::run(const std::stop_token& stop) {
  block_broken_pipe_signal();
  while (!stop.stop_requested()) {
    auto done = writer_.connected() ? Result<void>() : connect();
    if (done) done = step(stop);
    if (done) {
      works();
    } else {
      lost(done.error());
      pause(stop, back_off_.next_ms());
    }
  }
}

Result<void> Relay::Impl::step(const std::stop_token& stop) {
  bool behind = false;
  auto events = queued(stop, behind);
  if (behind) {
    auto read = source_->read(published_, kSourceBatchMax);
    if (!read) return read.error();
    if (read->empty()) return Error{Retry::kLater, "the journal does not give an event it has committed"};
    events = std::move(*read);
  }
  if (!events.empty()) {
    if (auto published = publish(events); !published) return published;
  }
  return check();
}

Result<void> Relay::Impl::connect() {
  if (auto connected = writer_.connect(); !connected) return connected.error();
  auto position = go_on_after(std::nullopt);
  if (!position) return position.error();
  published_ = *position;
  const std::lock_guard lock(mutex_);
  status_.connected = true;
  status_.published = published_;
  return {};
}

void Relay::Impl::works() {
  if (state_ != State::kPublishing) {
    spdlog::info("relay: writes the stream {}, at event {}", options_.seal.service(), published_.value);
  }
  state_ = State::kPublishing;
  back_off_.reset();
}

void Relay::Impl::lost(const Error& error) {
  writer_.disconnect();
  if (state_ != State::kLost) {
    spdlog::warn("relay: the stream {} is not written at present, consumers read the feed: {}",
                 options_.seal.service(), error.what);
  }
  state_ = State::kLost;
  const std::lock_guard lock(mutex_);
  status_.connected = false;
  queue_.clear();
}

// What is to be published next, as far as the queue has it. `behind`: the source has it.
std::vector<CommittedEvent> Relay::Impl::queued(const std::stop_token& stop, bool& behind) {
  std::vector<CommittedEvent> events;
  {
    std::unique_lock lock(mutex_);
    // While there is something to compare, nothing is waited for.
    const auto idle = check_.has_more(published_) ? std::chrono::milliseconds(0) : kIdle;
    wake_.wait_for(lock, stop, idle, [this] { return told_ > published_; });
    events.swap(queue_);
    behind = told_ > published_;
  }
  const auto is_new = [this](const CommittedEvent& event) { return event.seq > published_; };
  events.erase(events.begin(), std::find_if(events.begin(), events.end(), is_new));
  if (!events.empty() && events.front().seq != published_.next()) events.clear();
  if (!events.empty()) behind = false;
  return events;
}

Result<void> Relay::Impl::publish(std::span<const CommittedEvent> events) {
  while (!events.empty()) {
    const auto part = events.first(std::min(events.size(), kPipelineMax));
    const auto published = writer_.publish(part);
    if (!published) return published.error();
    const auto mine_upto = published->conflict ? published_ : part.back().seq;
    check_.added(published->accepted, published_, mine_upto);
    if (published->conflict) {
      // Some numbers were taken: by an earlier connection's commands, thought lost, that arrived after all,
      // or by somebody else.
      set_published(published_, published->accepted);
      return resynchronise();
    }
    set_published(part.back().seq, published->accepted);
    events = events.subspan(part.size());
  }
  return {};
}

Result<void> Relay::Impl::resynchronise() {
  auto position = go_on_after(published_);
  if (!position) return position.error();
  set_published(*position, 0);
  return {};
}

// Consumers believe nothing false that is in the stream, but read the feed as long as it is there.
Result<void> Relay::Impl::check() {
  if (check_.has_more(published_)) {
    const auto wrong = check_.some(published_);
    if (!wrong) return wrong.error();
    if (!wrong->empty()) return mend(*wrong);
  }
  const auto as_left = check_.look(published_);
  if (!as_left) return as_left.error();
  return *as_left ? Result<void>() : resynchronise();
}

Result<void> Relay::Impl::mend(const std::string& wrong) {
  auto position = begin_anew(wrong, published_);
  if (!position) return position.error();
  set_published(*position, 0);
  return {};
}

// Where the stream ends, if that is of use; else it is started again after `anew_after`, or after everything.
Result<Seq> Relay::Impl::go_on_after(std::optional<Seq> anew_after) {
  const auto base = source_->base();
  if (!base) return base.error();
  auto source_last = source_->last();
  if (!source_last) return source_last.error();
  *source_last = std::max({*source_last, published_, *base});
  {
    const std::lock_guard lock(mutex_);
    told_ = std::max(told_, *source_last);
  }
  const auto end = check_.end(*base, *source_last);
  if (!end) return end.error();
  const bool goes_on = end->wrong.empty() && end->last > *base &&
                       source_last->value - end->last.value <= options_.stream_length_max;
  if (goes_on) return end->last;
  return begin_anew(end->wrong, anew_after.value_or(*source_last));
}

// Nothing wrong: it is empty, or too far behind to go on.
Result<Seq> Relay::Impl::begin_anew(const std::string& why, Seq after) {
  if (!why.empty()) {
    spdlog::error(
        "relay: the stream {} does not say what the journal says: {}. It is rewritten; consumers "
        "read the feed meanwhile",
        options_.seal.service(), why);
  }
  // An emptied stream remembers its last id and would refuse smaller ones.
  if (auto cleared = writer_.clear(); !cleared) return cleared.error();
  check_.begun_anew(after);
  if (!why.empty()) {
    const std::lock_guard lock(mutex_);
    ++status_.mended;
    status_.mended_why = why;
  }
  return after;
}

void Relay::Impl::set_published(Seq seq, std::size_t accepted) {
  published_ = seq;
  const std::lock_guard lock(mutex_);
  status_.published = seq;
  status_.published_total += accepted;
}

Relay::Relay(Options options, std::unique_ptr<JournalEvents> source)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(source))) {}
Relay::~Relay() = default;

void Relay::committed(std::vector<CommittedEvent> events) {
  impl_->committed(std::move(events));
}

RelayStatus Relay::status() const {
  return impl_->status();
}

}  // namespace sportapp::messaging
