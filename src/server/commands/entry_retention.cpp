#include "server/commands/entry_retention.hpp"

#include <algorithm>
#include <utility>

namespace sportapp::commands {
namespace {

using replication::PeerState;

std::optional<Seq> least(std::optional<Seq> one, std::optional<Seq> other) {
  if (!one || (other && *other < *one)) return other;
  return one;
}

}  // namespace

// One that is away gets a copy when it is back: nobody knows when that is. One that is there shall not need
// another while it gets the first.
std::optional<Seq> needed_by(const std::vector<replication::Replica::PeerView>& peers) {
  std::optional<Seq> needed;
  for (const auto& peer : peers) {
    switch (peer.state) {
      case PeerState::kAway:
        break;
      case PeerState::kGreeting:
      case PeerState::kCopying:
        return Seq{};
      case PeerState::kStreaming:
        needed = least(needed, peer.acknowledged);
        break;
    }
  }
  return needed;
}

EntryRetention::EntryRetention(std::filesystem::path journal_file, retention::RetentionPolicy policy,
                               journal::Journal& journal, const domain::Projection& projection,
                               const Clock& clock, Loop& loop, Needs needs)
    : clock_(clock),
      needs_(std::move(needs)),
      routes_(journal_file, journal, clock, loop, needs_.primary),
      retention_({journal_file, policy, [this] { return needed_after(); }}, journal, projection, clock) {}

std::optional<Seq> EntryRetention::needed_after() {
  auto needed = least(needed_by(needs_.peers()), feed_.held_after(clock_.monotonic_ms()));
  needed = least(needed, routes_.held_after());
  // The last one published stays: by it the relay knows the stream as its own.
  if (const auto relay = needs_.relay()) {
    needed = least(needed, Seq{std::max<std::int64_t>(0, relay->published.value - 1)});
  }
  return needed;
}

}  // namespace sportapp::commands
