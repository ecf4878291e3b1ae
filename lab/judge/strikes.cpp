#include "lab/judge/strikes.hpp"

#include <algorithm>
#include <utility>

namespace sportapp::lab {
namespace {

constexpr std::string_view kQueries = "queries";

std::vector<std::string_view> parts_of(std::string_view text, char between) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(between);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

Strikes::Strikes(std::vector<InjectedFault> faults) : faults_(std::move(faults)) {
  std::stable_sort(faults_.begin(), faults_.end(),
                   [](const auto& a, const auto& b) { return a.at_us < b.at_us; });
}

const InjectedFault* Strikes::last_before(std::int64_t time_us) const {
  const auto after =
      std::upper_bound(faults_.begin(), faults_.end(), time_us,
                       [](std::int64_t time, const InjectedFault& fault) { return time < fault.at_us; });
  return after == faults_.begin() ? nullptr : &*std::prev(after);
}

std::int64_t Strikes::until_us(std::size_t index, std::int64_t end_us) const {
  auto until_us = std::min(faults_[index].at_us + kWatchedUs, std::max(end_us, faults_[index].at_us));
  if (index + 1 < faults_.size()) until_us = std::min(until_us, faults_[index + 1].at_us);
  return until_us;
}

std::vector<std::string> services_in(std::string_view target) {
  std::vector<std::string> found;
  for (const auto one : parts_of(target, '+')) {
    const auto dot = one.find('.');
    std::string service(one.substr(0, dot));
    if (dot != std::string_view::npos && std::find(found.begin(), found.end(), service) == found.end()) {
      found.push_back(std::move(service));
    }
  }
  return found;
}

bool is_of_queries(std::string_view target) {
  const auto parts = parts_of(target, '+');
  return std::all_of(parts.begin(), parts.end(), [](std::string_view one) {
    const auto dot = one.find('.');
    return dot != std::string_view::npos && one.substr(dot + 1).starts_with(kQueries);
  });
}

}  // namespace sportapp::lab
