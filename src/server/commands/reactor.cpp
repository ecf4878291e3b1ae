#include "server/commands/reactor.hpp"

#include <fmt/format.h>

#include <utility>

#include "server/commands/intake.hpp"

namespace sportapp::commands {

struct Reactor::Following {
  Following(const Options& options, const Source& source, const domain::Domain& domain,
            journal::Journal& journal)
      : service(source.service),
        intake(
            source.service, domain, journal,
            [told = options.on_position, name = source.service](Seq position) {
              if (told) told(name, position);
            },
            options.policy),
        consumer({.redis = options.redis,
                  .seal = messaging::Seal(source.service, options.key),
                  .only_confirmed = true,
                  .gather_ms = domain.gather_ms(source.service)},
                 source.make_feed(), intake) {}

  const std::string service;
  Intake intake;
  messaging::Consumer consumer;  // ends before what it writes to
};

Reactor::Reactor(Options options, const domain::Domain& domain, journal::Journal& journal) {
  for (const auto& source : options.sources) {
    following_.push_back(std::make_unique<Following>(options, source, domain, journal));
  }
}
Reactor::~Reactor() = default;

void Reactor::hurry(std::string_view source, std::int64_t for_ms) {
  for (const auto& one : following_) {
    if (one->service == source) one->consumer.hurry(for_ms);
  }
}

std::vector<messaging::ConsumerStatus> Reactor::status() const {
  std::vector<messaging::ConsumerStatus> statuses;
  for (const auto& one : following_) statuses.push_back(one->consumer.status());
  return statuses;
}

std::string trouble_of(std::string_view source, const messaging::ConsumerStatus& status) {
  if (!status.other_history.empty()) {
    return fmt::format(
        "nothing more of {} is taken in, since {}: that journal was replaced by an older or another "
        "one; what to do: docs/streams.md",
        source, status.other_history);
  }
  if (status.gone.empty()) return {};
  return fmt::format(
      "events of {} from {} on can no longer be taken in, since they were deleted there before "
      "({}); what to do: docs/retention.md",
      source, status.position.next().value, status.gone);
}

}  // namespace sportapp::commands
