#include "lab/judge/outages.hpp"

#include <algorithm>
#include <string>

namespace sportapp::lab {
namespace {

// What struck just before the load ended had no time to be over.
constexpr std::int64_t kLongEnoughUs = 1'000'000;

using Lists = std::vector<const std::vector<Acknowledged>*>;

// What may answer after that fault.
Lists lists_for(const Acknowledgements& acknowledgements, const std::string& target) {
  const auto services = services_in(target);
  const auto of = [&](const auto& by_service) {
    Lists lists;
    for (const auto& [service, list] : by_service) {
      const bool struck =
          services.empty() || std::find(services.begin(), services.end(), service) != services.end();
      if (struck && !list.empty()) lists.push_back(&list);
    }
    return lists;
  };
  if (is_of_queries(target)) return of(acknowledgements.reads);
  auto commands = of(acknowledgements.commands);
  return commands.empty() ? of(acknowledgements.reads) : commands;
}

Outage outage(const Lists& lists, const Strikes& strikes, std::size_t index, std::int64_t duration_us) {
  const auto& fault = strikes.all()[index];
  Outage found{.fault = fault.number, .kind = fault.kind, .first_acknowledged_us = {}};
  const auto next_us = strikes.until_us(index, duration_us);
  const auto watched_until_us = fault.at_us + kWatchedUs;
  std::vector<std::int64_t> times{fault.at_us};
  std::int64_t first_us = watched_until_us;
  for (const auto* list : lists) {
    auto one = std::upper_bound(
        list->begin(), list->end(), fault.at_us,
        [](std::int64_t time, const Acknowledged& other) { return time < other.answered_us; });
    for (; one != list->end() && one->answered_us < watched_until_us; ++one) {
      if (one->answered_us <= next_us) times.push_back(one->answered_us);
      if (one->sent_us() > fault.at_us) first_us = std::min(first_us, one->answered_us);
      if (one->answered_us > next_us && first_us < watched_until_us) break;
    }
  }
  if (first_us < watched_until_us) found.first_acknowledged_us = first_us - fault.at_us;
  found.watched_us = std::min(watched_until_us, std::max(duration_us, fault.at_us)) - fault.at_us;
  std::sort(times.begin(), times.end());
  times.push_back(std::max(next_us, times.back()));
  for (std::size_t i = 1; i < times.size(); ++i)
    found.silence_us = std::max(found.silence_us, times[i] - times[i - 1]);
  return found;
}

}  // namespace

std::vector<Outage> outages(const Acknowledgements& acknowledgements, const Strikes& strikes,
                            std::int64_t duration_us) {
  std::vector<Outage> found;
  for (std::size_t index = 0; index < strikes.all().size(); ++index) {
    const auto& fault = strikes.all()[index];
    const auto lists = lists_for(acknowledgements, fault.target);
    if (lists.empty() || fault.at_us >= duration_us) continue;
    const auto one = outage(lists, strikes, index, duration_us);
    if (one.first_acknowledged_us || one.watched_us >= kLongEnoughUs) found.push_back(one);
  }
  return found;
}

}  // namespace sportapp::lab
