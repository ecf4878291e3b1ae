#include "messaging/consumer.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <mutex>
#include <thread>

#include "base/clock.hpp"
#include "messaging/back_off.hpp"
#include "messaging/stream_reader.hpp"

namespace sportapp::messaging {
namespace {

using domain::CommittedEvent;

constexpr int kFeedWaitMs = 20;
constexpr int kQuietMs = 1000;  // so long feed and stream have nothing new; then the stream alone is read

std::int64_t now_ms() {
  return SystemClock().monotonic_ms();
}

enum class Source { kNothing, kStream, kFeed };

const char* name_of(Source source) {
  switch (source) {
    case Source::kStream:
      return "stream";
    case Source::kFeed:
      return "feed";
    case Source::kNothing:
      break;
  }
  return "nothing";
}

enum class FeedRead {
  kFailed,
  kNone,       // there is nothing yet
  kSome,       // up to the end
  kMany,       // there may be more
  kUnwritten,  // the sink did not take it
};

bool follows(std::span<const CommittedEvent> events, Seq position) {
  for (const auto& event : events) {
    if (event.seq != position.next()) return false;
    position = event.seq;
  }
  return true;
}

}  // namespace

struct Consumer::Impl {
  Impl(Options options, std::unique_ptr<EventSource> feed, EventSink& sink);
  ConsumerStatus status() const;

 private:
  void run(const std::stop_token& stop);
  void step(const std::stop_token& stop);
  void take(StreamReader::Answer answer, FeedRead feed, const std::stop_token& stop);
  void check_feed(const std::stop_token& stop);
  void leave_stream(std::string why, int wait_ms, const std::stop_token& stop);
  FeedRead read_feed(const std::stop_token& stop);
  FeedRead feed_failed(std::string why);
  FeedRead gone(std::string why);
  void set_gone(const std::string& why);
  bool write(std::span<const CommittedEvent> events, const std::stop_token& stop);
  void set_reading(Source reading);

  const Options options_;
  // The thread's own.
  const std::unique_ptr<EventSource> feed_;
  EventSink& sink_;
  StreamReader stream_;
  bool prefers_feed_ = false;  // the stream does not have what comes next
  bool stream_lags_ = false;   // the feed had more than a silent stream, once
  std::int64_t quiet_since_ms_ = 0;
  std::string stream_failure_;
  std::string feed_failure_;
  BackOff feed_back_off_{50, 500};
  std::int64_t feed_retry_at_ms_ = 0;
  BackOff sink_back_off_{50, 500};
  bool sink_fails_ = false;

  mutable std::mutex mutex_;  // for what follows
  Seq position_;
  Source reading_ = Source::kNothing;
  std::string gone_;

  std::jthread thread_;  // last: it must end before the rest goes
};

Consumer::Impl::Impl(Options options, std::unique_ptr<EventSource> feed, EventSink& sink)
    : options_(std::move(options)),
      feed_(std::move(feed)),
      sink_(sink),
      stream_(options_.redis, options_.stream, options_.batch_max),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

ConsumerStatus Consumer::Impl::status() const {
  const std::lock_guard lock(mutex_);
  return {position_, name_of(reading_), gone_};
}

void Consumer::Impl::run(const std::stop_token& stop) {
  block_broken_pipe_signal();
  {
    const auto position = sink_.position();
    const std::lock_guard lock(mutex_);
    position_ = position;
  }
  while (!stop.stop_requested()) step(stop);
}

// While the stream does what it should, it alone is read. Else the feed is, and the stream is tried after
// each read of the feed that reached the end.
void Consumer::Impl::step(const std::stop_token& stop) {
  auto feed = FeedRead::kNone;
  if (prefers_feed_) {
    feed = read_feed(stop);
    if (feed != FeedRead::kFailed) set_reading(Source::kFeed);
    if (feed == FeedRead::kSome) quiet_since_ms_ = now_ms();
    if (feed == FeedRead::kMany || feed == FeedRead::kUnwritten || stop.stop_requested()) return;
  }
  const int wait_ms = prefers_feed_ ? kFeedWaitMs : StreamReader::kAnswerMaxMs;
  auto answer = stream_.ask(sink_.position(), wait_ms);
  if (!answer) return leave_stream(answer.error().what, wait_ms, stop);
  if (answer->state == StreamReader::State::kWaiting) return;
  if (answer->state == StreamReader::State::kSilent) return leave_stream("Redis does not answer", 0, stop);
  if (answer->events.empty() && !answer->broken.empty()) return leave_stream(answer->broken, wait_ms, stop);
  take(std::move(*answer), feed, stop);
}

void Consumer::Impl::take(StreamReader::Answer answer, FeedRead feed, const std::stop_token& stop) {
  if (!answer.events.empty()) {
    if (!write(answer.events, stop)) return;
    prefers_feed_ = false;
    stream_lags_ = false;
    return set_reading(Source::kStream);
  }
  // While the feed alone brings something, nobody writes the stream.
  if (prefers_feed_ && feed != FeedRead::kFailed && now_ms() - quiet_since_ms_ < kQuietMs) return;
  prefers_feed_ = false;
  set_reading(Source::kStream);
  if (!stop.stop_requested()) check_feed(stop);
}

// The stream has nothing new: it may have been emptied, or nobody writes it.
void Consumer::Impl::check_feed(const std::stop_token& stop) {
  const auto feed = read_feed(stop);
  // Once may be chance: an event so new that it is on its way to the stream.
  if (feed == FeedRead::kMany || (feed == FeedRead::kSome && stream_lags_)) {
    leave_stream("the stream is behind the feed", 0, stop);
  }
  stream_lags_ = feed == FeedRead::kSome;
}

void Consumer::Impl::leave_stream(std::string why, int wait_ms, const std::stop_token& stop) {
  stream_failure_ = std::move(why);
  if (!prefers_feed_) {
    prefers_feed_ = true;
    quiet_since_ms_ = now_ms();
    return;
  }
  if (!feed_failure_.empty()) set_reading(Source::kNothing);
  if (wait_ms > 0) pause(stop, wait_ms);
}

FeedRead Consumer::Impl::read_feed(const std::stop_token& stop) {
  if (now_ms() < feed_retry_at_ms_) return FeedRead::kFailed;
  const auto position = sink_.position();
  const auto events = feed_->read(position, options_.batch_max);
  if (!events && events.error().retry == Retry::kNever) return gone(events.error().what);
  if (!events) return feed_failed(events.error().what);
  set_gone({});
  if (!follows(*events, position)) {
    return feed_failed(fmt::format("the feed does not go on after event {}", position.value));
  }
  feed_failure_.clear();
  feed_back_off_.reset();
  if (events->empty()) return FeedRead::kNone;
  if (!write(*events, stop)) return FeedRead::kUnwritten;
  // The other side may give less than was asked for, so much less than that counts as the end.
  return events->size() * 4 >= options_.batch_max ? FeedRead::kMany : FeedRead::kSome;
}

FeedRead Consumer::Impl::feed_failed(std::string why) {
  feed_failure_ = std::move(why);
  feed_retry_at_ms_ = now_ms() + feed_back_off_.next_ms();
  return FeedRead::kFailed;
}

FeedRead Consumer::Impl::gone(std::string why) {
  set_gone(why);
  if (options_.on_gone) options_.on_gone();
  return feed_failed(std::move(why));
}

void Consumer::Impl::set_gone(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (gone_.empty() && !why.empty()) spdlog::error("consumer of {}: cannot go on: {}", options_.stream, why);
  gone_ = why;
}

// Nothing is lost when the sink fails: the events are read again from its position.
bool Consumer::Impl::write(std::span<const CommittedEvent> events, const std::stop_token& stop) {
  const auto written = sink_.write(events);
  if (!written) {
    if (!sink_fails_) {
      spdlog::error("consumer of {}: events from {} on were not written, trying again: {}", options_.stream,
                    events.front().seq.value, written.error().what);
    }
    sink_fails_ = true;
    pause(stop, sink_back_off_.next_ms());
    return false;
  }
  if (sink_fails_) spdlog::info("consumer of {}: events are written again", options_.stream);
  sink_fails_ = false;
  sink_back_off_.reset();
  const std::lock_guard lock(mutex_);
  position_ = events.back().seq;
  gone_.clear();
  return true;
}

void Consumer::Impl::set_reading(Source reading) {
  {
    const std::lock_guard lock(mutex_);
    if (reading_ == reading) return;
    reading_ = reading;
  }
  if (reading == Source::kStream) {
    spdlog::info("consumer of {}: reads the stream", options_.stream);
  } else if (reading == Source::kFeed) {
    spdlog::info("consumer of {}: reads the feed, because {}", options_.stream, stream_failure_);
  } else {
    spdlog::warn("consumer of {}: can read neither the stream ({}) nor the feed ({})", options_.stream,
                 stream_failure_, feed_failure_);
  }
}

Consumer::Consumer(Options options, std::unique_ptr<EventSource> feed, EventSink& sink)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(feed), sink)) {}
Consumer::~Consumer() = default;

ConsumerStatus Consumer::status() const {
  return impl_->status();
}

}  // namespace sportapp::messaging
