#include "ha/watch/service_driver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sportapp::watch {

using failover::Monitor;

ServiceDriver::ServiceDriver(Monitor::Options options, failover::Record saved, std::int64_t suspicion_ms,
                             std::int64_t now_ms, Outside& outside)
    : core_(std::move(options), std::move(saved), now_ms),
      outside_(outside),
      next_ping_ms_(now_ms),
      fast_until_ms_(now_ms + kFastForMs) {
  for (const auto& node : core_.nodes()) peers_.emplace(node, Peer{.silence = Silence(suspicion_ms)});
}

void ServiceDriver::linked(std::int64_t now_ms, const std::string& node) {
  auto& peer = peers_.at(node);
  peer.linked = true;
  peer.answered_ms.reset();
  peer.suspicion.reset();
  peer.silence.begin(now_ms);
  fast_until_ms_ = now_ms + kFastForMs;
  outside_.send(node, core_.ping(node));
  settle(now_ms);
}

void ServiceDriver::unlinked(std::int64_t now_ms, const std::string& node, const std::string& why) {
  auto& peer = peers_.at(node);
  const bool was_linked = std::exchange(peer.linked, false);
  peer.suspicion.reset();
  // A node that is tried again and again in vain is news once only.
  if (!was_linked && core_.node(node).life == Monitor::Life::kLost) return;
  fast_until_ms_ = now_ms + kFastForMs;
  core_.lost(now_ms, node, why);
  settle(now_ms);
}

void ServiceDriver::answered(std::int64_t now_ms, const std::string& node, const failover::Echo& echo) {
  auto& peer = peers_.at(node);
  if (!peer.linked) return;
  peer.answered_ms = now_ms;
  peer.silence.heard(now_ms);
  if (std::exchange(peer.suspicion, std::nullopt)) ++counts_.false_alarms;
  core_.echoed(now_ms, node, echo);
  settle(now_ms);
}

void ServiceDriver::saved(std::int64_t now_ms, Epoch epoch) {
  core_.saved(now_ms, epoch);
  settle(now_ms);
}

void ServiceDriver::not_saved(std::int64_t now_ms, Epoch epoch) {
  save_again_ms_ = now_ms + kSaveAgainMs;
  core_.save_failed(now_ms, epoch);
  settle(now_ms);
}

void ServiceDriver::floor_noted(std::int64_t now_ms, bool on_disk) {
  noting_ = false;
  if (on_disk) return;
  noted_ = {};
  note_again_ms_ = now_ms + kNoteAgainMs;
}

void ServiceDriver::tick(std::int64_t now_ms, std::int64_t late_ms) {
  for (auto& [node, peer] : peers_) {
    if (late_ms > 0) peer.silence.woke_late(late_ms);
    look_who_is_silent(now_ms, node, peer);
  }
  core_.tick(now_ms);
  settle(now_ms);
  if (now_ms >= next_ping_ms_) ping_all(now_ms);
}

void ServiceDriver::look_who_is_silent(std::int64_t now_ms, const std::string& node, Peer& peer) {
  if (!peer.linked) return;
  if (!peer.suspicion && peer.silence.suspicious(now_ms)) suspect(now_ms, node, peer);
  // What never answered may be just starting.
  if (!peer.suspicion || !peer.answered_ms || now_ms < kill_due_ms(node, *peer.suspicion)) return;
  peer.suspicion->killed_ms = now_ms;
  outside_.kill(node, fmt::format("silent for {} ms", peer.silence.silent_ms(now_ms)));
}

void ServiceDriver::suspect(std::int64_t now_ms, const std::string& node, Peer& peer) {
  ++counts_.suspicions;
  peer.suspicion = {now_ms, outside_.is_halted(node), std::nullopt};
  fast_until_ms_ = now_ms + kFastForMs;
  core_.lost(now_ms, node, fmt::format("silent for {} ms", peer.silence.silent_ms(now_ms)));
}

// What the system shows as halted will not answer. One that nobody can stand in for is worth waiting for: a
// busy machine may be all there is to it, as where all nodes of a service are silent together.
std::int64_t ServiceDriver::kill_due_ms(const std::string& node, const Suspicion& suspicion) const {
  if (suspicion.killed_ms) return *suspicion.killed_ms + kKillAgainMs;
  if (suspicion.halted) return suspicion.since_ms;
  const auto grace_ms = is_alone(node, suspicion) ? kGraceAloneMs : kGraceMs;
  return suspicion.since_ms + grace_ms * outside_.patience(node);
}

// No other serves or could, or has answered since this one is suspected: that one may be as silent and not be
// suspected yet.
bool ServiceDriver::is_alone(const std::string& node, const Suspicion& suspicion) const {
  const auto& primary = core_.record().primary;
  if (primary.empty()) return true;  // no record yet, or it is lost
  const auto other = node == primary ? spare_in_sync() : Result<std::string>(primary);
  return !other || !core_.node(*other).alive() || peers_.at(*other).answered_ms <= suspicion.since_ms;
}

// What the core wants done. What is new is told at once: every millisecond counts for who waits for an
// answer.
void ServiceDriver::settle(std::int64_t now_ms) {
  for (const auto& event : core_.take_events()) {
    if (event.what.starts_with("promote ")) ++counts_.promotions;
    outside_.note(event);
  }
  if (now_ms >= save_again_ms_) {
    if (const auto record = core_.record_to_save()) outside_.save(*record);
  }
  const bool news = core_.record().epoch != told_ || core_.successor() != told_successor_;
  if (news || !core_.successor().empty()) fast_until_ms_ = now_ms + kFastForMs;
  if (news) ping_all(now_ms);
}

void ServiceDriver::ping_all(std::int64_t now_ms) {
  told_ = core_.record().epoch;
  told_successor_ = core_.successor();
  for (auto& [node, peer] : peers_) {
    if (peer.linked) outside_.send(node, core_.ping(node));
  }
  next_ping_ms_ = now_ms + (now_ms < fast_until_ms_ ? kFastPingMs : kPingMs);
  note_floor(now_ms);
}

// One at a time: a slow disk must not make them pile up, and the next round says more. One noted under an
// older epoch does not count beside a newer record, which may have been handed out before the floor grew.
void ServiceDriver::note_floor(std::int64_t now_ms) {
  const auto floor = std::pair(core_.record().epoch, core_.floor());
  if (noting_ || now_ms < note_again_ms_ || floor == noted_ || floor.second == core_.record().floor) return;
  noting_ = true;
  noted_ = floor;
  outside_.note_floor(floor.first, floor.second);
}

Result<void> ServiceDriver::switch_over(std::int64_t now_ms, std::string to) {
  if (to.empty()) {
    auto found = spare_in_sync();
    if (!found) return found.error();
    to = std::move(*found);
  }
  auto begun = core_.switch_over(now_ms, to);
  settle(now_ms);
  return begun;
}

Result<void> ServiceDriver::force(std::int64_t now_ms, const std::string& node) {
  auto begun = core_.force(node);
  settle(now_ms);
  return begun;
}

Result<std::string> ServiceDriver::spare_in_sync() const {
  const std::string* found = nullptr;
  for (const auto& member : core_.record().in_sync) {
    const auto& view = core_.node(member.node);
    if (member.node == core_.record().primary || !view.alive() || !view.report.able) continue;
    if (found == nullptr || view.report.head.seq > core_.node(*found).report.head.seq) found = &member.node;
  }
  if (found == nullptr) return Error{Retry::kLater, "no spare is in sync now; see: sportapp status"};
  return *found;
}

std::int64_t ServiceDriver::silent_ms(std::int64_t now_ms, const std::string& node) const {
  const auto& peer = peers_.at(node);
  return peer.linked ? peer.silence.silent_ms(now_ms) : -1;
}

}  // namespace sportapp::watch
