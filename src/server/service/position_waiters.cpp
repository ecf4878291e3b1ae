#include "server/service/position_waiters.hpp"

#include <utility>
#include <vector>

namespace sportapp::service {

PositionWaiters::~PositionWaiters() {
  for (const auto& [position, waiter] : waiting_) loop_.cancel(waiter.timer);
}

bool PositionWaiters::wait_for(Seq position, std::int64_t timeout_ms, Then then) {
  if (waiting_.size() >= waiters_max_) return false;
  const auto place = waiting_.emplace(position, Waiter{0, std::move(then)});
  place->second.timer = loop_.after(timeout_ms, [this, place] {
    const auto late = std::move(place->second.then);
    waiting_.erase(place);
    late(Waited::kTimedOut);
  });
  return true;
}

void PositionWaiters::reached(Seq position) {
  const auto end = waiting_.upper_bound(position);
  // Taken out first: what is called may wait again.
  std::vector<Then> ready;
  for (auto place = waiting_.begin(); place != end; ++place) {
    loop_.cancel(place->second.timer);
    ready.push_back(std::move(place->second.then));
  }
  waiting_.erase(waiting_.begin(), end);
  for (const auto& then : ready) then(Waited::kReached);
}

}  // namespace sportapp::service
