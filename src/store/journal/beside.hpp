// What the files beside a journal say of it: its mark and its seal.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "store/journal/mark.hpp"
#include "store/journal/reader.hpp"
#include "store/journal/seal.hpp"

namespace sportapp::journal {

struct Beside {
  std::optional<Mark> mark{};
  std::optional<Seal> seal{};
  std::optional<sqlite::WholeFile> whole{};  // the journal's file as it is, where there is a seal
};
// Before this process opens the journal, which may be in use by another: what is said here, it must then
// have.
[[nodiscard]] Result<Beside> read_beside(const std::filesystem::path& journal);
[[nodiscard]] Result<Beside> read_beside(const std::filesystem::path& journal, std::optional<Mark> mark);

struct HeldAgainst {
  std::string wrong{};       // what the journal should have, or be; empty: it is as they say
  bool is_new_copy = false;  // it is the copy that, as the mark says, was being put in place
};
[[nodiscard]] Result<HeldAgainst> hold_against(Reader& reader, const std::filesystem::path& journal,
                                               const Beside& beside);

}  // namespace sportapp::journal
