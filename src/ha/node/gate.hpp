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
  // Does nothing where no batch waits.
  void decide(bool pass) { say(pass ? Result<void>() : another_is_primary(), false); }
  void stop() { say(is_stopping(), true); }

 private:
  static Error is_stopping() { return {Retry::kLater, "this process is stopping"}; }
  static Error another_is_primary() { return {Retry::kLater, "another node is primary"}; }

  void say(Result<void> what, bool stopping) {
    Verdict waits;
    {
      const std::lock_guard lock(mutex_);
      stopping_ |= stopping;
      waits = std::exchange(waits_, nullptr);
    }
    if (waits) waits(std::move(what));
  }

  std::mutex mutex_;  // guards the next two
  Verdict waits_;
  bool stopping_ = false;
};

}  // namespace sportapp::node
