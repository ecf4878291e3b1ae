#include "store/journal/inbox.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace sportapp::journal {
namespace {

constexpr std::size_t kAppendsMax = 256;
constexpr std::size_t kAppendBytesMax = 8 * kBatchBytesMax;
// A batch costs as much as some ten commands; those of a large one come while it is carried out.
constexpr std::size_t kExpectedMax = 32;

Error is_stopping() {
  return {Retry::kLater, "this process is stopping; nothing was changed, try again"};
}

// What a client is told; the cause, which is the operator's, is in the log and in the status.
Error cannot_write() {
  return {Retry::kLater, "the journal cannot write at present; nothing was changed, try again"};
}

void refuse(Task& task) {
  if (auto* turn = std::get_if<Turn>(&task); turn != nullptr && turn->done) turn->done();
  if (auto* append = std::get_if<Append>(&task)) append->done(is_stopping());
  if (auto* replace = std::get_if<Replace>(&task)) replace->done(is_stopping());
  if (auto* trim = std::get_if<Trim>(&task)) trim->done(is_stopping());
}

}  // namespace

Outcome Inbox::refusal() const {
  if (options_.passes_on) return NotPrimary{};
  return cannot_write();
}

std::optional<Outcome> Inbox::submit(Submission& submission, Done& done) {
  std::unique_lock lock(mutex_);
  if (stopping_) return is_stopping();
  if (!will_lead()) return NotPrimary{};
  if (!failing_.empty()) return refusal();
  if (queue_.size() >= options_.queue_max) {
    return Error{Retry::kLater,
                 fmt::format("{} commands wait already; nothing was changed, try again", options_.queue_max)};
  }
  queue_.push_back({std::move(submission), std::move(done)});
  wake(lock);
  return std::nullopt;
}

void Inbox::put(Turn turn) {
  std::unique_lock lock(mutex_);
  ++turns_;
  last_turn_leads_ = turn.lead.has_value();
  tasks_.emplace_back(std::move(turn));
  wake(lock);
}

void Inbox::put(Replace replace) {
  std::unique_lock lock(mutex_);
  tasks_.emplace_back(std::move(replace));
  wake(lock);
}

void Inbox::put(Trim trim) {
  std::unique_lock lock(mutex_);
  tasks_.emplace_back(std::move(trim));
  wake(lock);
}

void Inbox::put(AcceptLoss accept) {
  std::unique_lock lock(mutex_);
  tasks_.emplace_back(accept);
  wake(lock);
}

void Inbox::put(Verdict verdict) {
  std::unique_lock lock(mutex_);
  verdict_ = std::move(verdict);
  wake(lock);
}

void Inbox::put(FoundDamaged found) {
  std::unique_lock lock(mutex_);
  tasks_.emplace_back(std::move(found));
  wake(lock);
}

bool Inbox::put(Append& append) {
  for (const auto& entry : append.entries) append.bytes += size_of(entry);
  std::unique_lock lock(mutex_);
  if (appends_ >= kAppendsMax || append_bytes_ + append.bytes > kAppendBytesMax) return false;
  ++appends_;
  append_bytes_ += append.bytes;
  tasks_.emplace_back(std::move(append));
  wake(lock);
  return true;
}

void Inbox::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  wake(lock);
}

bool Inbox::takes_commands() const {
  const std::lock_guard lock(mutex_);
  return will_lead();
}

std::size_t Inbox::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

std::string Inbox::failing() const {
  const std::lock_guard lock(mutex_);
  return failing_;
}

bool Inbox::wait(Able able, std::optional<Time> until) {
  std::unique_lock lock(mutex_);
  sleep(lock, {able}, until);
  const bool only_commands = able.batch && !queue_.empty() && !is_there({able.verdict, able.task});
  if (only_commands && queue_.size() < expected_) sleep(lock, {able, expected_}, expected_until_);
  expected_ = 0;
  return !stopping_;
}

void Inbox::sleep(std::unique_lock<std::mutex>& lock, Waiting waiting, std::optional<Time> until) {
  const auto ready = [&] { return stopping_ || is_there(waiting.able, waiting.commands_min); };
  waiting_ = waiting;
  if (until) {
    wake_.wait_until(lock, *until, ready);
  } else {
    wake_.wait(lock, ready);
  }
  waiting_.reset();
}

// Only for what is waited for: waking the thread costs more than most of what it does.
void Inbox::wake(std::unique_lock<std::mutex>& lock) {
  const bool is_due = waiting_ && (stopping_ || is_there(waiting_->able, waiting_->commands_min));
  lock.unlock();
  if (is_due) wake_.notify_one();
}

void Inbox::expect(std::size_t commands, std::chrono::microseconds batch_took) {
  const std::lock_guard lock(mutex_);
  expected_ = std::min(commands + queue_.size(), kExpectedMax);
  expected_until_ = std::chrono::steady_clock::now() + std::min(batch_took / 2, options_.expected_for);
}

bool Inbox::has_work(Able able) const {
  const std::lock_guard lock(mutex_);
  return is_there(able);
}

bool Inbox::is_there(Able able, std::size_t commands_min) const {
  return (able.verdict && verdict_) || (able.task && !tasks_.empty()) ||
         (able.batch && queue_.size() >= commands_min);
}

std::optional<Work> Inbox::take(Able able) {
  const std::lock_guard lock(mutex_);
  if (able.verdict && verdict_) return Work(*std::exchange(verdict_, std::nullopt));
  if (able.task && !tasks_.empty()) return take_task();
  if (!able.batch || queue_.empty()) return std::nullopt;
  Batch batch;
  while (!queue_.empty() && batch.size() < options_.batch_max) {
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return Work(std::move(batch));
}

Work Inbox::take_task() {
  auto task = std::move(tasks_.front());
  tasks_.pop_front();
  if (const auto* append = std::get_if<Append>(&task)) {
    --appends_;
    append_bytes_ -= append->bytes;
  }
  return task;
}

void Inbox::put_back(Batch& batch, std::size_t kept) {
  if (kept == batch.size()) return;
  const std::lock_guard lock(mutex_);
  while (batch.size() > kept) {
    queue_.push_front(std::move(batch.back()));
    batch.pop_back();
  }
}

bool Inbox::leading() const {
  const std::lock_guard lock(mutex_);
  return leading_;
}

Batch Inbox::take_queue() {
  Batch waiting(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
  queue_.clear();
  return waiting;
}

Batch Inbox::turned(bool leads) {
  const std::lock_guard lock(mutex_);
  leading_ = leads;
  --turns_;
  return will_lead() ? Batch() : take_queue();
}

Batch Inbox::stopped_leading() {
  const std::lock_guard lock(mutex_);
  leading_ = false;
  return will_lead() ? Batch() : take_queue();
}

Batch Inbox::begin_failing(const std::string& why) {
  const std::lock_guard lock(mutex_);
  failing_ = why;
  if (options_.passes_on) leading_ = false;
  return take_queue();
}

bool Inbox::still_failing(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (failing_ == why) return false;
  failing_ = why;
  return true;
}

void Inbox::recovered() {
  const std::lock_guard lock(mutex_);
  failing_.clear();
}

void Inbox::refuse_all() {
  for (auto& pending : queue_) pending.done(is_stopping());
  for (auto& task : tasks_) refuse(task);
  queue_.clear();
  tasks_.clear();
}

}  // namespace sportapp::journal
