#include "sim/process.hpp"

#include <utility>

namespace sportapp::simulator {

void Process::after(Us delay, std::function<void()> what) {
  timeline_.after(delay,
                  [this, run = run_, what = std::move(what)]() mutable { arrived(run, std::move(what)); });
}

void Process::start() {
  up_ = true;
  ++run_;
}

void Process::end() {
  up_ = hung_ = false;
  waiting_.clear();
}

void Process::thaw() {
  if (!std::exchange(hung_, false)) return;
  catch_up();
}

void Process::arrived(std::uint64_t run, std::function<void()> what) {
  if (!up_ || run != run_) return;
  if (hung_ || !waiting_.empty()) {
    waiting_.push_back(std::move(what));
  } else {
    what();
  }
}

// One thing at a time, so that it can end or hang between any two.
void Process::catch_up() {
  timeline_.after(1, [this, run = run_] {
    if (!up_ || run != run_ || hung_ || waiting_.empty()) return;
    const auto what = std::move(waiting_.front());
    waiting_.pop_front();
    what();
    catch_up();
  });
}

}  // namespace sportapp::simulator
