// Events of other services that could not be taken in: kept with their reason in the state of the service
// that met them, until a retry succeeds. Apart from the domains, which know nothing of it.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "domain/domain.hpp"

namespace sportapp::domain {

// The state table that has a row for each.
inline constexpr std::string_view kSetAsideTable = "set_aside";

struct SetAside {
  std::string source;
  CommittedEvent event;
  std::string reason;
};

[[nodiscard]] Command set_aside(const SetAside& event);
// Refused when there is no such row.
[[nodiscard]] Command clear_set_aside(Id row);
// A row of the table; throws std::exception when it is none.
[[nodiscard]] SetAside set_aside_of(std::string_view row);

// Says that events of `source` up to `upto` asked for nothing: so it is known even when they are deleted
// there.
[[nodiscard]] Command pass(std::string_view source, Seq upto);
[[nodiscard]] bool tells_of_passing(const Event& event);

// Whether the event tells of such events only, and so is no concern of a read model.
[[nodiscard]] bool is_about_set_aside(const Event& event);

// `domain`, which also understands these commands and their events.
[[nodiscard]] std::unique_ptr<Domain> with_set_aside(std::unique_ptr<Domain> domain);

}  // namespace sportapp::domain
