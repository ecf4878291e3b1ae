// A read model: one SQLite file that can be thrown away and recreated from the journal.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"
#include "domain/projection.hpp"
#include "net/messaging/event_source.hpp"
#include "store/projection/set_aside.hpp"

namespace sportapp::projection {

// The writing side: events into views, views and position in one transaction. One thread at a time.
class ReadModel final : public messaging::EventSink {
 public:
  struct Written {
    Seq position;
    std::int64_t lag_ms = 0;  // from the oldest event's commit until it could be read
    std::size_t events = 0;
    std::size_t set_aside = 0;  // in all, not of this transaction
  };
  struct Options {
    std::filesystem::path file;
    std::function<void(const Written&)> on_written;  // on the writing thread, after each transaction
    // On the writing thread: the file turned out damaged, every write will fail until it is recreated.
    std::function<void(const Error&)> on_damaged;
    // Kept beside a journal in place of events that are deleted there: each transaction is on disk at its
    // end, and write_base() is used.
    bool is_base = false;
  };
  // A file that is damaged, of another version or of another service is put aside and the model starts at 0:
  // the feed has everything; one that is a base model is an error. `projection` and `clock` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<ReadModel>> open(Options options,
                                                               const domain::Projection& projection,
                                                               const Clock& clock);
  ~ReadModel() override;
  [[nodiscard]] messaging::Place place() override;
  // Events at or below position() are skipped: an event counts once. The rest must start right behind it,
  // without a gap, and continue the history that is here; anything else changes nothing. An event that the
  // projection cannot apply leaves no trace in the views: it is set aside, and the rest goes on. After a
  // failure the file is reopened by the next call.
  [[nodiscard]] Result<void> write(std::span<const domain::CommittedEvent> events) override;
  // write(), with the hash of the journal's entry of the last one, by which it is known whose they are.
  [[nodiscard]] Result<void> write_base(std::span<const domain::CommittedEvent> events, const Hash& hash);
  // How many events are set aside.
  [[nodiscard]] std::size_t set_aside();
  // Applies what is set aside again, in order; what can be applied now is so no longer. Ends early, between
  // transactions, with `stop`.
  [[nodiscard]] Result<Retried> retry_set_aside(const std::stop_token& stop);
  // Over every view and lookup in order: two read models that say the same have the same digest.
  [[nodiscard]] Result<Hash> digest();
  // Ends the model, leaving all of it in the one file, which can then be renamed. Every other connection to
  // the file must be closed; if one is not, kLater.
  [[nodiscard]] static Result<void> seal(std::unique_ptr<ReadModel> model);

 private:
  struct Impl;
  explicit ReadModel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The reading side, over a connection of its own. One thread at a time.
class ReadModelReader {
 public:
  struct Row {
    Id id;
    std::string view;
  };
  struct Summary {
    Seq position;
    std::int64_t views = 0;
    Hash digest{};  // as ReadModel::digest()
  };
  // The file must be there: ReadModel makes it.
  [[nodiscard]] static Result<std::unique_ptr<ReadModelReader>> open(const std::filesystem::path& file);
  ~ReadModelReader();
  [[nodiscard]] Result<std::optional<std::string>> view(Id id);
  [[nodiscard]] Result<std::optional<Row>> find(std::string_view field, std::string_view value);
  // Views with id > after, in order of id.
  [[nodiscard]] Result<std::vector<Row>> page(Id after, std::size_t limit);
  // Events that could not be applied, in order of seq.
  [[nodiscard]] Result<std::vector<SetAside>> set_aside(Seq after, std::size_t limit);
  // Between the two, all reads are of one moment (the first read's) and cost no file locks of their own; the
  // writer's WAL cannot be started again meanwhile, so hold briefly. Holding twice is holding once.
  void hold();
  void release();
  // Of one moment, however the model goes on meanwhile. Reads all of it: seconds for a million views.
  [[nodiscard]] Result<Summary> summary();

 private:
  struct Impl;
  explicit ReadModelReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Renames the file of a model nobody has open to FILE.damaged; the one put aside before goes.
[[nodiscard]] Result<void> put_aside(const std::filesystem::path& file);
// A file that is not there is no error.
[[nodiscard]] Result<void> remove_model(const std::filesystem::path& file);

}  // namespace sportapp::projection
