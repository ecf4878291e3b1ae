#include "ops/verify/scratch_views.hpp"

#include <fmt/format.h>

namespace sportapp::verify {

std::optional<std::string> ScratchViews::view(Id id) {
  return scratch_.row(kViews, id);
}
void ScratchViews::put_view(Id id, std::string_view json) {
  scratch_.put_row(kViews, id, json);
}
void ScratchViews::put_lookup(std::string_view field, std::string_view value, Id id) {
  scratch_.put_name(field, value, id);
}
void ScratchViews::remove_lookup(std::string_view field, std::string_view value) {
  scratch_.remove_name(field, value);
}
void ScratchViews::put_link(std::string_view kind, Id of, Id id) {
  scratch_.put_row(link_group(kind, of), id, "");
}
std::vector<Id> ScratchViews::linked(std::string_view kind, Id of, Id after, std::size_t limit) {
  return scratch_.ids_after(link_group(kind, of), after, limit);
}

// Leading zeros, so that text sorts as the numbers do.
std::string link_group(std::string_view kind, Id of) {
  return fmt::format("{} of {} {:019}", kViews, kind, of.value);
}

projection::Snapshot::Link link_of(const Key& key) {
  const auto prefix = fmt::format("{} of ", kViews);
  if (!key.group.starts_with(prefix)) return {};
  const auto number = key.group.rfind(' ') + 1;
  return {key.group.substr(prefix.size(), number - 1 - prefix.size()),
          Id{std::stoll(key.group.substr(number))}, Id{key.id}};
}

}  // namespace sportapp::verify
