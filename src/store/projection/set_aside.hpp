#pragma once
#include <cstddef>
#include <string>

#include "domain/domain.hpp"

namespace sportapp::projection {

// An event that its projection could not apply: the read model went on without it.
struct SetAside {
  domain::CommittedEvent event;
  std::string reason;
};

struct Retried {
  std::size_t applied = 0;
  std::size_t left = 0;  // still cannot be
};

}  // namespace sportapp::projection
