// Queries that wait until the read model holds what their client wrote.
#pragma once
#include <cstddef>
#include <functional>
#include <map>

#include "base/loop.hpp"
#include "base/strong.hpp"

namespace sportapp::service {

enum class Waited { kReached, kTimedOut };

// Loop thread only; must outlive the loop's last task.
class PositionWaiters {
 public:
  using Then = std::function<void(Waited)>;

  PositionWaiters(Loop& loop, std::size_t waiters_max) : loop_(loop), waiters_max_(waiters_max) {}
  ~PositionWaiters();
  PositionWaiters(const PositionWaiters&) = delete;
  PositionWaiters& operator=(const PositionWaiters&) = delete;

  // `then` is called once, from reached() or after the time. False when too many wait: `then` is not called.
  [[nodiscard]] bool wait_for(Seq position, std::int64_t timeout_ms, Then then);
  void reached(Seq position);
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  struct Waiter {
    Loop::TimerId timer = 0;
    Then then;
  };
  Loop& loop_;
  std::size_t waiters_max_;
  std::multimap<Seq, Waiter> waiting_;
};

}  // namespace sportapp::service
