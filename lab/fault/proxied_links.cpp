#include "lab/fault/proxied_links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "ops/instance/detours.hpp"

namespace sportapp::lab {
namespace {

using instance::Kind;
using instance::Member;

// The processes that an end of a link may ever mean: `users.primary` any node of users.
std::vector<const Member*> candidates(const std::vector<Member>& members, const std::string& end) {
  const auto dot = end.find('.');
  const auto service = end.substr(0, dot);
  const auto role = dot == std::string::npos ? "" : end.substr(dot + 1);
  std::vector<const Member*> found;
  for (const auto& member : members) {
    if (role.empty() ? member.name != service : member.service != service) continue;
    const bool queries = role.starts_with("queries");
    if (!role.empty() && member.kind != (queries ? Kind::kQueries : Kind::kCommands)) continue;
    if (role.size() == 1 && member.node != role) continue;
    found.push_back(&member);
  }
  return found;
}

// Whether the one dials the other on a link that can be led through a proxy.
bool dials(const Member& one, const Member& other) {
  if (&one == &other) return false;
  if (other.kind == Kind::kRedis) return instance::is_service(one.kind);
  if (other.kind != Kind::kCommands) return false;
  return one.kind == Kind::kMonitor || (one.kind == Kind::kCommands && one.service == other.service);
}

void add_once(std::vector<ProxiedLink>& links, const Member& one, const Member& other) {
  if (!dials(one, other)) return;
  const bool known = std::any_of(links.begin(), links.end(), [&](const ProxiedLink& link) {
    return link.dials == one.name && link.listens == other.name;
  });
  if (!known) links.push_back({one.name, other.name, 0});
}

Result<std::vector<ProxiedLink>> wanted_ways(const std::vector<FaultPlan>& schedule,
                                             const std::vector<Member>& members) {
  std::vector<ProxiedLink> links;
  for (const auto& plan : schedule) {
    if (plan.kind != FaultKind::kCut) continue;
    for (const auto& part : parts_of(plan.target)) {
      const auto ends = ends_of(part);
      if (!ends) return ends.error();
      const auto before = links;
      std::vector<ProxiedLink> own;
      for (const auto* one : candidates(members, ends->one)) {
        for (const auto* other : candidates(members, ends->other)) {
          add_once(own, *one, *other);
          add_once(own, *other, *one);
          add_once(links, *one, *other);
          add_once(links, *other, *one);
        }
      }
      if (own.empty()) {
        return Error{
            Retry::kNever,
            fmt::format("fault {}: no link goes between {} and {}; there are links between the nodes "
                        "of a service, from monitor to them, and from services to redis",
                        plan.number, ends->one, ends->other)};
      }
    }
  }
  return links;
}

LinkTarget target_of(const instance::Layout& layout, const ProxiedLink& link) {
  // As DATA/run/ports.json calls the port that listens.
  return PortInFile{layout.ports_file(), link.listens == "redis" ? link.listens : link.listens + ".link"};
}

}  // namespace

Result<ProxiedLinks> ProxiedLinks::open(FaultAgent& agent, const instance::Layout& layout,
                                        const std::vector<FaultPlan>& schedule,
                                        const std::vector<Member>& members) {
  ProxiedLinks opened;
  std::error_code error;
  std::filesystem::create_directories(layout.run(), error);
  std::filesystem::remove(layout.detours_file(), error);
  auto wanted = wanted_ways(schedule, members);
  if (!wanted) return wanted.error();
  if (wanted->empty()) return opened;
  opened.links_ = std::move(*wanted);
  std::vector<LinkTarget> targets;
  for (const auto& link : opened.links_) targets.push_back(target_of(layout, link));
  const auto ports = agent.open_links(targets);
  if (!ports) return ports.error();
  instance::Detours detours;
  for (std::size_t at = 0; at < opened.links_.size(); ++at) {
    auto& link = opened.links_[at];
    link.port = ports->at(at);
    detours.add(link.dials, link.listens, link.port);
  }
  if (auto written = detours.write(layout); !written) return written.error();
  return opened;
}

Result<std::vector<ProxiedLink>> ProxiedLinks::between(std::string_view one, std::string_view other) const {
  std::vector<ProxiedLink> found;
  std::copy_if(links_.begin(), links_.end(), std::back_inserter(found), [&](const ProxiedLink& link) {
    return (link.dials == one && link.listens == other) || (link.dials == other && link.listens == one);
  });
  if (!found.empty()) return found;
  return Error{Retry::kNever, fmt::format("the link between {} and {} goes through no proxy", one, other)};
}

}  // namespace sportapp::lab
