#include "messaging/relay.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <span>
#include <thread>

#include "messaging/back_off.hpp"
#include "messaging/stream_writer.hpp"

namespace sportapp::messaging {
namespace {

using domain::CommittedEvent;

constexpr std::size_t kQueueMax = 10'000;
constexpr std::size_t kSourceBatchMax = 1000;
constexpr std::size_t kPipelineMax = 500;
constexpr auto kIdle = std::chrono::milliseconds(500);  // then a ping, so that a lost Redis is noticed

// The last event of the source, of which it is known that it has `known`. The source can only be asked what
// comes after, so its end is searched: first by doubling steps, then by halving.
Result<Seq> last_of(EventSource& source, Seq known) {
  const auto has_after = [&](std::int64_t seq) -> Result<bool> {
    auto events = source.read(Seq{seq}, 1);
    if (!events) return events.error();
    return !events->empty();
  };
  auto low = known.value;  // there are no events after `high`; there is the event `low`
  auto high = low;
  for (std::int64_t step = 1;; step *= 2) {
    const auto more = has_after(high);
    if (!more) return more.error();
    if (!*more) break;
    low = high + 1;
    high += step;
  }
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    const auto more = has_after(middle);
    if (!more) return more.error();
    *more ? low = middle + 1 : high = middle;
  }
  return Seq{low};
}

}  // namespace

struct Relay::Impl {
  Impl(Options options, std::unique_ptr<EventSource> source);

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
  Result<Seq> go_on_after();
  Result<bool> is_ours(const StreamWriter::Last& last, Seq base, Seq source_last);
  void set_published(Seq seq, std::size_t accepted);

  const Options options_;
  // The thread's own.
  const std::unique_ptr<EventSource> source_;
  StreamWriter writer_;
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

Relay::Impl::Impl(Options options, std::unique_ptr<EventSource> source)
    : options_(std::move(options)),
      source_(std::move(source)),
      writer_(options_.redis, options_.stream, options_.stream_length_max),
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
  return events.empty() ? writer_.ping() : publish(events);
}

Result<void> Relay::Impl::connect() {
  if (auto connected = writer_.connect(); !connected) return connected.error();
  auto position = go_on_after();
  if (!position) return position.error();
  published_ = *position;
  const std::lock_guard lock(mutex_);
  status_.connected = true;
  status_.published = published_;
  return {};
}

void Relay::Impl::works() {
  if (state_ != State::kPublishing) {
    spdlog::info("relay: writes the stream {}, at event {}", options_.stream, published_.value);
  }
  state_ = State::kPublishing;
  back_off_.reset();
}

void Relay::Impl::lost(const Error& error) {
  writer_.disconnect();
  if (state_ != State::kLost) {
    spdlog::warn("relay: the stream {} is not written at present, consumers read the feed: {}",
                 options_.stream, error.what);
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
    wake_.wait_for(lock, stop, kIdle, [this] { return told_ > published_; });
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
    if (published->conflict) {
      set_published(published_, published->accepted);
      return resynchronise();
    }
    set_published(part.back().seq, published->accepted);
    events = events.subspan(part.size());
  }
  return {};
}

// The stream was past what we published: an earlier connection's commands, thought lost, arrived after all;
// or somebody else wrote to it.
Result<void> Relay::Impl::resynchronise() {
  auto position = go_on_after();
  if (!position) return position.error();
  if (*position <= published_) {
    spdlog::warn("relay: the stream {} takes nothing after its last entry; it is begun anew",
                 options_.stream);
    if (auto cleared = writer_.clear(); !cleared) return cleared.error();
  }
  set_published(*position, 0);
  return {};
}

Result<Seq> Relay::Impl::go_on_after() {
  auto last = writer_.last();
  if (!last) return last.error();
  const auto base = source_->base();
  if (!base) return base.error();
  auto source_last = last_of(*source_, std::max(published_, *base));
  if (!source_last) return source_last.error();
  {
    const std::lock_guard lock(mutex_);
    told_ = std::max(told_, *source_last);
  }
  if (*last) {
    const auto ours = is_ours(**last, *base, *source_last);
    if (!ours) return ours.error();
    if (*ours && source_last->value - (*last)->seq->value <= options_.stream_length_max) return *(*last)->seq;
    if (!*ours) {
      spdlog::warn(
          "relay: the stream {} has entries that are not of this journal, or ends before what it has; it is "
          "begun anew",
          options_.stream);
    }
  }
  // An emptied stream remembers its last id and would refuse smaller ones.
  if (auto cleared = writer_.clear(); !cleared) return cleared.error();
  return *source_last;
}

// One that ends before what the source still has is of no use: it could not go on without a gap.
Result<bool> Relay::Impl::is_ours(const StreamWriter::Last& last, Seq base, Seq source_last) {
  if (!last.seq || *last.seq <= base || *last.seq > source_last) return false;
  auto events = source_->read(Seq{last.seq->value - 1}, 1);
  if (!events) return events.error();
  return !events->empty() && events->front().seq == *last.seq && encode(events->front()) == last.line;
}

void Relay::Impl::set_published(Seq seq, std::size_t accepted) {
  published_ = seq;
  const std::lock_guard lock(mutex_);
  status_.published = seq;
  status_.published_total += accepted;
}

Relay::Relay(Options options, std::unique_ptr<EventSource> source)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(source))) {}
Relay::~Relay() = default;

void Relay::committed(std::vector<CommittedEvent> events) {
  impl_->committed(std::move(events));
}

RelayStatus Relay::status() const {
  return impl_->status();
}

}  // namespace sportapp::messaging
