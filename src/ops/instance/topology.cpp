#include "ops/instance/topology.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace sportapp::instance {
namespace {

namespace fs = std::filesystem;

Member member(const std::string& service, Kind kind, const std::string& node) {
  const std::string side = kind == Kind::kCommands ? "commands" : "queries";
  return {fmt::format("{}-{}-{}", service, side, node), kind, service, side, node,
          fmt::format("{}-{}", service, side)};
}

bool is_executable(const fs::path& file) {
  std::error_code hidden;  // whose folder may not be searched is none
  return fs::is_regular_file(file, hidden) && ::access(file.c_str(), X_OK) == 0;
}

std::string package_of(const std::string& program) {
  if (program == "nginx") return "nginx-light";
  if (program == "redis-server") return "redis-server";
  return {};
}

}  // namespace

std::vector<Member> topology(const std::vector<std::string>& of_services, int spares) {
  std::vector<Member> members{{"redis", Kind::kRedis, "", "", "", "redis-server"}};
  for (const auto& service : of_services) {
    for (char node = 'a'; node <= 'a' + spares; ++node) {
      members.push_back(member(service, Kind::kCommands, std::string(1, node)));
    }
    members.push_back(member(service, Kind::kQueries, "1"));
    members.push_back(member(service, Kind::kQueries, "2"));
  }
  members.push_back({"monitor", Kind::kMonitor, "", "", "", "monitor"});
  members.push_back({"gateway", Kind::kGateway, "", "", "", "nginx"});
  return members;
}

std::vector<Member> members_of(const std::vector<Member>& members, std::string_view service, Kind kind) {
  std::vector<Member> found;
  std::copy_if(members.begin(), members.end(), std::back_inserter(found),
               [&](const Member& one) { return one.service == service && one.kind == kind; });
  return found;
}

const Member& member_of(const std::vector<Member>& members, Kind kind) {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& one) { return one.kind == kind; });
  if (found == members.end()) throw std::logic_error("topology without a member of a kind it must have");
  return *found;
}

Result<fs::path> find_program(const std::string& program, bool lab) {
  const auto package = package_of(program);
  if (package.empty()) {
    const auto folder = fs::read_symlink("/proc/self/exe").parent_path();
    if (lab && is_executable(folder / "lab" / program)) return folder / "lab" / program;
    const auto beside = folder / program;
    if (is_executable(beside)) return beside;
    return Error{Retry::kNever, fmt::format("{} is missing; build it: ./sportapp up does", beside.string())};
  }
  const char* path = std::getenv("PATH");
  std::istringstream folders(std::string(path == nullptr ? "" : path) +
                             ":/usr/sbin:/usr/bin:/usr/local/sbin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty() && is_executable(fs::path(folder) / program)) return fs::path(folder) / program;
  }
  return Error{Retry::kNever, fmt::format("{0} is not installed; run: apt-get install -y "
                                          "--no-install-recommends {1}",
                                          program, package)};
}

}  // namespace sportapp::instance
