#pragma once
#include <SQLiteCpp/Exception.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "domain/domain.hpp"
#include "net/messaging/event_source.hpp"
#include "store/journal/entry.hpp"
#include "store/journal/fault.hpp"
#include "store/journal/store.hpp"
#include "store/journal/submission.hpp"

namespace sportapp::journal {

struct Pending {
  Submission submission;
  Done done;
};
using Batch = std::vector<Pending>;
// For each of the domain's sources, the last event that counts, and of which history it was.
using Consumed = std::map<std::string, messaging::Place, std::less<>>;

struct Decided {
  std::vector<Outcome> outcomes;  // of the batch's first commands
  std::vector<Entry> entries;
  std::size_t bytes = 0;  // of the entries
};

// What such an exception means.
[[nodiscard]] WriteFailed write_failed(const SQLite::Exception& exception, const std::filesystem::path& file);

// The journal's file open for writing, one transaction at a time. The journal's thread only. SQLite's
// exceptions come through where no Result is given: then nothing is known but that undo() ends it.
class Writer {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Writer>> open(const std::filesystem::path& file,
                                                            const domain::Domain& domain);
  // An empty journal that nothing keeps. See Store::in_memory().
  [[nodiscard]] static std::unique_ptr<Writer> in_memory(const domain::Domain& domain);
  // Whether the entry is here, or was and is deleted.
  [[nodiscard]] bool holds(Seq seq, const Hash& hash) const;
  [[nodiscard]] bool wal_was_emptied() const { return store_->wal_was_emptied(); }
  [[nodiscard]] std::int64_t times_opened() const { return store_->times_opened(); }
  // See Store::close().
  [[nodiscard]] Result<std::optional<sqlite::WholeFile>> close(std::uint64_t bytes_max) {
    return store_->close(bytes_max);
  }

  // In a transaction: decides the commands in their order, as many as make entries of kBatchBytesMax.
  [[nodiscard]] Decided decide(std::span<const Pending> batch, Epoch epoch, std::int64_t time_ms,
                               const OnDeciding& on_deciding = {});
  // In a transaction: entries of another journal. One that does not continue this journal, or that this
  // program cannot apply, is an error, and the transaction is over.
  [[nodiscard]] Result<void> append(std::span<const Entry> entries);
  void commit();
  void undo() noexcept;
  // Between transactions: see Store::trim().
  void trim(Seq upto, std::size_t most);

  [[nodiscard]] const Position& head() const { return now_.head; }
  // With the epoch of the last entry.
  [[nodiscard]] Settled last() const { return {now_.head.seq, now_.head.hash, now_.epoch}; }
  // The last entry that retention deleted; zeros: none.
  [[nodiscard]] const Position& base() const { return base_; }
  [[nodiscard]] const Consumed& consumed() const { return now_.consumed; }

 private:
  struct Place {
    Position head;
    Epoch epoch;  // of the last entry
    Consumed consumed;
  };

  Writer(std::unique_ptr<Store> store, const domain::Domain& domain, Place place);
  [[nodiscard]] static std::unique_ptr<Writer> over(std::unique_ptr<Store> store,
                                                    const domain::Domain& domain);
  void decide_each(std::span<const Pending> batch, const OnDeciding& on_deciding, Decided& decided);
  Outcome decide(const Submission& submission, Decided& decided);
  Outcome decide_caused(const Submission& submission, std::string request, Decided& decided);
  Outcome execute(const Submission& submission, std::string key, std::string request, Decided& decided);
  Outcome take(const Submission& submission, std::string key, std::string request, Decided& decided);
  [[nodiscard]] Result<void> check_chain(std::span<const Entry> entries) const;
  void apply(const Entry& entry);
  void apply_of_other(const Entry& entry);

  const std::unique_ptr<Store> store_;
  const domain::Domain& domain_;
  Place committed_;
  Place now_;  // in the transaction under way
  Position base_;
  Epoch epoch_;
  std::int64_t time_ms_ = 0;
  bool each_in_savepoint_ = false;
};

}  // namespace sportapp::journal
