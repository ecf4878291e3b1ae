// A journal as a node of several uses it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "store/journal/entry.hpp"

namespace sportapp::journal {

struct JournalStatus {
  Seq head{};  // last durable entry
  Hash head_hash{};
  std::size_t queued = 0;  // commands waiting
  std::string failing;     // why nothing is written at present; empty when it is
  // It fails since its files are not what they were: nothing in them counts, all numbers here but the settled
  // one are zeros, and only replace() ends it, or accept_loss() where `shorter` says where the journal would
  // end then.
  bool damaged = false;
  std::optional<Position> shorter{};
  bool leading = false;
  // The last of the entries that retention deleted, all from the first on; zeros: none was.
  Position base{};
  // Up to it, entries count for good: a primary committed each when every node in sync had it. What a
  // follower has got last may come to nothing yet. It outlives a restart.
  Settled settled{};
  std::int64_t opened = 0;  // grows whenever the file is reopened, which may be another one then
  Seq checked_until{};      // so far the background check has found the file right since it was opened
};

// Any thread may call. What is asked for is carried out in the order in which it is asked for, on the
// journal's thread, where `done` is called.
class ReplicatedJournal {
 public:
  virtual ~ReplicatedJournal() = default;
  [[nodiscard]] virtual JournalStatus status() const = 0;
  // Takes commands from now on; their entries carry `epoch`. Raises the epoch where it leads already.
  // `settles`: what it holds counts for good from then on.
  virtual void lead(Epoch epoch, bool settles) = 0;
  // Takes no commands any more. The batch under way ends as its gate says, everything queued is answered
  // NotPrimary, and then nothing is under way: `done`.
  virtual void follow(std::function<void()> done) = 0;
  // While following: entries of another journal, which must continue this one, each in its number and with
  // the hash of its content; all of them with one fsync, or none. Gives the head then. What does not fit is
  // an error kNever that names the seq. Where too much waits already, `done` is called at once, here.
  virtual void append(SharedEntries entries, std::function<void(Result<Position>)> done) = 0;
  // While following: `file`, whole and of the same file system, takes the journal's place, whatever that
  // holds; a crash leaves the one or the other, or a damaged one. The old one is kept beside it, with
  // .replaced to its name, or .damaged.
  virtual void replace(std::filesystem::path file, std::function<void(Result<Position>)> done) = 0;
  // Where entries at its end are lost: goes on without them. Then on_recovered() or on_failing().
  virtual void accept_loss() = 0;
};

}  // namespace sportapp::journal
