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
#include "store/journal/replicated.hpp"
#include "store/journal/submission.hpp"

namespace sportapp::journal {

// Group commit: the commands that wait are decided and written in one transaction with one fsync, on the
// journal's own thread. After a failed commit the outcome is unknown: nothing is taken until the database was
// reopened, checkpointed and written to, which is tried again every half second. With a gate a journal
// that fails also stops leading, and what waits is answered NotPrimary: another node may carry it out.
//
// Beside its file it keeps journal.mark (see MarkFile) and, while it is closed, journal.seal (see Seal): by
// them, and by its own content, it finds out that it lost something or was changed, when it is opened
// (check_at_start()) and in the background afterwards. Then it is failing and damaged.
class Journal final : public ReplicatedJournal {
 public:
  // `domain`, `clock` and the gate must outlive the journal. What is wrong with its files, its disk or its
  // permissions is no error here: the journal is then failing from the beginning, as status() says.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(Options options, const domain::Domain& domain,
                                                             const Clock& clock);
  // What is queued is answered with an error. Then everything is in the one file, and the WAL is empty,
  // unless a reader holds it for some seconds, which the log says.
  ~Journal() override;

  // Any thread. A full queue, a failing journal and one that does not lead answer at once, on this thread.
  void submit(Submission submission, Done done);
  [[nodiscard]] JournalStatus status() const override;
  // The last event of `source`, one of the domain's, that durably counted. Any thread.
  [[nodiscard]] Seq consumed(std::string_view source) const { return consumed_place(source).seq; }
  // Likewise, with the hash that it has in its own journal, where that is known.
  [[nodiscard]] messaging::Place consumed_place(std::string_view source) const;
  // Durable entries as events, over a connection of its own: for the relay, for the feed.
  [[nodiscard]] Result<std::unique_ptr<messaging::JournalEvents>> events() const;
  // Durable entries as they are, over a connection of its own: for shipping.
  [[nodiscard]] Result<std::unique_ptr<EntryReader>> entries() const;

  void lead(Epoch epoch, bool settles = true) override;
  void follow(std::function<void()> done) override;
  void append(SharedEntries entries, std::function<void(Result<Position>)> done) override;
  void replace(std::filesystem::path file, std::function<void(Result<Position>)> done) override;
  void accept_loss() override;
  // Deletes the first entries, as far as they are settled and others follow them. Their state stays, their
  // keys are known no more. Whoever asks has all of them elsewhere, on disk.
  void trim(TrimRequest request, std::function<void(Result<Trimmed>)> done);

 private:
  struct Impl;
  explicit Journal(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::journal
