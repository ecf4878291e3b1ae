#include "domain/cross_check.hpp"

#include <fmt/format.h>

#include <utility>

namespace sportapp::domain {

Difference differs_at(const History::Entry& entry, std::string expected, std::string found) {
  return {fmt::format("entry {} ({})", entry.seq.value, entry.event.type), std::move(expected),
          std::move(found)};
}

}  // namespace sportapp::domain
