#include "lab/healer/treatment.hpp"

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

std::string_view to_string(Verb verb) {
  return kVerbs.at(static_cast<std::size_t>(verb));
}

std::string_view to_string(Direction direction) {
  return kDirections.at(static_cast<std::size_t>(direction));
}

std::optional<Verb> verb(std::string_view text) {
  return chosen<Verb>(kVerbs, text);
}

std::optional<Direction> direction(std::string_view text) {
  return chosen<Direction>(kDirections, text);
}

std::string describe(const Treatment& treatment) {
  switch (treatment.verb) {
    case Verb::kPass:
      return "passed";
    case Verb::kDrop:
      return "dropped";
    case Verb::kStall:
      return "stalled";
    case Verb::kDelay:
      return fmt::format("{} ms late", treatment.delay_ms);
    case Verb::kLimit:
      return fmt::format("limited to {} bytes/s", treatment.bytes_per_s);
    case Verb::kClose:
      return "closed";
  }
  return {};
}

}  // namespace sportapp::lab
