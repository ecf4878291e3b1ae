#include "ha/replication/replica.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sportapp::replication {

using failover::NodeAction;
using failover::NodeState;

Replica::Replica(Options options, Epoch promise, Position head, Log& log, std::int64_t now_ms)
    : options_(std::move(options)),
      started_ms_(now_ms),
      log_(log),
      node_(options_.node, promise),
      following_(node_, log_),
      head_(head) {}

failover::Echo Replica::pinged(std::int64_t now_ms, const failover::Ping& ping) {
  const bool holds = holds_floor(ping.floor);
  node_.told(ping, holds);
  heed_operator(ping);
  settle(now_ms);
  auto answer = report(now_ms);
  answer.checked = ping.floor;
  answer.holds = holds;
  return {ping.monitor, ping.number, std::move(answer)};
}

// What retention deleted counted, so it was part of every journal of the service.
bool Replica::holds_floor(const Position& floor) {
  if (!head_is_known_) return false;
  if (floor.seq <= Seq{}) return true;
  if (damage_ != failover::Damage::kNone || floor.seq > head_.seq) return false;
  if (node_.leads() || floor == head_) return true;
  if (floor.seq == head_.seq) return false;
  const auto ours = log_.hash_at(floor.seq);
  return ours && (!*ours || **ours == floor.hash);
}

// What an operator accepted is the loss of what followed the floor of the forced record, and of nothing else.
void Replica::heed_operator(const failover::Ping& ping) {
  const auto& record = ping.record;
  if (missing_ && missing_->epoch < record.forced) {
    missing_.reset();
    update_able();
  }
  const bool forced = record.primary == options_.node && record.forced == record.epoch;
  if (!forced || record.forced <= accepted_ || damage_ != failover::Damage::kShort) return;
  if (head_ != record.floor || ping.floor != record.floor) return;
  accepted_ = record.forced;
  actions_.push_back(AcceptLoss{});
}

void Replica::update_able() {
  node_.journal_able(failing_.empty() && !missing_);
}

void Replica::linked(std::int64_t now_ms, const std::string& node) {
  const auto found = shipping_.find(node);
  if (found == shipping_.end()) return;
  found->second.linked(now_ms, leadership_.epoch, in_sync(node), actions_);
  settle(now_ms);
}

void Replica::unlinked(std::int64_t now_ms, const std::string& node) {
  const auto found = shipping_.find(node);
  if (found == shipping_.end()) return;
  found->second.unlinked(now_ms, actions_);
  settle(now_ms);
}

void Replica::answered(std::int64_t now_ms, const std::string& node, const Message& message) {
  const auto found = shipping_.find(node);
  if (found == shipping_.end()) return;
  const auto objection = found->second.received(now_ms, message, leadership_, actions_);
  if (objection.promise && *objection.promise > leadership_.epoch) node_.overruled();
  if (objection.missing) {
    missing_ = objection.missing;
    missing_at_ = node;
    node_.overruled();
    update_able();
  }
  settle(now_ms);
}

void Replica::received(std::int64_t now_ms, std::uint64_t link, const std::string& primary, Message message) {
  following_.received(link, primary, std::move(message), actions_);
  settle(now_ms);
}

void Replica::link_down(std::int64_t now_ms, std::uint64_t link) {
  following_.link_down(link);
  settle(now_ms);
}

void Replica::promise_saved(std::int64_t now_ms, Epoch epoch) {
  promise_failing_.clear();
  node_.promise_saved(epoch);
  settle(now_ms);
}

void Replica::promise_failed(std::int64_t now_ms, const std::string& why) {
  promise_failing_ = "the promise cannot be saved: " + why;
  settle(now_ms);
}

void Replica::batch_opened(std::int64_t now_ms, journal::SharedEntries entries) {
  if (!node_.leads() || !journal_leads_) {
    actions_.push_back(RollBack{});
    return;
  }
  leadership_.batch = Leadership::Batch{++batches_, std::move(entries), false};
  settle(now_ms);
}

void Replica::batch_committed(std::int64_t now_ms, const Position& head) {
  head_ = head;
  leadership_.durable = head;
  leadership_.batch.reset();
  settle(now_ms);
}

void Replica::batch_failed(std::int64_t now_ms, const std::string& why) {
  failing_ = why;
  leadership_.batch.reset();
  node_.overruled();
  update_able();
  settle(now_ms);
}

void Replica::stopped(std::int64_t now_ms) {
  journal_leads_ = stopping_ = false;
  leadership_.batch.reset();
  settle(now_ms);
}

void Replica::appended(std::int64_t now_ms, const Result<Position>& head) {
  following_.written(head_, head, actions_);
  if (missing_) {
    forget_what_is_there_now();
    update_able();
  }
  settle(now_ms);
}

void Replica::snapshot_made(std::int64_t now_ms, const std::string& node, const CopyId& copy,
                            const Result<Position>& head) {
  const auto found = shipping_.find(node);
  if (found == shipping_.end()) {
    actions_.push_back(DropSnapshot{node});
    return;
  }
  found->second.snapshot_made(now_ms, copy, head, actions_);
  settle(now_ms);
}

void Replica::chunk_read(std::int64_t now_ms, const std::string& node, const CopyId& copy,
                         Result<std::string> bytes) {
  const auto found = shipping_.find(node);
  if (found == shipping_.end()) return;
  found->second.chunk_read(now_ms, copy, std::move(bytes), leadership_, actions_);
  settle(now_ms);
}

void Replica::chunk_written(std::int64_t now_ms, const Result<void>& written) {
  following_.chunk_written(head_, written, actions_);
  settle(now_ms);
}

void Replica::installed(std::int64_t now_ms, const Result<Position>& head) {
  if (head) {
    damage_ = failover::Damage::kNone;
    failing_.clear();
    head_is_known_ = true;
  }
  following_.written(head_, head, actions_);
  forget_what_is_there_now();
  update_able();
  settle(now_ms);
}

void Replica::journal_failing(std::int64_t now_ms, const std::string& why, failover::Damage damage,
                              const Position& left) {
  failing_ = why;
  damage_ = damage;
  if (damage == failover::Damage::kNone && head_ == Position{}) head_is_known_ = false;
  if (damage != failover::Damage::kNone) head_ = left;
  node_.overruled();
  update_able();
  settle(now_ms);
}

void Replica::journal_able(std::int64_t now_ms, const Position& head) {
  failing_.clear();
  damage_ = failover::Damage::kNone;
  head_is_known_ = true;
  head_ = head;
  update_able();
  settle(now_ms);
}

void Replica::forget_what_is_there_now() {
  if (missing_ && head_.seq >= missing_->seq) missing_.reset();
}

void Replica::process_stalled(std::int64_t now_ms, const std::string& why) {
  stalled_ = why;
  settle(now_ms);
}

void Replica::tick(std::int64_t now_ms) {
  settle(now_ms);
}

Actions Replica::take_actions() {
  return std::exchange(actions_, {});
}

std::string Replica::primary() const {
  if (node_.leads()) return {};
  const auto& record = node_.record();
  if (!following_.primary().empty() && node_.following() >= record.epoch) return following_.primary();
  return record.primary == options_.node ? std::string() : record.primary;
}

failover::Report Replica::report(std::int64_t now_ms) const {
  failover::Report report;
  report.run = options_.run;
  report.promise = node_.promise();
  report.head = head_;
  report.followed = node_.followed();
  report.up_ms = now_ms - started_ms_;
  report.drained = node_.drained();
  report.told = node_.highest_told();
  report.about_to_lead = node_.about_to_lead();
  report.damage = damage_;
  const auto missing = missing_
                           ? fmt::format("entry {}, acknowledged earlier, is missing here; {} knows of it",
                                         missing_->seq.value, missing_at_)
                           : std::string();
  for (const auto* why : {&failing_, &promise_failing_, &stalled_, &missing}) {
    if (report.able && !why->empty()) report.why = *why;
    report.able &= why->empty();
  }
  switch (node_.state()) {
    case NodeState::kPrimary:
    case NodeState::kDraining:
      report.role =
          node_.state() == NodeState::kPrimary ? failover::Role::kPrimary : failover::Role::kDraining;
      report.epoch = node_.acting().epoch;
      break;
    case NodeState::kSpare:
      report.role = failover::Role::kSpare;
      report.epoch = node_.following();
      break;
    case NodeState::kWaiting:
    case NodeState::kPromising:
    case NodeState::kAbdicating:
      break;
  }
  // One at a time; a node that must go comes first, since commits wait for it.
  for (const auto& [name, shipping] : shipping_) {
    const auto kind = shipping.wish();
    if (kind == failover::Wish::Kind::kNone || report.wish.kind == failover::Wish::Kind::kDrop) continue;
    if (report.wish.kind == failover::Wish::Kind::kNone || kind == failover::Wish::Kind::kDrop) {
      report.wish = {kind, name};
    }
  }
  return report;
}

std::vector<Replica::PeerView> Replica::peers() const {
  std::vector<PeerView> views;
  for (const auto& [name, shipping] : shipping_) {
    views.push_back({name, shipping.state(), in_sync(name), shipping.pledged(), shipping.acknowledged()});
  }
  return views;
}

// Whatever the last input made possible.
void Replica::settle(std::int64_t now_ms) {
  for (;;) {
    look_whether_idle();
    following_.step(head_, failing_, damage_ != failover::Damage::kNone, actions_);
    look_whether_idle();
    const auto orders = node_.take_orders();
    for (const auto& order : orders) carry_out(now_ms, order);
    if (orders.empty()) break;
  }
  for (auto& [name, shipping] : shipping_) shipping.step(now_ms, leadership_, in_sync(name), actions_);
  maybe_release_batch();
}

void Replica::carry_out(std::int64_t now_ms, const failover::NodeOrder& order) {
  switch (order.action) {
    case NodeAction::kWait:
    case NodeAction::kFollow:
    case NodeAction::kLeave:
      break;
    case NodeAction::kPromise:
      actions_.push_back(SavePromise{order.epoch});
      break;
    case NodeAction::kLead:
      lead(now_ms, order.epoch);
      break;
    case NodeAction::kHeed:
      act_on(order.epoch);
      break;
    case NodeAction::kDrain:
      if (!std::exchange(stopping_, true)) actions_.push_back(StopLeading{});
      break;
    case NodeAction::kAbdicate:
      abdicate();
      break;
    case NodeAction::kStandDown:
      step_down();
      break;
  }
}

// Begins to lead, or goes on under a newer record.
void Replica::lead(std::int64_t now_ms, Epoch epoch) {
  leadership_.durable = head_;
  journal_leads_ = true;
  actions_.push_back(Lead{epoch, node_.acting().in_sync.size() == 1});
  for (const auto& other : options_.others) {
    const auto [found, is_new] = shipping_.try_emplace(other, other, options_.limits, log_, now_ms);
    if (is_new) actions_.push_back(Dial{other});
  }
  act_on(epoch);
}

// A pledge lasts as long as the record under which it was made: also where the node drained meanwhile.
void Replica::act_on(Epoch epoch) {
  const bool is_newer = epoch > leadership_.epoch;
  leadership_.epoch = epoch;
  leadership_.forced = node_.acting().forced;
  if (!is_newer) return;
  for (auto& [name, shipping] : shipping_) shipping.acting_on(in_sync(name));
}

void Replica::abdicate() {
  if (leadership_.batch && !leadership_.batch->confirmed) {
    actions_.push_back(RollBack{});
    leadership_.batch.reset();
  }
  if (journal_leads_ && !std::exchange(stopping_, true)) actions_.push_back(StopLeading{});
  step_down();
}

void Replica::step_down() {
  for (const auto& [name, shipping] : shipping_) {
    if (shipping.state() == PeerState::kCopying) actions_.push_back(DropSnapshot{name});
    actions_.push_back(HangUp{name});
  }
  shipping_.clear();
}

void Replica::maybe_release_batch() {
  auto& batch = leadership_.batch;
  if (!batch || batch->confirmed || !node_.leads()) return;
  bool taken = true, held = true;
  for (const auto& [name, shipping] : shipping_) {
    if (!in_sync(name) && !shipping.pledged()) continue;
    taken &= shipping.has_taken(leadership_);
    held &= shipping.holds(leadership_);
  }
  if (!taken) return;
  batch->confirmed = held;
  if (!std::exchange(batch->released, true)) {
    actions_.push_back(Release{held});
  } else if (held) {
    actions_.push_back(Confirm{});
  }
}

void Replica::look_whether_idle() {
  node_.journal_idle(!journal_leads_ && !following_.busy());
}

bool Replica::in_sync(const std::string& node) const {
  return node_.acting().member(node) != nullptr;
}

}  // namespace sportapp::replication
