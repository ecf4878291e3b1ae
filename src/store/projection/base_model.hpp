// The base model of a commands node: a read model of the events that retention deleted in its journal, beside
// which it is kept. A read model recreated begins with it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "store/journal/copy.hpp"
#include "store/sqlite/held_file.hpp"

namespace sportapp::projection {

inline constexpr const char* kBaseFile = "base.db";  // in the node's folder
[[nodiscard]] inline std::filesystem::path base_file_of(const std::filesystem::path& journal) {
  return journal.parent_path() / kBaseFile;
}
// One that came with a journal's copy, until the journal has taken the copy's place.
[[nodiscard]] inline std::filesystem::path next_base_of(const std::filesystem::path& journal) {
  return base_file_of(journal).string() + ".next";
}

// Which events it holds, and of which journal: the hash of its entry at that position.
struct BaseEnd {
  Seq position;
  Hash hash{};
};
// Nothing where there is no such file, or none that says so much.
[[nodiscard]] Result<std::optional<BaseEnd>> base_end_of(const std::filesystem::path& file);

// A base model as it is at one moment, to be copied afterwards. Reads only. One thread at a time.
class HeldBase {
 public:
  [[nodiscard]] static Result<std::unique_ptr<HeldBase>> open(const std::filesystem::path& file);
  [[nodiscard]] Result<BaseEnd> hold();  // as it is now
  [[nodiscard]] Result<std::uint64_t> bytes() { return file_.bytes(); }
  [[nodiscard]] Result<std::uint64_t> copy(const std::filesystem::path& to,
                                           const sqlite::CopyProgress& progress) {
    return file_.copy(to, progress);
  }

 private:
  explicit HeldBase(sqlite::HeldFile file) : file_(std::move(file)) {}
  sqlite::HeldFile file_;
};

// Holds a journal, whose file is `file`, and its base model at moments that fit: what was deleted in the one
// is in the other. Null where nothing was deleted: then the journal is enough.
[[nodiscard]] Result<std::unique_ptr<HeldBase>> hold_with_base(journal::CopySource& journal,
                                                               const std::filesystem::path& file);

}  // namespace sportapp::projection
