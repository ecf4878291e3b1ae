// A whole read model as it stands, for whoever checks it. Reads only; the process may be running.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "store/projection/set_aside.hpp"
#include "store/sqlite/value_index.hpp"

namespace sportapp::projection {

// All that one snapshot gives is of one moment: it holds a read transaction, during which the writer's WAL
// cannot shrink. One thread at a time.
class Snapshot {
 public:
  struct View {
    Id id;
    std::string json;
  };
  struct Link {
    std::string kind;
    Id of;
    Id id;
  };
  [[nodiscard]] static Result<std::unique_ptr<Snapshot>> open(const std::filesystem::path& file);
  ~Snapshot();

  [[nodiscard]] Result<Seq> position();
  // Of a base model: the hash of the journal's entry at that position.
  [[nodiscard]] Result<std::optional<Hash>> origin();
  // In order of id, of (field, value), and of (kind, of, id).
  [[nodiscard]] Result<std::vector<View>> views_after(Id id, std::size_t limit);
  [[nodiscard]] Result<std::vector<sqlite::IndexedValue>> lookups_after(std::string_view field,
                                                                        std::string_view value,
                                                                        std::size_t limit);
  [[nodiscard]] Result<std::vector<Link>> links_after(const Link& link, std::size_t limit);
  // Events that could not be applied, in order of seq.
  [[nodiscard]] Result<std::vector<SetAside>> set_aside_after(Seq seq, std::size_t limit);
  // What SQLite's own check of the file complains of first.
  [[nodiscard]] Result<std::optional<std::string>> damage();

 private:
  struct Impl;
  explicit Snapshot(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::projection
