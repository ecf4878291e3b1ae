#include "net/http/mailbox.hpp"

namespace sportapp::http {

void Mailbox::post(Loop::Task task) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  tasks_.push_back(std::move(task));
  if (tasks_.size() == 1) wake_();
}

std::vector<Loop::Task> Mailbox::take() {
  std::vector<Loop::Task> tasks;
  const std::lock_guard lock(mutex_);
  tasks.swap(tasks_);
  return tasks;
}

void Mailbox::close() {
  std::vector<Loop::Task> dropped;  // destroyed after the lock is given back: a task may own a reply
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(tasks_);
}

}  // namespace sportapp::http
