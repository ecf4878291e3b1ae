// What `sportapp verify` asks of a journal beyond what the journal checks by itself.
#pragma once
#include <filesystem>

#include "ops/verify/records.hpp"
#include "store/journal/beside.hpp"
#include "store/journal/reader.hpp"

namespace sportapp::verify {

// As journal::check_chain(), and the texts of each entry are valid JSON.
[[nodiscard]] Result<Checked> check_chain(journal::Reader& reader, const Progress& progress);
// The journal has what its mark says, and is what its seal says.
[[nodiscard]] Result<Checked> check_mark(journal::Reader& reader, const std::filesystem::path& file,
                                         const journal::Beside& beside);

}  // namespace sportapp::verify
