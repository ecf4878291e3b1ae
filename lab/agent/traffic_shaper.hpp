// One direction of a link: how its bytes are treated, and how many may pass now where they are limited.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "lab/agent/link_rule.hpp"

namespace sportapp::lab {

class TrafficShaper {
 public:
  [[nodiscard]] const LinkRule& rule() const { return rule_; }
  void treat(const LinkRule& rule);
  // Nothing gets through, so that not even a connection can be made.
  [[nodiscard]] bool holds() const {
    return rule_.action == LinkAction::kDrop || rule_.action == LinkAction::kStall;
  }
  [[nodiscard]] bool passes() const { return !holds() && rule_.action != LinkAction::kClose; }
  // Bytes that may pass now, at most `wanted`; of none, `due_us` is when to ask again.
  [[nodiscard]] std::size_t allowance(std::size_t wanted, std::int64_t now_us, std::int64_t& due_us);
  void passed(std::size_t bytes);

 private:
  LinkRule rule_;
  std::int64_t tokens_ = 0;  // bytes, where limited
  std::int64_t refilled_us_ = 0;
};

// Of each direction: 0 there, 1 back.
using Shapers = std::array<TrafficShaper, 2>;

}  // namespace sportapp::lab
