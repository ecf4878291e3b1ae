#include "sim/node_links.hpp"

#include <algorithm>
#include <utility>

#include "ha/failover/report.hpp"
#include "ha/replication/message.hpp"

namespace sportapp::simulator {
namespace {

constexpr Us kRedial = 20 * kMs;

link::ConnectionId id_of(LinkId link) {
  return link::ConnectionId{static_cast<std::int64_t>(link)};
}

}  // namespace

void NodeLinks::accepted(LinkId link, const std::string& from, Purpose purpose) {
  connections_[link] = {purpose, from, false};
  handler_.on_up(id_of(link), from, false);
}

void NodeLinks::dialled(const std::string& to, std::optional<LinkId> link) {
  dialling_.erase(to);
  if (!dials_.contains(to)) {
    if (link) network_.hang_up(*link, host_);
    return;
  }
  if (!link) return redial(to, kRedial);
  connections_[*link] = {Purpose::kReplication, to, true};
  handler_.on_up(id_of(*link), to, true);
}

void NodeLinks::received(LinkId link, const std::string& bytes) {
  const auto found = connections_.find(link);
  if (found == connections_.end()) return;
  const bool is_ping = found->second.purpose == Purpose::kPing;
  handler_.on_frame(id_of(link), {is_ping ? failover::kPingFrame : replication::kMessageFrame, bytes});
}

void NodeLinks::broken(LinkId link) {
  const auto found = connections_.find(link);
  if (found == connections_.end()) return;
  const auto gone = found->second;
  connections_.erase(found);
  if (gone.dialled) redial(gone.other, kRedial);
  handler_.on_down(id_of(link));
}

void NodeLinks::dial(const std::string& name, const std::string&, std::uint16_t) {
  dials_.insert(name);
  redial(name, 0);
}

// One link at a time.
void NodeLinks::redial(const std::string& name, Us delay) {
  host_.process().after(delay, [this, name] {
    const bool is_there = std::any_of(connections_.begin(), connections_.end(), [&](const auto& one) {
      return one.second.dialled && one.second.other == name;
    });
    if (is_there || !dials_.contains(name) || !dialling_.insert(name).second) return;
    network_.dial(host_, name, Purpose::kReplication);
  });
}

void NodeLinks::hang_up(const std::string& name) {
  dials_.erase(name);
  const auto found = std::find_if(connections_.begin(), connections_.end(), [&](const auto& one) {
    return one.second.dialled && one.second.other == name;
  });
  if (found == connections_.end()) return;
  network_.hang_up(found->first, host_);
  connections_.erase(found);
}

bool NodeLinks::send(link::ConnectionId connection, const link::Frame& frame) {
  const auto link = static_cast<LinkId>(connection.value);
  if (!connections_.contains(link)) return false;
  network_.send(link, host_, frame.payload);
  return true;
}

void NodeLinks::close(link::ConnectionId connection) {
  const auto found = connections_.find(static_cast<LinkId>(connection.value));
  if (found == connections_.end()) return;
  const auto closed = found->second;
  network_.hang_up(found->first, host_);
  connections_.erase(found);
  if (closed.dialled) redial(closed.other, kRedial);
}

}  // namespace sportapp::simulator
