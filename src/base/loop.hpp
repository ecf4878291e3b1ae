#pragma once
#include <cstdint>
#include <functional>

namespace sportapp {

// The one thread on which a process answers requests. State owned by the loop is touched on it only.
class Loop {
 public:
  using Task = std::function<void()>;
  using TimerId = std::uint64_t;

  virtual ~Loop() = default;
  virtual void post(Task task) = 0;                             // any thread
  virtual TimerId after(std::int64_t delay_ms, Task task) = 0;  // loop thread
  virtual void cancel(TimerId timer) = 0;                       // loop thread; a timer that ran is no error
};

}  // namespace sportapp
