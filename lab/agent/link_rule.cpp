#include "lab/agent/link_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sportapp::lab {
namespace {

constexpr std::array<std::string_view, 6> kVerbs{"pass", "drop", "stall", "delay", "limit", "close"};
constexpr std::array<std::string_view, 3> kDirections{"there", "back", "both"};

template <class Enum>
std::optional<Enum> chosen(const auto& texts, std::string_view text) {
  const auto found = std::find(texts.begin(), texts.end(), text);
  if (found == texts.end()) return std::nullopt;
  return static_cast<Enum>(found - texts.begin());
}

}  // namespace

std::string_view to_string(LinkAction action) {
  return kVerbs.at(static_cast<std::size_t>(action));
}

std::string_view to_string(Direction direction) {
  return kDirections.at(static_cast<std::size_t>(direction));
}

std::optional<LinkAction> link_action(std::string_view text) {
  return chosen<LinkAction>(kVerbs, text);
}

std::optional<Direction> direction(std::string_view text) {
  return chosen<Direction>(kDirections, text);
}

std::string describe(const LinkRule& rule) {
  switch (rule.action) {
    case LinkAction::kPass:
      return "passed";
    case LinkAction::kDrop:
      return "dropped";
    case LinkAction::kStall:
      return "stalled";
    case LinkAction::kDelay:
      return fmt::format("{} ms late", rule.delay_ms);
    case LinkAction::kLimit:
      return fmt::format("limited to {} bytes/s", rule.bytes_per_s);
    case LinkAction::kClose:
      return "closed";
  }
  return {};
}

}  // namespace sportapp::lab
