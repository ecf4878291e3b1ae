// How much of what SportApp does against failure is turned on: levels, each of which adds to the one before.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ops/instance/settings.hpp"

namespace sportapp::lab {

enum class Level : std::uint8_t {
  kNone,     // the dead stay dead
  kRestart,  // started again a moment after the end, as service managers do it; nobody looks for hangs
  kCold,     // ping/echo: what ended or hangs is noticed at once, and started again from the disk
  kWarm,     // and a spare that is kept equal
  kMasked,   // and the gateway retries under one key, the spare holds and forwards
};
inline constexpr std::array kLevels{Level::kNone, Level::kRestart, Level::kCold, Level::kWarm,
                                    Level::kMasked};
inline constexpr std::string_view kLevelNames = "none, restart, cold, warm, masked";

[[nodiscard]] std::string_view to_string(Level level);
[[nodiscard]] std::optional<Level> level(std::string_view text);
// "none,masked" or "all"; in the order of the levels, each once.
[[nodiscard]] Result<std::vector<Level>> levels(std::string_view text);

// As settings of an instance.
struct Tactics {
  Level level = Level::kMasked;
  bool restart = true;
  int restart_after_ms = 0;
  bool detect_hangs = true;
  int spares = 1;
  bool retry = true;
  int hold_ms = 5000;
  bool operator==(const Tactics&) const = default;
};
[[nodiscard]] Tactics tactics_of(Level level);
// The settings that make an instance so, with the rest as it is given.
[[nodiscard]] instance::Settings settings_with(const Tactics& tactics, instance::Settings settings);

}  // namespace sportapp::lab
