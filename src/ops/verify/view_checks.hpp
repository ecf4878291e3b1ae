// A read model held against the journal it was made from.
#pragma once
#include "domain/projection.hpp"
#include "ops/verify/journal_checks.hpp"
#include "ops/verify/scratch_views.hpp"
#include "store/journal/reader.hpp"
#include "store/projection/snapshot.hpp"

namespace sportapp::verify {

// The views as a journal makes them, up to a position that only grows: read models at several positions are
// compared in one pass. What it is given must outlive it.
class Replay {
 public:
  Replay(journal::Reader& reader, const domain::Projection& projection)
      : reader_(reader), projection_(projection), views_(scratch_) {}
  // From behind the events that `base`, a base model of this journal, holds; at first.
  [[nodiscard]] Result<Checked> begin_with(projection::Snapshot& base, const Progress& progress);
  [[nodiscard]] Seq began_at() const { return began_at_; }
  // An event that cannot be projected is passed over, as a read model does.
  [[nodiscard]] Result<void> advance_to(Seq position, const Progress& progress);
  [[nodiscard]] Pages set_aside();  // the events passed over
  [[nodiscard]] Scratch& scratch() { return scratch_; }
  [[nodiscard]] Result<Seq> head() { return reader_.head(); }

 private:
  journal::Reader& reader_;
  const domain::Projection& projection_;
  Scratch scratch_;
  ScratchViews views_;
  std::vector<Record> set_aside_;
  Seq position_, began_at_;
};

[[nodiscard]] Result<Checked> check_file(projection::Snapshot& snapshot);
// The snapshot must be older than the journal's reader, or a live instance would seem to be ahead of itself.
[[nodiscard]] Result<Checked> check_views(Replay& replay, projection::Snapshot& snapshot,
                                          const Progress& progress);

}  // namespace sportapp::verify
