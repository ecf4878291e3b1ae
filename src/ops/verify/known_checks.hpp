// What one service keeps of the things of others, held against the journals of these.
#pragma once
#include <string>
#include <vector>

#include "domain/domain.hpp"
#include "ops/verify/journal_checks.hpp"
#include "store/journal/reader.hpp"

namespace sportapp::verify {

struct Source {
  std::string service;
  journal::Reader& reader;
};

// Each thing of a source that `domain` keeps is kept as the source's entries have it, up to where they were
// taken in: none was passed over that is not set aside. The readers of the sources must be the newer ones.
[[nodiscard]] Result<Checked> check_known(journal::Reader& reader, const domain::Domain& domain,
                                          const std::vector<Source>& sources, const Progress& progress);

}  // namespace sportapp::verify
