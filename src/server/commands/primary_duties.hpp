// What only a primary does beside deciding: publishes the events of its journal, and takes in those of the
// services that its domain follows.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "net/messaging/relay.hpp"
#include "server/commands/reactor.hpp"
#include "store/journal/journal.hpp"

namespace sportapp::commands {

// The last entry that counts: a primary committed it, here, after every node in sync had it. A spare's
// journal may hold more, which may come to nothing.
using Committed = std::atomic<std::int64_t>;

class PrimaryDuties {
 public:
  struct Options {
    messaging::Relay::Options relay;
    Reactor::Options reactor;
    std::shared_ptr<const Committed> committed;
  };
  // `domain` and `journal` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<PrimaryDuties>> begin(Options options,
                                                                    const domain::Domain& domain,
                                                                    journal::Journal& journal);

  void committed(std::vector<domain::CommittedEvent> events);  // any thread
  [[nodiscard]] messaging::RelayStatus relay() const;          // any thread
  void hurry(std::string_view source, std::int64_t for_ms);    // as Reactor says
  // In the order of the domain's sources; any thread.
  [[nodiscard]] std::vector<messaging::ConsumerStatus> reactor() const;

 private:
  PrimaryDuties(Options options, std::unique_ptr<messaging::JournalEvents> events,
                const domain::Domain& domain, journal::Journal& journal);
  messaging::Relay relay_;
  Reactor reactor_;
};

}  // namespace sportapp::commands
