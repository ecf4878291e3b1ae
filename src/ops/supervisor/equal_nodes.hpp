// Before an instance ends its nodes: whether those of each service hold the same, and are in sync in the
// record.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ops/supervisor/failover_view.hpp"

namespace sportapp::supervisor {

class EqualNodes {
 public:
  static constexpr std::int64_t kStillMs = 250;  // nothing was committed for so long: nothing is under way
  static constexpr std::int64_t kWaitMaxMs = 5000;

  // A view taken `now_ms`. True once there is nothing to wait for: all are equal and stay so, or those that
  // are not will not be without a person, or it took too long.
  [[nodiscard]] bool look(const FailoverView& view, std::int64_t now_ms);
  // The same where nothing was heard from the monitor.
  [[nodiscard]] bool look_without_view(std::int64_t now_ms);
  // A sentence for each node that does not hold, by record and by its own word, what its primary does.
  [[nodiscard]] const std::vector<std::string>& behind() const { return behind_; }

 private:
  [[nodiscard]] bool is_late(std::int64_t now_ms);

  std::optional<std::int64_t> began_ms_;
  std::int64_t changed_ms_ = 0;
  std::vector<std::int64_t> positions_;
  std::vector<std::string> behind_;
};

}  // namespace sportapp::supervisor
