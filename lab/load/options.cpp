#include "lab/load/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace sportapp::lab {
namespace {

constexpr std::size_t kPrefixMax = 20;  // with client and count a name stays below 50
constexpr std::string_view kPrefixLetters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";  // as JSON and HTTP need no escape
constexpr int kCountMax = 1'000'000;
constexpr double kRateMax = 100'000;
constexpr std::int64_t kMsMax = 3'600'000;

Result<void> between(std::string_view name, double value, double least, double most) {
  if (value >= least && value <= most) return {};
  return Error{Retry::kNever, fmt::format("{} is {}; it must be {} to {}", name, value, least, most)};
}

}  // namespace

Result<void> checked(const LoadOptions& options) {
  if (options.prefix.empty() || options.prefix.size() > kPrefixMax ||
      options.prefix.find_first_not_of(kPrefixLetters) != std::string::npos) {
    return Error{Retry::kNever,
                 fmt::format("the prefix '{}' must be 1 to {} letters, digits, '-', '_' or '.'",
                             options.prefix, kPrefixMax)};
  }
  const auto& mix = options.mix;
  const auto weights = {mix.registers, mix.reads, mix.list_reads, mix.products, mix.orders};
  if (std::max(weights) == 0)
    return Error{Retry::kNever, "nothing is in the mix: one weight must be above 0"};
  for (const int weight : weights) {
    if (auto good = between("a weight of the mix", weight, 0, kCountMax); !good) return good;
  }
  struct {
    std::string_view name;
    double value, least, most;
  } const numbers[] = {{"port", double(options.port), 1, 65'535},
                       {"clients", double(options.clients), 1, kCountMax},
                       {"think_ms", double(options.think_ms), 0, kMsMax},
                       {"rate_per_s", options.rate_per_s, 0, kRateMax},
                       {"connections_max", double(options.connections_max), 1, kCountMax},
                       {"waiting_max", double(options.waiting_max), 0, kCountMax},
                       {"timeout_ms", double(options.timeout_ms), 1, kMsMax},
                       {"read_wait_s", double(options.read_wait_s), 0, 20}};
  for (const auto& [name, value, least, most] : numbers) {
    if (auto good = between(name, value, least, most); !good) return good;
  }
  return {};
}

}  // namespace sportapp::lab
