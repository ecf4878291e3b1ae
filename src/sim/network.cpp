#include "sim/network.hpp"

#include <algorithm>
#include <utility>

namespace sportapp::simulator {
namespace {

constexpr Us kDialTimeout = 200 * kMs;

}  // namespace

Network::Network(Timeline& timeline, Random& random, Trace& trace)
    : timeline_(timeline), random_(random), trace_(trace) {}

void Network::join(Host& host) {
  hosts_[host.name()] = &host;
}

void Network::dial(Host& from, const std::string& to_name, Purpose purpose) {
  auto& to = *hosts_.at(to_name);
  const bool reachable = !is_cut(from, to) && !is_cut(to, from);
  from.process().after(reachable ? delay() : kDialTimeout, [this, &from, &to, purpose] {
    if (!to.process().up() || is_cut(from, to) || is_cut(to, from)) {
      from.dialled(to.name(), purpose, std::nullopt);
      return;
    }
    const auto id = ++last_;
    links_[id] =
        Link{purpose, {&from, &to}, {from.process().run(), to.process().run()}, {true, true}, {}, {}};
    to.process().after(0, [&from, &to, id, purpose] { to.accepted(id, from.name(), purpose); });
    from.dialled(to.name(), purpose, id);
  });
}

void Network::send(LinkId id, const Host& from, std::string bytes) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  auto& link = found->second;
  const auto end = end_of(link, from);
  if (!link.open[end]) return;
  if (link.purpose == Purpose::kPing && random_.percent(delays_.lost_percent)) return;
  const int times = link.purpose == Purpose::kPing && random_.percent(delays_.repeated_percent) ? 2 : 1;
  for (int i = 0; i < times; ++i) pass(id, link, 1 - end, bytes);
}

void Network::pass(LinkId id, Link& link, std::size_t to, std::optional<std::string> bytes) {
  if (is_cut(*link.ends[1 - to], *link.ends[to])) {
    link.stalled[to].push_back(std::move(bytes));
    return;
  }
  const auto now = timeline_.now_us();
  auto at = now + delay();
  const bool reordered =
      bytes && link.purpose == Purpose::kPing && random_.percent(delays_.reordered_percent);
  if (reordered) {
    at += random_.between(0, 100 * kMs);
  } else {
    at = link.last[to] = std::max(at, link.last[to] + 1);
  }
  deliver(id, to, at - now, std::move(bytes));
}

void Network::deliver(LinkId id, std::size_t to, Us delay, std::optional<std::string> bytes) {
  auto& link = links_.at(id);
  if (link.ends[to]->process().run() != link.runs[to]) return;
  link.ends[to]->process().after(delay, [this, id, to, bytes = std::move(bytes)] { arrive(id, to, bytes); });
}

void Network::arrive(LinkId id, std::size_t to, const std::optional<std::string>& bytes) {
  const auto found = links_.find(id);
  if (found == links_.end() || !found->second.open[to]) return;
  auto& host = *found->second.ends[to];
  if (bytes) {
    host.received(id, *bytes);
    return;
  }
  close(id, to);
  host.broken(id);
}

void Network::hang_up(LinkId id, const Host& by) {
  const auto found = links_.find(id);
  if (found == links_.end()) return;
  auto& link = found->second;
  const auto end = end_of(link, by);
  if (!link.open[end]) return;
  pass(id, link, 1 - end, std::nullopt);
  close(id, end);
}

void Network::ended(const Host& host) {
  std::vector<LinkId> its;
  for (const auto& [id, link] : links_) {
    if (link.ends[0] == &host || link.ends[1] == &host) its.push_back(id);
  }
  for (const auto id : its) hang_up(id, host);
}

void Network::close(LinkId id, std::size_t end) {
  auto& link = links_.at(id);
  link.open[end] = false;
  if (!link.open[1 - end]) links_.erase(id);
}

void Network::cut(const std::string& from, const std::string& to) {
  trace_("network", "nothing goes from {} to {} any more", from, to);
  cuts_.emplace(from, to);
}

void Network::heal() {
  trace_("network", "everything is connected again");
  cuts_.clear();
  std::vector<LinkId> all;
  for (const auto& [id, link] : links_) all.push_back(id);
  for (const auto id : all) {
    for (std::size_t to = 0; to < 2; ++to) {
      const auto waiting = std::exchange(links_.at(id).stalled[to], {});
      for (const auto& bytes : waiting) pass(id, links_.at(id), to, bytes);
    }
  }
}

// As a switch that restarts does: both ends learn of it, each in its own time.
void Network::break_links(const std::string& one, const std::string& other) {
  trace_("network", "connections between {} and {} break", one, other);
  for (auto& [id, link] : links_) {
    const auto& from = link.ends[0]->name();
    const auto& to = link.ends[1]->name();
    if (!(from == one && to == other) && !(from == other && to == one)) continue;
    for (std::size_t end = 0; end < 2; ++end) {
      // What is on its way may come before the end, or not at all.
      const auto wait = random_.coin() ? 0 : std::max<Us>(0, link.last[end] - timeline_.now_us());
      deliver(id, end, wait + random_.below(500), std::nullopt);
    }
  }
}

Us Network::delay() {
  return random_.between(delays_.least, delays_.most);
}

bool Network::is_cut(const Host& from, const Host& to) const {
  return cuts_.contains({from.name(), to.name()});
}

}  // namespace sportapp::simulator
