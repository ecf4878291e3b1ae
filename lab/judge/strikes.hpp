// The faults of a run, asked by time.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lab/fault/fault_log.hpp"

namespace sportapp::lab {

// What is slow or fails so long after a fault is put down to it.
inline constexpr std::int64_t kWatchedUs = 30'000'000;

class Strikes {
 public:
  explicit Strikes(std::vector<InjectedFault> faults);                             // in any order
  [[nodiscard]] const std::vector<InjectedFault>& all() const { return faults_; }  // by time
  // The last one that struck at or before that time; null: there was none yet.
  [[nodiscard]] const InjectedFault* last_before(std::int64_t time_us) const;
  // When the one after all()[index] struck, or kWatchedUs after it, or the end of the load: whichever is
  // first.
  [[nodiscard]] std::int64_t until_us(std::size_t index, std::int64_t end_us) const;

 private:
  std::vector<InjectedFault> faults_;
};

// The services that a target names, each once: of `users.primary+orders.a` users and orders, of `redis` none.
[[nodiscard]] std::vector<std::string> services_in(std::string_view target);
// Whether it is about queries processes alone.
[[nodiscard]] bool is_of_queries(std::string_view target);

}  // namespace sportapp::lab
