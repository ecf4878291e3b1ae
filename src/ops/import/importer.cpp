#include "ops/import/importer.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace sportapp::importing {
namespace {

constexpr std::int64_t kTellEveryMs = 200;
constexpr std::int64_t kWaitMostMs = 200;
// Where nothing ever answered, the address is wrong rather than the service away.
constexpr std::int64_t kFirstAnswerWithinMs = 10'000;
constexpr int kLinesAtOnceMax = 4096;
// A rate that was missed is made up for by so much at most, so that an outage is not followed by a flood.
constexpr double kRateCreditMs = 100;

}  // namespace

Importer::Importer(Options options, LineSource& source, KeyMaker keys, const Clock& clock, Listener& listener)
    : options_(std::move(options)),
      source_(source),
      keys_(std::move(keys)),
      clock_(clock),
      listener_(listener),
      slots_(options_.connections) {
  for (std::size_t i = slots_.size(); i > 0; --i) idle_.push_back(i - 1);
}

Outcome Importer::run() {
  const auto started_ms = clock_.monotonic_ms();
  progressed_ms_ = started_ms;
  next_line_ms_ = static_cast<double>(started_ms);
  auto pool = RequestPool::make({.url = options_.url, .slots = slots_.size()});
  if (usable(pool)) {
    pool_ = *std::move(pool);
    while (phase_ != Phase::kOver) step();
  }
  outcome_.counts.unsettled += static_cast<std::int64_t>(sending_);
  pool_.reset();
  outcome_.elapsed_ms = clock_.monotonic_ms() - started_ms;
  return outcome_;
}

void Importer::step() {
  take_stop_request();
  if (phase_ == Phase::kRunning) fill();
  const auto finished = pool_->collect();
  for (const auto& one : finished) answered(one.slot, one.answer);
  if (phase_ == Phase::kRunning) check_stall();
  tell_progress();
  const bool nothing_open = sending_ + waiting_ == 0;
  if (nothing_open && (phase_ == Phase::kDraining || source_state_ == LineSource::State::kEnd)) {
    phase_ = Phase::kOver;
  } else if (phase_ == Phase::kDraining && clock_.monotonic_ms() >= drain_until_ms_) {
    phase_ = Phase::kOver;
  } else if (finished.empty()) {
    wait();
  }
}

void Importer::fill() {
  const auto now_ms = clock_.monotonic_ms();
  for (std::size_t i = 0; waiting_ > 0 && i < slots_.size(); ++i) {
    if (slots_[i].state == Slot::State::kWaiting && slots_[i].due_ms <= now_ms) {
      --waiting_;
      send(i);
    }
  }
  take_new_lines();
}

void Importer::take_new_lines() {
  if (source_state_ == LineSource::State::kWaiting) source_state_ = LineSource::State::kMore;
  // Lines that are refused here take no slot: without a bound a file full of them would keep us from the
  // rest.
  for (int taken = 0; taken < kLinesAtOnceMax && wants_line() && may_send_new(); ++taken) {
    const auto index = idle_.back();
    if (!take_line(slots_[index])) continue;
    idle_.pop_back();
    send(index);
    if (options_.lines_per_s_max > 0) next_line_ms_ += 1000 / options_.lines_per_s_max;
  }
}

bool Importer::wants_line() const {
  return phase_ == Phase::kRunning && !idle_.empty() && source_state_ == LineSource::State::kMore;
}

bool Importer::may_send_new() {
  if (options_.lines_per_s_max <= 0) return true;
  const auto now_ms = static_cast<double>(clock_.monotonic_ms());
  next_line_ms_ = std::max(next_line_ms_, now_ms - kRateCreditMs);
  return next_line_ms_ <= now_ms;
}

bool Importer::take_line(Slot& slot) {
  const auto state = source_.next(slot.record);
  if (!usable(state)) return false;
  source_state_ = *state;
  if (source_state_ != LineSource::State::kMore) return false;
  if (!slot.record.problem.empty()) {
    refuse(slot.record, slot.record.problem);
    return false;
  }
  const auto now_ms = clock_.monotonic_ms();
  if (sending_ + waiting_ == 0) progressed_ms_ = now_ms;
  slot.key = keys_.key(slot.record);
  slot.attempts = 0;
  slot.first_ms = now_ms;
  return true;
}

void Importer::send(std::size_t index) {
  auto& slot = slots_[index];
  slot.state = Slot::State::kSending;
  ++slot.attempts;
  ++sending_;
  pool_->start(index, slot.record.body, slot.key);
}

void Importer::answered(std::size_t index, const Answer& answer) {
  auto& slot = slots_[index];
  --sending_;
  heard_ |= answer.status != 0;
  slot.state = Slot::State::kIdle;
  switch (verdict(answer)) {
    case Verdict::kRegistered:
      ++outcome_.counts.registered;
      progressed();
      break;
    case Verdict::kReplayed:
      ++outcome_.counts.replayed;
      progressed();
      break;
    case Verdict::kRefused:
      refuse(slot.record, reason(answer));
      break;
    case Verdict::kTryAgain:
      try_again(slot, answer);
      break;
    case Verdict::kWrongServer:
      leave_unsettled(slot);
      end_early(Ending::kFailed, fmt::format("{} answered {} ({}); is that SportApp's gateway?", options_.url,
                                             answer.status, reason(answer)));
      break;
  }
  if (slot.state == Slot::State::kIdle) idle_.push_back(index);
}

void Importer::try_again(Slot& slot, const Answer& answer) {
  trouble_ = answer.status == 0 ? reason(answer) : fmt::format("HTTP {}: {}", answer.status, reason(answer));
  const auto now_ms = clock_.monotonic_ms();
  if (phase_ != Phase::kRunning) return leave_unsettled(slot);
  // Others go in while this one does not: it may not hold up the end for ever.
  if (now_ms - slot.first_ms > 2 * options_.give_up_after_ms) {
    listener_.line_refused(slot.record.line,
                           fmt::format("no final answer in {} attempts: {}", slot.attempts, trouble_));
    return leave_unsettled(slot);
  }
  ++outcome_.counts.retries;
  ++waiting_;
  slot.state = Slot::State::kWaiting;
  slot.due_ms = now_ms + backoff_ms(slot.attempts, answer.retry_after_s, random_);
}

void Importer::leave_unsettled(Slot& slot) {
  ++outcome_.counts.unsettled;
  slot.state = Slot::State::kIdle;
}

void Importer::refuse(const Record& record, std::string_view why) {
  ++outcome_.counts.refused;
  listener_.line_refused(record.line, why);
  progressed();
}

void Importer::progressed() {
  progressed_ms_ = clock_.monotonic_ms();
  trouble_.clear();
}

void Importer::check_stall() {
  const auto stalled_ms = clock_.monotonic_ms() - progressed_ms_;
  const auto most_ms =
      heard_ ? options_.give_up_after_ms : std::min(options_.give_up_after_ms, kFirstAnswerWithinMs);
  if (sending_ + waiting_ == 0 || stalled_ms < most_ms) return;
  end_early(Ending::kGaveUp, fmt::format("nothing went in for {} s; {} said last: {}", most_ms / 1000,
                                         options_.url, trouble_.empty() ? "nothing" : trouble_));
}

void Importer::take_stop_request() {
  if (options_.stop_fd < 0) return;
  pollfd asked{options_.stop_fd, POLLIN, 0};
  if (::poll(&asked, 1, 0) <= 0) return;
  std::array<char, 128> bytes;
  if (::read(options_.stop_fd, bytes.data(), bytes.size()) <= 0) return;
  if (phase_ == Phase::kDraining) drain_until_ms_ = 0;
  end_early(Ending::kStopped, "stopped as asked");
}

void Importer::end_early(Ending ending, std::string why) {
  if (phase_ != Phase::kRunning) return;
  phase_ = Phase::kDraining;
  outcome_.ending = ending;
  outcome_.why = std::move(why);
  drain_until_ms_ = clock_.monotonic_ms() + options_.drain_ms;
  for (auto& slot : slots_) {
    if (slot.state == Slot::State::kWaiting) leave_unsettled(slot);
  }
  waiting_ = 0;
}

std::int64_t Importer::wait_ms() const {
  const auto now_ms = clock_.monotonic_ms();
  auto until_ms = now_ms + kWaitMostMs;
  if (wants_line()) {
    const bool has_rate = options_.lines_per_s_max > 0;
    until_ms = has_rate ? std::min(until_ms, static_cast<std::int64_t>(next_line_ms_) + 1) : now_ms;
  }
  for (const auto& slot : slots_) {
    if (slot.state == Slot::State::kWaiting) until_ms = std::min(until_ms, slot.due_ms);
  }
  return std::max<std::int64_t>(until_ms - now_ms, 0);
}

void Importer::wait() {
  std::vector<int> fds;
  if (options_.stop_fd >= 0) fds.push_back(options_.stop_fd);
  const bool wants_input = phase_ == Phase::kRunning && source_state_ == LineSource::State::kWaiting;
  if (wants_input) fds.push_back(source_.fd());
  pool_->wait(fds, wait_ms());
}

void Importer::tell_progress() {
  const auto now_ms = clock_.monotonic_ms();
  if (now_ms - told_ms_ < kTellEveryMs) return;
  told_ms_ = now_ms;
  listener_.progress(outcome_.counts, source_, trouble_);
}

template <class T>
bool Importer::usable(const Result<T>& result) {
  if (!result) end_early(Ending::kFailed, result.error().what);
  return result.has_value();
}

}  // namespace sportapp::importing
