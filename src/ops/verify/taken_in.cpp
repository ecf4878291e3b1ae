#include "ops/verify/taken_in.hpp"

#include "domain/set_aside.hpp"
#include "ops/verify/records.hpp"

namespace sportapp::verify {

Result<std::set<Seq>> set_aside_of(journal::Reader& reader, std::string_view source) {
  std::set<Seq> seqs;
  for (Id after;;) {
    const auto rows = reader.rows_of(domain::kSetAsideTable, after, kPageRecords);
    if (!rows) return rows.error();
    for (const auto& row : *rows) {
      const auto aside = domain::set_aside_of(row.json);
      if (aside.source == source) seqs.insert(aside.event.seq);
    }
    if (rows->size() < kPageRecords) return seqs;
    after = rows->back().id;
  }
}

}  // namespace sportapp::verify
