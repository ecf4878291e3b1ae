#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/loop.hpp"

namespace sportapp::http {

// Tasks from any thread for the loop thread, which is woken once for all that came since it last looked. It
// outlives its server, so that a late completion finds a closed box and not freed memory. What is in it is
// bounded by whoever posts: each has a bounded number of requests in hand.
class Mailbox {
 public:
  // `wake` makes the loop thread call take(); it is called under the lock and must not call back.
  explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void post(Loop::Task task);  // any thread; dropped once closed
  [[nodiscard]] std::vector<Loop::Task> take();
  void close();

  void owned_by_this_thread() { owner_ = std::this_thread::get_id(); }
  [[nodiscard]] bool on_owner_thread() const { return owner_.load() == std::this_thread::get_id(); }

 private:
  std::mutex mutex_;
  std::vector<Loop::Task> tasks_;
  std::function<void()> wake_;
  bool closed_ = false;
  std::atomic<std::thread::id> owner_{};
};

}  // namespace sportapp::http
