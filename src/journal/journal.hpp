// The durable, ordered log of one service and the state it implies, in one SQLite database.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "domain/domain.hpp"
#include "journal/entry.hpp"
#include "messaging/event_source.hpp"

namespace sportapp::journal {

// What a command answers to: events of another service. It takes effect only if `after` is the last of that
// service's events which counted here, so none is passed over and none counts twice, whatever failed before.
struct Cause {
  std::string source;  // the service
  Seq after;
  Seq upto;  // counted, once the command took effect; > after
};

struct Submission {
  std::string key;  // idempotency key; of a command with a cause the journal makes it
  domain::Command command;
  std::optional<Cause> cause{};
};

struct Answered {
  Seq seq;  // of the entry that holds the answer
  domain::Answer answer;
  bool replayed = false;  // the key was known: this is the first answer again
};
struct KeyReused {};  // the key is known, with another request
// Never decided here, or rolled back, since this node is not (any more) the primary: nothing of it counts
// here.
struct NotPrimary {};
using Outcome = std::variant<Answered, domain::Refusal, KeyReused, NotPrimary, Error>;
// For whoever cannot give the command to the primary.
[[nodiscard]] Error to_error(NotPrimary);
// Called once, on the journal's thread, when the outcome is durable.
using Done = std::function<void(Outcome)>;

// Stands between a decided batch and its commit. Replication waits here until every in-sync spare has the
// entries on disk. An error rolls the batch back. Called on the journal's thread.
class CommitGate {
 public:
  virtual ~CommitGate() = default;
  [[nodiscard]] virtual Result<void> before_commit(std::span<const Entry> entries) = 0;
};

struct BatchReport {  // for metrics
  std::size_t commands = 0;
  std::size_t entries = 0;
  std::int64_t decide_us = 0;
  std::int64_t commit_us = 0;  // gate and fsync
};

struct JournalStatus {
  Seq head;  // last durable entry
  Hash head_hash{};
  std::size_t queued = 0;  // commands waiting
  std::string failing;     // why commands are refused at present; empty when they are taken
};

struct Options {
  std::filesystem::path file{};
  Epoch epoch{1};
  std::size_t queue_max = 10'000;
  std::size_t batch_max = 512;
  CommitGate* gate = nullptr;  // none: commits at once
  // On the journal's thread, after each durable batch and its answers.
  std::function<void(std::vector<domain::CommittedEvent>)> on_committed{};
  std::function<void(const BatchReport&)> on_batch{};
};

// Group commit: the commands that wait are decided and written in one transaction with one fsync, each in its
// own savepoint, on the journal's own thread. After a failed commit the outcome is unknown: commands are
// refused until the database was opened anew, checkpointed and written to, which is tried again every half
// second.
class Journal {
 public:
  // `domain` and `clock` must outlive the journal.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(Options options, const domain::Domain& domain,
                                                             const Clock& clock);
  ~Journal();  // what is queued is answered with an error

  // Any thread. A full queue or a failing journal answers at once, on this thread.
  void submit(Submission submission, Done done);
  [[nodiscard]] JournalStatus status() const;  // any thread
  // The last event of `source`, one of the domain's, that durably counted. Any thread.
  [[nodiscard]] Seq consumed(std::string_view source) const;
  // Durable entries as events, over a connection of its own: for the relay, for the feed.
  [[nodiscard]] Result<std::unique_ptr<messaging::EventSource>> events() const;

 private:
  struct Impl;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::journal
