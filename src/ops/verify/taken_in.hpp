// How far a service has taken in the events of another, by its journal.
#pragma once
#include <set>
#include <string_view>

#include "store/journal/reader.hpp"

namespace sportapp::verify {

// Those that are set aside there, and wait for a retry.
[[nodiscard]] Result<std::set<Seq>> set_aside_of(journal::Reader& reader, std::string_view source);

}  // namespace sportapp::verify
