// What a proxied link does with the bytes that go over it, each direction by itself.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sportapp::lab {

enum class LinkAction : std::uint8_t {
  kPass,
  kDrop,   // swallowed; a connection that lost something is cut when the link passes again
  kStall,  // kept back until the link passes again
  kDelay,  // passes delay_ms late
  kLimit,  // passes at bytes_per_s, of all connections together
  kClose,  // the receiver sees the end of the stream; both directions: connections break, new ones are
           // refused
};

enum class Direction : std::uint8_t { kThere, kBack, kBoth };  // there: from who dials to who listens

struct LinkRule {
  LinkAction action = LinkAction::kPass;
  std::int64_t delay_ms = 0;
  std::int64_t bytes_per_s = 0;
  bool operator==(const LinkRule&) const = default;
};

// pass drop stall delay limit close; there back both
[[nodiscard]] std::string_view to_string(LinkAction action);
[[nodiscard]] std::string_view to_string(Direction direction);
[[nodiscard]] std::optional<LinkAction> link_action(std::string_view text);
[[nodiscard]] std::optional<Direction> direction(std::string_view text);

// "50 ms late", "dropped"
[[nodiscard]] std::string describe(const LinkRule& rule);

}  // namespace sportapp::lab
