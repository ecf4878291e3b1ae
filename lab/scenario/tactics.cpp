#include "lab/scenario/tactics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sportapp::lab {
namespace {

constexpr int kServiceManagerMs = 100;  // systemd's RestartSec

}  // namespace

std::string_view to_string(Level level) {
  switch (level) {
    case Level::kNone:
      return "none";
    case Level::kRestart:
      return "restart";
    case Level::kCold:
      return "cold";
    case Level::kWarm:
      return "warm";
    case Level::kMasked:
      return "masked";
  }
  return "masked";
}

std::optional<Level> level(std::string_view text) {
  for (const auto level : kLevels) {
    if (text == to_string(level)) return level;
  }
  return std::nullopt;
}

Result<std::vector<Level>> levels(std::string_view text) {
  if (text == "all") return std::vector(kLevels.begin(), kLevels.end());
  std::vector<Level> chosen;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const auto found = level(text.substr(begin, end - begin));
    if (!found) {
      return Error{Retry::kNever, fmt::format("unknown tactics '{}'; known: {}, several with a comma, or all",
                                              text.substr(begin, end - begin), kLevelNames)};
    }
    chosen.push_back(*found);
    begin = end + 1;
  }
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

Tactics tactics_of(Level level) {
  const instance::Settings defaults;
  Tactics tactics;
  tactics.level = level;
  tactics.restart = level >= Level::kRestart;
  tactics.restart_after_ms = level == Level::kRestart ? kServiceManagerMs : defaults.tactics.restart_after_ms;
  tactics.detect_hangs = level >= Level::kCold;
  tactics.spares = level >= Level::kWarm ? defaults.services.spares : 0;
  tactics.retry = level >= Level::kMasked;
  tactics.hold_ms = level >= Level::kMasked ? defaults.failover.hold_ms : 0;
  return tactics;
}

instance::Settings settings_with(const Tactics& tactics, instance::Settings settings) {
  settings.services.spares = tactics.spares;
  settings.failover.hold_ms = tactics.hold_ms;
  settings.tactics = {tactics.restart, tactics.restart_after_ms, tactics.detect_hangs, tactics.retry};
  return settings;
}

}  // namespace sportapp::lab
