#include "commands/reactor.hpp"

#include <utility>

#include "commands/intake.hpp"

namespace sportapp::commands {

struct Reactor::Following {
  Following(const Options& options, const Source& source, const domain::Domain& domain,
            journal::Journal& journal)
      : intake(
            source.service, domain, journal,
            [told = options.on_position, name = source.service](Seq position) {
              if (told) told(name, position);
            },
            options.policy),
        consumer({.redis = options.redis, .stream = source.service}, source.make_feed(), intake) {}

  Intake intake;
  messaging::Consumer consumer;  // ends before what it writes to
};

Reactor::Reactor(Options options, const domain::Domain& domain, journal::Journal& journal) {
  for (const auto& source : options.sources) {
    following_.push_back(std::make_unique<Following>(options, source, domain, journal));
  }
}
Reactor::~Reactor() = default;

std::vector<messaging::ConsumerStatus> Reactor::status() const {
  std::vector<messaging::ConsumerStatus> statuses;
  for (const auto& one : following_) statuses.push_back(one->consumer.status());
  return statuses;
}

}  // namespace sportapp::commands
