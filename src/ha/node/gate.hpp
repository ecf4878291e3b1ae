// The batch that waits at the journal's gate, between the journal's thread and the link's.
#pragma once
#include <mutex>
#include <utility>

#include "store/journal/options.hpp"

namespace sportapp::node {

// Any thread.
class Gate {
 public:
  using Verdict = journal::CommitGate::Verdict;

  // False where nothing passes any more, and `verdict` was told so.
  [[nodiscard]] bool wait(Verdict verdict) {
    {
      const std::lock_guard lock(mutex_);
      if (!stopping_) {
        waits_ = std::move(verdict);
        return true;
      }
    }
    verdict(is_stopping());
    return false;
  }
  // Each does nothing where no batch waits.
  void pass(journal::CommitGate::Pass pass) { say(pass, false); }
  void roll_back() { say(Error{Retry::kLater, "another node is primary"}, false); }
  void stop() { say(is_stopping(), true); }

 private:
  static Error is_stopping() { return {Retry::kLater, "this process is stopping"}; }

  void say(Result<journal::CommitGate::Pass> what, bool stopping) {
    const bool more_comes = what && *what == journal::CommitGate::Pass::kWrite;
    Verdict waits;
    {
      const std::lock_guard lock(mutex_);
      stopping_ |= stopping;
      waits = more_comes ? waits_ : std::exchange(waits_, nullptr);
    }
    if (waits) waits(std::move(what));
  }

  std::mutex mutex_;  // guards the next two
  Verdict waits_;
  bool stopping_ = false;
};

}  // namespace sportapp::node
