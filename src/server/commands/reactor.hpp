#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "domain/domain.hpp"
#include "net/messaging/consumer.hpp"
#include "store/journal/journal.hpp"
#include "store/retention/retention_policy.hpp"

namespace sportapp::commands {

// Takes in the events of the services that a domain follows, each on a thread of its own.
class Reactor {
 public:
  struct Source {
    std::string service;
    std::function<std::unique_ptr<messaging::EventSource>()> make_feed;
  };
  struct Options {
    messaging::RedisAddress redis;
    std::vector<Source> sources;  // those of the domain
    // On the source's thread: its events up to `position` are taken in.
    std::function<void(std::string_view source, Seq position)> on_position;
    retention::RetentionPolicy policy{};  // of the sources' journals
    InstanceKey key{};                    // by which their events are sealed
  };
  // `domain` is with_set_aside; it and the journal must outlive the reactor.
  Reactor(Options options, const domain::Domain& domain, journal::Journal& journal);
  ~Reactor();  // stops within a second or two

  // Somebody waits for events of `source`, one of the sources, for so long. Any thread.
  void hurry(std::string_view source, std::int64_t for_ms);
  // In the order of the sources; any thread.
  [[nodiscard]] std::vector<messaging::ConsumerStatus> status() const;

 private:
  struct Following;
  std::vector<std::unique_ptr<Following>> following_;
};

// What only a person can help, of the consumer of `source`; or empty.
[[nodiscard]] std::string trouble_of(std::string_view source, const messaging::ConsumerStatus& status);

}  // namespace sportapp::commands
