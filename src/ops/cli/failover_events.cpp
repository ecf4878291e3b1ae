#include "ops/cli/failover_events.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <ctime>

#include "ops/instance/internal_client.hpp"
#include "ops/supervisor/failover_view.hpp"

namespace sportapp::cli {
namespace {

namespace json = boost::json;
constexpr int kFailoverEventsAnswerMs = 2000;
constexpr int kFollowMs = 300;
constexpr int kGoneTimes = 40;  // so many times in a row the monitor may not answer while it is followed

std::string line_of(const json::object& event) {
  const auto text = [&event](const char* name) { return std::string(event.at(name).as_string()); };
  const auto time_ms = event.at("time_ms").to_number<std::int64_t>();
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}  {:<9} {:<5} epoch {:<5} {}: {}",
                     fmt::localtime(static_cast<std::time_t>(time_ms / 1000)), time_ms % 1000,
                     text("service"), text("rule"), event.at("epoch").to_number<std::int64_t>(), text("what"),
                     text("cause"));
}

}  // namespace

Result<std::int64_t> FailoverEvents::show_after(std::int64_t number, std::size_t most) const {
  const auto* monitor = supervisor::find_process(instance_, "monitor");
  if (monitor == nullptr) return Error{Retry::kNever, "the instance has no monitor"};
  instance::InternalClient client(instance_, *monitor, kFailoverEventsAnswerMs);
  std::vector<json::value> events;
  try {
    for (;;) {
      const auto answer = client.get(fmt::format("/internal/events?after={}", number));
      if (!answer) return Error{Retry::kLater, "the monitor cannot be asked: " + answer.error().what};
      if (answer->status == 404) return number;  // no service has a spare: nothing is decided
      const auto said = json::parse(answer->body);
      const auto& some = said.at("events").as_array();
      if (some.empty()) break;
      events.insert(events.end(), some.begin(), some.end());
      number = some.back().at("number").to_number<std::int64_t>();
    }
    const auto skipped = events.size() > most ? events.size() - most : 0;
    for (auto at = skipped; at < events.size(); ++at) {
      fmt::print("{}\n", json_ ? json::serialize(events[at]) : line_of(events[at].as_object()));
    }
    std::fflush(stdout);
  } catch (const std::exception& failed) {
    return Error{Retry::kNever, fmt::format("the monitor's answer is not understood: {}", failed.what())};
  }
  return number;
}

Result<void> FailoverEvents::show(std::size_t last, bool follow) const {
  auto seen = show_after(0, last);
  if (!seen) return seen.error();
  auto number = *seen;
  for (int failures = 0; follow; ::usleep(kFollowMs * 1000)) {
    seen = show_after(number, SIZE_MAX);
    failures = seen ? 0 : failures + 1;
    if (seen) number = *seen;
    if (failures > kGoneTimes) return seen.error();
  }
  return {};
}

}  // namespace sportapp::cli
