// How a journal is run, and what it tells.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "domain/domain.hpp"
#include "store/journal/background_pace.hpp"
#include "store/journal/entry.hpp"
#include "store/journal/submission.hpp"

namespace sportapp::journal {

// Stands between a decided batch and its commit, and between that and its answers: replication lets it be
// written once every node it must wait for has taken the entries, and answered once each has them on disk.
// Called on the journal's thread, for every batch that has an outcome to give.
class CommitGate {
 public:
  enum class Pass { kWrite, kAnswer };
  // Of each batch, from any thread, possibly before before_commit() returns: kAnswer, which says kWrite too;
  // or an error; or kWrite and then one of these. When the journal is gone, it does nothing. After an error
  // each of the commands is answered NotPrimary, and the journal stops leading; what is not written yet is
  // rolled back.
  using Verdict = std::function<void(Result<Pass>)>;

  virtual ~CommitGate() = default;
  // Waits for nothing. `entries` may be none: refusals and first answers given again are outcomes too, which
  // only the primary may give. Nothing else is carried out by the journal until the verdict.
  virtual void before_commit(const SharedEntries& entries, Verdict verdict) = 0;
  // The batch is durable here too; its outcomes are given next. Or it is, and was not to be answered.
  virtual void committed(Position) {}
  // It is not known whether the batch is durable here, though the gate let it pass. The journal has
  // stopped leading and is failing.
  virtual void commit_failed() {}
};

struct BatchReport {  // for metrics
  std::size_t commands = 0;
  std::size_t entries = 0;
  std::int64_t decide_us = 0;
  std::int64_t commit_us = 0;  // gate and fsync
};

struct Options {
  std::filesystem::path file{};
  Epoch epoch{1};       // of its entries, until lead() gives another
  bool leading = true;  // takes commands; otherwise entries of another's journal
  std::size_t queue_max = 10'000;
  std::size_t batch_max = 512;
  CommitGate* gate = nullptr;  // none: commits at once
  // These are called on the journal's thread.
  OnDeciding on_deciding{};
  // After each durable batch of its own and its answers.
  std::function<void(std::vector<domain::CommittedEvent>)> on_committed{};
  std::function<void(const BatchReport&)> on_batch{};
  // Nothing is written from now on (as in the status). Not called where that is so from the beginning...
  std::function<void(const std::string& why, bool damaged)> on_failing{};
  std::function<void()> on_recovered{};  // ...and now it is again; the head may be another
  BackgroundPace pace{};
};

}  // namespace sportapp::journal
