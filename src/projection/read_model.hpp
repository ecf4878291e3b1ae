// A read model: one SQLite file that can be thrown away and made anew from the journal.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"
#include "messaging/event_source.hpp"
#include "projection/projection.hpp"

namespace sportapp::projection {

// The writing side: events into views, views and position in one transaction. One thread at a time.
class ReadModel final : public messaging::EventSink {
 public:
  struct Written {
    Seq position;
    std::int64_t lag_ms = 0;  // from the oldest event's commit until it could be read
    std::size_t events = 0;
  };
  struct Options {
    std::filesystem::path file;
    std::function<void(const Written&)> on_written;  // on the writing thread, after each transaction
  };
  // `projection` and `clock` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<ReadModel>> open(Options options, const Projection& projection,
                                                               const Clock& clock);
  ~ReadModel() override;
  [[nodiscard]] Seq position() override;
  [[nodiscard]] Result<void> write(std::span<const domain::CommittedEvent> events) override;
  // Over every view and lookup in order: two read models that say the same have the same digest.
  [[nodiscard]] Result<Hash> digest();

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
  [[nodiscard]] static Result<std::unique_ptr<ReadModelReader>> open(const std::filesystem::path& file);
  ~ReadModelReader();
  [[nodiscard]] Result<std::optional<std::string>> view(Id id);
  [[nodiscard]] Result<std::optional<Row>> find(std::string_view field, std::string_view value);
  // Views with id > after, in order of id.
  [[nodiscard]] Result<std::vector<Row>> page(Id after, std::size_t limit);

 private:
  struct Impl;
  explicit ReadModelReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::projection
