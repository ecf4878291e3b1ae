#include "net/messaging/consumer.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.hpp"
#include "net/messaging/back_off.hpp"
#include "net/messaging/gathering.hpp"
#include "net/messaging/stream_reader.hpp"

namespace sportapp::messaging {
namespace {

using domain::CommittedEvent;

constexpr int kFeedWaitMs = 20;
constexpr int kHistoryEveryMs = 2000;  // the place is compared with the journal, while nothing new comes
constexpr int kBehindMs = 3000;        // a journal that ends before the place for so long is another history
constexpr int kOtherHistoryEveryMs = 500;  // looked at again
constexpr int kQuietMs = 1000;  // so long feed and stream have nothing new; then the stream alone is read

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

// What of `events` does not continue what is before it; nothing: all does.
const CommittedEvent* stray(std::span<const CommittedEvent> events, Place place) {
  for (const auto& event : events) {
    if (!continues(event, place)) return &event;
    place = place_after(event);
  }
  return nullptr;
}

}  // namespace

struct Consumer::Impl {
  Impl(Options options, std::unique_ptr<EventSource> feed, EventSink& sink);
  ConsumerStatus status() const;
  void hurry(std::int64_t for_ms) { gathering_.hurry(for_ms); }

 private:
  void run(const std::stop_token& stop);
  void step(const std::stop_token& stop);
  void take(StreamReader::Answer answer, FeedRead feed, const std::stop_token& stop);
  void check_feed(const std::stop_token& stop);
  Place place();
  bool history_is_known(const std::stop_token& stop);
  void compare_history();
  void is_of_other_history(const std::string& why);
  void set_other_history(const std::string& why);
  void tell_refused(const StreamReader::Answer& answer);
  bool is_confirmed(const CommittedEvent& last);
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
  Gathering gathering_;          // locks by itself
  std::optional<Place> anchor_;  // as the feed said it, for a sink that has no hash there
  std::int64_t compare_at_ms_ = 0;
  std::int64_t behind_since_ms_ = 0;
  std::string refused_id_;
  bool confirmed_ = false;     // the journal has what the stream brought first since it was turned to
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
  std::string other_history_;
  std::int64_t refused_ = 0;
  std::string refused_why_;

  std::jthread thread_;  // last: it must end before the rest goes
};

Consumer::Impl::Impl(Options options, std::unique_ptr<EventSource> feed, EventSink& sink)
    : options_(std::move(options)),
      feed_(std::move(feed)),
      sink_(sink),
      stream_(options_.redis, options_.seal, options_.batch_max),
      gathering_(options_.gather_ms),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

ConsumerStatus Consumer::Impl::status() const {
  const std::lock_guard lock(mutex_);
  return {position_, name_of(reading_), gone_, other_history_, refused_, refused_why_};
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
  if (!history_is_known(stop)) return;
  auto feed = FeedRead::kNone;
  if (prefers_feed_) {
    feed = read_feed(stop);
    if (feed != FeedRead::kFailed) set_reading(Source::kFeed);
    if (feed == FeedRead::kSome) quiet_since_ms_ = monotonic_ms();
    if (feed == FeedRead::kMany || feed == FeedRead::kUnwritten || stop.stop_requested()) return;
  }
  const int wait_ms = prefers_feed_ ? kFeedWaitMs : StreamReader::kAnswerMaxMs;
  if (!prefers_feed_) gathering_.wait(stop);
  auto answer = stream_.ask(place(), wait_ms);
  if (!answer) return leave_stream(answer.error().what, wait_ms, stop);
  if (answer->state == StreamReader::State::kWaiting) return;
  if (answer->state == StreamReader::State::kSilent) return leave_stream("Redis does not answer", 0, stop);
  tell_refused(*answer);
  if (answer->events.empty() && !answer->broken.empty()) return leave_stream(answer->broken, wait_ms, stop);
  take(std::move(*answer), feed, stop);
}

void Consumer::Impl::take(StreamReader::Answer answer, FeedRead feed, const std::stop_token& stop) {
  if (!answer.events.empty()) {
    if (!is_confirmed(answer.events.back())) {
      return leave_stream("the journal did not confirm what the stream has", kFeedWaitMs, stop);
    }
    if (!write(answer.events, stop)) return;
    gathering_.took_some();
    prefers_feed_ = false;
    stream_lags_ = false;
    if (answer.refused.empty()) refused_id_.clear();
    return set_reading(Source::kStream);
  }
  // While the feed alone brings something, nobody writes the stream.
  if (prefers_feed_ && feed != FeedRead::kFailed && monotonic_ms() - quiet_since_ms_ < kQuietMs) return;
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

// What the sink has, and where it has no hash what the feed says of it.
Place Consumer::Impl::place() {
  auto at = sink_.place();
  if (!at.hash && anchor_ && anchor_->seq == at.seq) at.hash = anchor_->hash;
  return at;
}

// Nothing is read without a hash to compare with, nor while what is here is not of the journal's history.
bool Consumer::Impl::history_is_known(const std::stop_token& stop) {
  if (monotonic_ms() >= compare_at_ms_ && monotonic_ms() >= feed_retry_at_ms_) {
    const bool waits = !place().hash || !other_history_.empty() || behind_since_ms_ != 0;
    if (compare_at_ms_ == 0 || waits) compare_history();
  }
  if (place().hash && other_history_.empty()) return true;
  set_reading(Source::kNothing);
  pause(stop, kFeedWaitMs);
  return false;
}

void Consumer::Impl::compare_history() {
  const auto here = place();
  const auto there = feed_->hash_at(here.seq);
  if (!there) {
    compare_at_ms_ = here.hash ? monotonic_ms() + kHistoryEveryMs : 0;
    const bool deleted = there.error().retry == Retry::kNever && !here.hash;
    (void)(deleted ? gone(there.error().what) : feed_failed(there.error().what));
    return;
  }
  if (*there && (!here.hash || *here.hash == **there)) {
    compare_at_ms_ = monotonic_ms() + kHistoryEveryMs;
    if (!here.hash) anchor_ = Place{here.seq, **there};
    behind_since_ms_ = 0;
    return set_other_history({});
  }
  compare_at_ms_ = monotonic_ms() + kOtherHistoryEveryMs;
  if (*there) {
    behind_since_ms_ = 0;
    return is_of_other_history(fmt::format("event {} is another one in the journal of {} than it was here",
                                           here.seq.value, options_.seal.service()));
  }
  // Of a primary that was deposed and has not noticed, this may be so for a moment.
  if (behind_since_ms_ == 0) behind_since_ms_ = monotonic_ms();
  if (monotonic_ms() - behind_since_ms_ >= kBehindMs) {
    is_of_other_history(fmt::format("the journal of {} does not reach event {}, which is here",
                                    options_.seal.service(), here.seq.value));
  }
}

// What asked for nothing was taken from that history too, and leaves no trace: then what counts may still be
// of this one.
void Consumer::Impl::is_of_other_history(const std::string& why) {
  if (!sink_.step_back()) return set_other_history(why);
  behind_since_ms_ = 0;
  confirmed_ = false;
  compare_at_ms_ = 0;
  const auto position = sink_.position();
  spdlog::warn("consumer of {}: goes back to event {}: {}", options_.seal.service(), position.value, why);
  const std::lock_guard lock(mutex_);
  position_ = position;
}

void Consumer::Impl::set_other_history(const std::string& why) {
  {
    const std::lock_guard lock(mutex_);
    if (other_history_.empty() != why.empty()) {
      why.empty()
          ? spdlog::info("consumer of {}: what is here is of its history again", options_.seal.service())
          : spdlog::error("consumer of {}: takes nothing in: {}", options_.seal.service(), why);
    }
    other_history_ = why;
  }
  if (!why.empty() && options_.on_other_history) options_.on_other_history();
}

// Each once.
void Consumer::Impl::tell_refused(const StreamReader::Answer& answer) {
  if (answer.refused.empty() || answer.refused == refused_id_) return;
  refused_id_ = answer.refused;
  spdlog::error("consumer of {}: does not believe the stream and reads the feed: {}", options_.seal.service(),
                answer.broken);
  const std::lock_guard lock(mutex_);
  ++refused_;
  refused_why_ = answer.broken;
}

// A stream may be sealed and whole, and yet of a history that the journal had once. So the journal is asked
// of it when it is turned to. Where the journal does not answer, the seal is enough for a sink that can be
// recreated: reading goes on without it.
bool Consumer::Impl::is_confirmed(const CommittedEvent& last) {
  if (confirmed_) return true;
  if (monotonic_ms() < feed_retry_at_ms_) return !options_.only_confirmed;
  const auto there = feed_->hash_at(last.seq);
  if (!there) {
    if (there.error().retry == Retry::kLater) (void)feed_failed(there.error().what);
    return !options_.only_confirmed;
  }
  confirmed_ = *there && **there == last.hash;
  return confirmed_;
}

void Consumer::Impl::leave_stream(std::string why, int wait_ms, const std::stop_token& stop) {
  stream_failure_ = std::move(why);
  confirmed_ = false;
  if (!prefers_feed_) {
    prefers_feed_ = true;
    quiet_since_ms_ = monotonic_ms();
    return;
  }
  if (!feed_failure_.empty()) set_reading(Source::kNothing);
  if (wait_ms > 0) pause(stop, wait_ms);
}

FeedRead Consumer::Impl::read_feed(const std::stop_token& stop) {
  if (monotonic_ms() < feed_retry_at_ms_) return FeedRead::kFailed;
  const auto from = place();
  const auto events = feed_->read(from.seq, options_.batch_max);
  if (!events && events.error().retry == Retry::kNever) return gone(events.error().what);
  if (!events) return feed_failed(events.error().what);
  set_gone({});
  if (const auto* event = stray(*events, from)) {
    compare_history();
    return feed_failed(fmt::format("the feed's event {} does not continue event {} as it is here",
                                   event->seq.value, from.seq.value));
  }
  feed_failure_.clear();
  feed_back_off_.reset();
  if (events->empty()) {
    // It may end here because it is another, shorter one.
    if (monotonic_ms() >= compare_at_ms_) compare_history();
    return FeedRead::kNone;
  }
  if (!write(*events, stop)) return FeedRead::kUnwritten;
  // The other side may give less than was asked for, so much less than that counts as the end.
  return events->size() * 4 >= options_.batch_max ? FeedRead::kMany : FeedRead::kSome;
}

FeedRead Consumer::Impl::feed_failed(std::string why) {
  feed_failure_ = std::move(why);
  feed_retry_at_ms_ = monotonic_ms() + feed_back_off_.next_ms();
  return FeedRead::kFailed;
}

FeedRead Consumer::Impl::gone(std::string why) {
  set_gone(why);
  if (options_.on_gone) options_.on_gone();
  return feed_failed(std::move(why));
}

void Consumer::Impl::set_gone(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (gone_.empty() && !why.empty())
    spdlog::error("consumer of {}: cannot go on: {}", options_.seal.service(), why);
  gone_ = why;
}

// Nothing is lost when the sink fails: the events are read again from its position.
bool Consumer::Impl::write(std::span<const CommittedEvent> events, const std::stop_token& stop) {
  const auto written = sink_.write(events);
  if (!written) {
    if (!sink_fails_) {
      spdlog::error("consumer of {}: events from {} on were not written, trying again: {}",
                    options_.seal.service(), events.front().seq.value, written.error().what);
    }
    sink_fails_ = true;
    pause(stop, sink_back_off_.next_ms());
    return false;
  }
  if (sink_fails_) spdlog::info("consumer of {}: events are written again", options_.seal.service());
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
    spdlog::info("consumer of {}: reads the stream", options_.seal.service());
  } else if (reading == Source::kFeed) {
    spdlog::info("consumer of {}: reads the feed, because {}", options_.seal.service(), stream_failure_);
  } else if (other_history_.empty()) {
    spdlog::warn("consumer of {}: can read neither the stream ({}) nor the feed ({})",
                 options_.seal.service(), stream_failure_, feed_failure_);
  }
}

Consumer::Consumer(Options options, std::unique_ptr<EventSource> feed, EventSink& sink)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(feed), sink)) {}
Consumer::~Consumer() = default;

ConsumerStatus Consumer::status() const {
  return impl_->status();
}

void Consumer::hurry(std::int64_t for_ms) {
  impl_->hurry(for_ms);
}

}  // namespace sportapp::messaging
