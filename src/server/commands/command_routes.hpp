// The routes of one service's commands, and the feed of its journal.
#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.hpp"
#include "base/loop.hpp"
#include "domain/domain.hpp"
#include "ha/hold/hold.hpp"
#include "net/http/message.hpp"
#include "net/http/router.hpp"
#include "net/messaging/event_source.hpp"
#include "net/messaging/seal.hpp"
#include "server/quarantine/quarantine.hpp"
#include "server/service/position_waiters.hpp"
#include "store/journal/journal.hpp"

namespace sportapp::commands {

// Loop thread only; must outlive the server's last answer.
class CommandRoutes {
 public:
  struct Options {
    int hold_ms = 5000;  // a command waits so long for a primary
    // Whether other nodes may take over: then a command that the journal cannot take at present waits, too.
    bool has_peers = false;
    hold::Hold::Limits hold{};
    // A command waits for events of `source`, so long at most.
    std::function<void(std::string_view source, std::int64_t for_ms)> on_wait{};
    std::function<void(Seq after)> on_feed_read{};  // with what comes next still there
    InstanceKey key{};                              // by which the feed's events are sealed
  };
  // `events`: for the feed. `forwarder`: to the primary. All that is given must outlive it.
  CommandRoutes(const domain::Domain& domain, journal::Journal& journal, messaging::EventSource& events,
                const Clock& clock, Loop& loop, http::Forwarder& forwarder,
                quarantine::Quarantine& quarantine, Options options);
  void add_to(http::Router& router);
  // The events of `source`, one of the domain's, are taken in up to `position`.
  void taken_in(std::string_view source, Seq position);
  // At first here. Commands are executed here, or given to the primary, or held until one of both is
  // possible.
  void primary_is(hold::PrimaryLocation primary);
  [[nodiscard]] const hold::PrimaryLocation& primary() const { return hold_.primary(); }
  [[nodiscard]] hold::HoldCounts hold_counts() const { return hold_.counts(); }

 private:
  struct Source {
    Source(Loop& loop, std::size_t waiters_max) : waiters(loop, waiters_max) {}
    Seq position;
    service::PositionWaiters waiters;
  };
  // A command that is executed here.
  struct Asked {
    hold::HeldPtr held{};  // its request, and where its answer goes
    journal::Submission submission;
    std::map<std::string, Seq, std::less<>> wishes{};  // positions of sources to be reached first
    std::int64_t wait_ms = 0;
    std::int64_t waits_until_ms = 0;
    std::string preference_applied{};
    int tries_left = 0;
  };
  using AskedPtr = std::shared_ptr<Asked>;

  using Read = std::variant<Asked, http::Response>;

  void command(const http::Request& request, const http::Reply& reply);
  [[nodiscard]] Read read(const http::Request& request) const;
  [[nodiscard]] std::optional<http::Response> read_wishes(const http::Request& request, Asked& asked) const;
  void admit(hold::HeldPtr held);
  void try_apart(hold::HeldPtr held);
  void execute(hold::HeldPtr held);
  void await(AskedPtr asked);
  void submit(AskedPtr asked);
  void ended(const AskedPtr& asked, journal::Outcome outcome);
  [[nodiscard]] bool is_to_be_held(const journal::Outcome& outcome) const;
  [[nodiscard]] bool tries_again(const AskedPtr& asked, const journal::Outcome& outcome);
  [[nodiscard]] http::Response feed(const http::Request& request);
  [[nodiscard]] http::Response feed_hash(const http::Request& request);

  const domain::Domain& domain_;
  journal::Journal& journal_;
  messaging::EventSource& events_;
  const Clock& clock_;
  Loop& loop_;
  quarantine::Quarantine& quarantine_;
  const Options options_;
  const std::string service_;
  const messaging::Seal seal_;
  std::map<std::string, Source, std::less<>> sources_;
  std::size_t early_ = 0;       // commands that wait for another try
  std::uint64_t arrivals_ = 0;  // commands so far
  hold::Hold hold_;
};

}  // namespace sportapp::commands
