// What a commands process does about entries that are old: deletes them by policy, but none that somebody
// still needs, and gives what became of them to read models that are recreated.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "ha/replication/replica.hpp"
#include "net/http/router.hpp"
#include "net/messaging/relay.hpp"
#include "server/commands/base_routes.hpp"
#include "server/commands/feed_hold.hpp"
#include "store/retention/retention.hpp"

namespace sportapp::commands {

class EntryRetention {
 public:
  // Of this node's present role; any thread.
  struct Needs {
    std::function<std::optional<messaging::RelayStatus>()> relay;        // none: it publishes nothing
    std::function<std::vector<replication::Replica::PeerView>()> peers;  // as primary
    std::function<const hold::PrimaryLocation&()> primary;               // loop thread
  };
  // All must outlive it; destroyed when the loop has ended.
  EntryRetention(std::filesystem::path journal_file, retention::RetentionPolicy policy,
                 journal::Journal& journal, const domain::Projection& projection, const Clock& clock,
                 Loop& loop, Needs needs);

  void add_to(http::Router& router) { routes_.add_to(router); }
  [[nodiscard]] std::string trouble() const { return retention_.trouble(); }
  // Somebody reads the feed.
  void feed_asked(Seq after) { feed_.asked(after, clock_.monotonic_ms()); }

 private:
  [[nodiscard]] std::optional<Seq> needed_after();

  const Clock& clock_;
  const Needs needs_;
  FeedHold feed_;
  BaseRoutes routes_;
  retention::Retention retention_;  // last: its thread asks the rest
};

// Up to where what these need lets entries go; nothing: they need none.
[[nodiscard]] std::optional<Seq> needed_by(const std::vector<replication::Replica::PeerView>& peers);

}  // namespace sportapp::commands
