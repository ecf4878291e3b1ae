#include "lab/fault/fault_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <utility>

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::array<std::string_view, 11> kKinds{"kill",       "stop",      "freeze",  "cut",
                                                  "slow_disk",  "full_disk", "squeeze", "poison",
                                                  "switchover", "rolling",   "command"};

json::object to_json(const InjectedFault& struck) {
  return {{"number", struck.number},
          {"kind", to_string(struck.kind)},
          {"target", struck.target},
          {"what", struck.what},
          {"at_us", struck.at_us},
          {"healed_us", struck.healed_us ? json::value(*struck.healed_us) : json::value(nullptr)}};
}

// Throws what boost::json throws, or std::invalid_argument.
InjectedFault struck_from(const json::object& object) {
  const auto kind = fault_kind(object.at("kind").as_string());
  if (!kind)
    throw std::invalid_argument(fmt::format("unknown kind '{}'", object.at("kind").as_string().c_str()));
  InjectedFault struck{
      object.at("number").to_number<int>(),         *kind,
      std::string(object.at("target").as_string()), std::string(object.at("what").as_string()),
      object.at("at_us").to_number<std::int64_t>(), std::nullopt};
  const auto& healed = object.at("healed_us");
  if (!healed.is_null()) struck.healed_us = healed.to_number<std::int64_t>();
  return struck;
}

}  // namespace

std::string_view to_string(FaultKind kind) {
  return kKinds.at(static_cast<std::size_t>(kind));
}

std::optional<FaultKind> fault_kind(std::string_view text) {
  const auto found = std::find(kKinds.begin(), kKinds.end(), text);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<FaultKind>(found - kKinds.begin());
}

Result<FaultLog> FaultLog::create(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) {
    return Error{Retry::kLater, fmt::format("cannot make {}: {}", file.string(), std::strerror(errno))};
  }
  return FaultLog(file, fd);
}

FaultLog::~FaultLog() {
  if (fd_ >= 0) ::close(fd_);
}

FaultLog::FaultLog(FaultLog&& other) noexcept
    : file_(std::move(other.file_)), fd_(std::exchange(other.fd_, -1)) {}

Result<void> FaultLog::add(const InjectedFault& struck) {
  const auto line = json::serialize(to_json(struck)) + "\n";
  if (::write(fd_, line.data(), line.size()) == static_cast<ssize_t>(line.size())) return {};
  return Error{Retry::kLater,
               fmt::format("cannot write {}: {}; look at its disk", file_.string(), std::strerror(errno))};
}

Result<std::vector<InjectedFault>> read_fault_log(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error{Retry::kNever, fmt::format("{} does not exist", file.string())};
  std::map<int, InjectedFault> by_number;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    try {
      auto struck = struck_from(json::parse(line).as_object());
      by_number[struck.number] = std::move(struck);
    } catch (const std::exception& wrong) {
      return Error{Retry::kNever,
                   fmt::format("{}:{}: is not a fault: {}", file.string(), number, wrong.what())};
    }
  }
  std::vector<InjectedFault> all;
  for (auto& [_, struck] : by_number) all.push_back(std::move(struck));
  return all;
}

}  // namespace sportapp::lab
