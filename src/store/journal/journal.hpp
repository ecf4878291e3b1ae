// The durable, ordered log of one service and the state it implies, in one SQLite database.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "domain/domain.hpp"
#include "net/messaging/event_source.hpp"
#include "store/journal/entry.hpp"
#include "store/journal/entry_reader.hpp"
#include "store/journal/options.hpp"
#include "store/journal/submission.hpp"

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

// Group commit: the commands that wait are decided and written in one transaction with one fsync, on the
// journal's own thread. After a failed commit the outcome is unknown: nothing is taken until the database was
// reopened, checkpointed and written to, which is tried again every half second. With a gate a journal
// that fails also stops leading, and what waits is answered NotPrimary: another node may carry it out.
//
// Beside its file it keeps journal.mark (see MarkFile) and, while it is closed, journal.seal (see Seal): by
// them, and by its own content, it finds out that it lost something or was changed, when it is opened
// (check_at_start()) and in the background afterwards. Then it is failing and damaged.
class Journal {
 public:
  // `domain`, `clock` and the gate must outlive the journal. What is wrong with its files, its disk or its
  // permissions is no error here: the journal is then failing from the beginning, as status() says.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(Options options, const domain::Domain& domain,
                                                             const Clock& clock);
  // What is queued is answered with an error. Then everything is in the one file, and the WAL is empty,
  // unless a reader holds it for some seconds, which the log says.
  ~Journal();

  // Any thread. A full queue, a failing journal and one that does not lead answer at once, on this thread.
  void submit(Submission submission, Done done);
  [[nodiscard]] JournalStatus status() const;  // any thread
  // The last event of `source`, one of the domain's, that durably counted. Any thread.
  [[nodiscard]] Seq consumed(std::string_view source) const { return consumed_place(source).seq; }
  // Likewise, with the hash that it has in its own journal, where that is known.
  [[nodiscard]] messaging::Place consumed_place(std::string_view source) const;
  // Durable entries as events, over a connection of its own: for the relay, for the feed.
  [[nodiscard]] Result<std::unique_ptr<messaging::JournalEvents>> events() const;
  // Durable entries as they are, over a connection of its own: for shipping.
  [[nodiscard]] Result<std::unique_ptr<EntryReader>> entries() const;

  // What follows is carried out in the order in which it is asked for, on the journal's thread, where `done`
  // is called. Any thread may ask.
  //
  // Takes commands from now on; their entries carry `epoch`. Raises the epoch where it leads already.
  // `settles`: what it holds counts for good from then on.
  void lead(Epoch epoch, bool settles = true);
  // Takes no commands any more. The batch under way ends as its gate says, everything queued is answered
  // NotPrimary, and then nothing is under way: `done`.
  void follow(std::function<void()> done);
  // While following: entries of another journal, which must continue this one, each in its number and with
  // the hash of its content; all of them with one fsync, or none. Gives the head then. What does not fit is
  // an error kNever that names the seq. Where too much waits already, `done` is called at once, here.
  void append(SharedEntries entries, std::function<void(Result<Position>)> done);
  // While following: `file`, whole and of the same file system, takes the journal's place, whatever that
  // holds; a crash leaves the one or the other, or a damaged one. The old one is kept beside it, with
  // .replaced to its name, or .damaged.
  void replace(std::filesystem::path file, std::function<void(Result<Position>)> done);
  // Where entries at its end are lost: goes on without them. Then on_recovered() or on_failing().
  void accept_loss();
  // Deletes the first entries, as far as they are settled and others follow them. Their state stays, their
  // keys are known no more. Whoever asks has all of them elsewhere, on disk.
  void trim(TrimRequest request, std::function<void(Result<Trimmed>)> done);

 private:
  struct Impl;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::journal
