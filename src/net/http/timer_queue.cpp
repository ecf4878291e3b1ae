#include "net/http/timer_queue.hpp"

namespace sportapp::http {

Loop::TimerId TimerQueue::add(std::int64_t at_us, Loop::Task task) {
  const auto timer = ++last_;
  tasks_.emplace(Key{at_us, timer}, std::move(task));
  times_us_.emplace(timer, at_us);
  return timer;
}

void TimerQueue::cancel(Loop::TimerId timer) {
  const auto found = times_us_.find(timer);
  if (found == times_us_.end()) return;
  // Forgotten before it is destroyed: what a task owns may cancel timers in its turn.
  const auto node = tasks_.extract(Key{found->second, timer});
  times_us_.erase(found);
}

std::optional<std::int64_t> TimerQueue::next_us() const {
  if (tasks_.empty()) return std::nullopt;
  return tasks_.begin()->first.first;
}

std::optional<Loop::Task> TimerQueue::pop_due(std::int64_t now_us) {
  if (tasks_.empty() || tasks_.begin()->first.first > now_us) return std::nullopt;
  auto node = tasks_.extract(tasks_.begin());
  times_us_.erase(node.key().second);
  return std::move(node.mapped());
}

}  // namespace sportapp::http
