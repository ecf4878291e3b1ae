// What a trial's parent and child tell each other.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "server/quarantine/trial.hpp"

namespace sportapp::quarantine::trial {

// From the child, one line after the other.
inline constexpr std::string_view kBegun = "begun\n";  // what comes now is the request's doing
inline constexpr std::string_view kOk = "ok\n";
inline constexpr std::string_view kMemory = "memory\n";  // ran out
inline constexpr std::string_view kCannot = "cannot ";   // ...and why: not the request's doing

[[nodiscard]] std::string encode(const TrialRequest& request);
[[nodiscard]] std::optional<TrialRequest> decode(std::string_view bytes);

}  // namespace sportapp::quarantine::trial
