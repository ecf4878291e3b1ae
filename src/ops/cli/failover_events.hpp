#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "ops/instance/instance.hpp"

namespace sportapp::cli {

// What the monitor did about failures, as it tells it.
class FailoverEvents {
 public:
  // `json`: each as it comes, for scripts.
  FailoverEvents(const instance::Instance& instance, bool json) : instance_(instance), json_(json) {}

  // The last of them; `follow`: and then what comes, until the monitor does not answer for long or the caller
  // ends.
  [[nodiscard]] Result<void> show(std::size_t last, bool follow) const;

 private:
  // Shows those behind `number`, the last `most` of them; gives the highest number there is.
  [[nodiscard]] Result<std::int64_t> show_after(std::int64_t number, std::size_t most) const;
  const instance::Instance& instance_;
  const bool json_;
};

}  // namespace sportapp::cli
