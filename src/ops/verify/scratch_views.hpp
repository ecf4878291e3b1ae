// Where views are made of a journal that is replayed.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/projection.hpp"
#include "ops/verify/records.hpp"
#include "store/journal/scratch.hpp"
#include "store/projection/snapshot.hpp"

namespace sportapp::verify {

using journal::Scratch;

// Views as Projection::apply writes them.
class ScratchViews final : public domain::Views {
 public:
  explicit ScratchViews(Scratch& scratch) : scratch_(scratch) {}
  std::optional<std::string> view(Id id) override;
  void put_view(Id id, std::string_view json) override;
  void put_lookup(std::string_view field, std::string_view value, Id id) override;
  void remove_lookup(std::string_view field, std::string_view value) override;
  void put_link(std::string_view kind, Id of, Id id) override;
  std::vector<Id> linked(std::string_view kind, Id of, Id after, std::size_t limit) override;

 private:
  Scratch& scratch_;
};

// The group of views' keys; those of links follow it, in the order of (kind, of).
inline constexpr std::string_view kViews = "view";
[[nodiscard]] std::string link_group(std::string_view kind, Id of);
// The way back; the lowest link of all for any other group.
[[nodiscard]] projection::Snapshot::Link link_of(const Key& key);

}  // namespace sportapp::verify
