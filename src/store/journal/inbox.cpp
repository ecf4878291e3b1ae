#include "store/journal/inbox.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace sportapp::journal {
namespace {

constexpr std::size_t kAppendsMax = 256;
constexpr std::size_t kAppendBytesMax = 8 * kBatchBytesMax;

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
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return is_stopping();
    if (!will_lead()) return NotPrimary{};
    if (!failing_.empty()) return refusal();
    if (queue_.size() >= options_.queue_max) {
      return Error{Retry::kLater, fmt::format("{} commands wait already; nothing was changed, try again",
                                              options_.queue_max)};
    }
    queue_.push_back({std::move(submission), std::move(done)});
  }
  wake_.notify_one();
  return std::nullopt;
}

void Inbox::put(Turn turn) {
  {
    const std::lock_guard lock(mutex_);
    ++turns_;
    last_turn_leads_ = turn.lead.has_value();
    tasks_.emplace_back(std::move(turn));
  }
  wake_.notify_one();
}

void Inbox::put(Replace replace) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.emplace_back(std::move(replace));
  }
  wake_.notify_one();
}

void Inbox::put(Trim trim) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.emplace_back(std::move(trim));
  }
  wake_.notify_one();
}

void Inbox::put(AcceptLoss accept) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.emplace_back(accept);
  }
  wake_.notify_one();
}

void Inbox::put(FoundDamaged found) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.emplace_back(std::move(found));
  }
  wake_.notify_one();
}

bool Inbox::put(Append& append) {
  for (const auto& entry : append.entries) append.bytes += size_of(entry);
  {
    const std::lock_guard lock(mutex_);
    if (appends_ >= kAppendsMax || append_bytes_ + append.bytes > kAppendBytesMax) return false;
    ++appends_;
    append_bytes_ += append.bytes;
    tasks_.emplace_back(std::move(append));
  }
  wake_.notify_one();
  return true;
}

void Inbox::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
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

std::optional<Work> Inbox::next(std::optional<std::chrono::steady_clock::time_point> no_batch_until) {
  std::unique_lock lock(mutex_);
  if (no_batch_until) {
    wake_.wait_until(lock, *no_batch_until, [this] { return stopping_ || !tasks_.empty(); });
  } else {
    wake_.wait(lock, [this] { return stopping_ || !tasks_.empty() || !queue_.empty(); });
  }
  if (stopping_) return std::nullopt;
  Work work;
  if (!tasks_.empty() || no_batch_until) {
    work.tasks.swap(tasks_);
    appends_ = append_bytes_ = 0;
    return work;
  }
  while (!queue_.empty() && work.batch.size() < options_.batch_max) {
    work.batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return work;
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
