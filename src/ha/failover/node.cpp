#include "ha/failover/node.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace sportapp::failover {
Node::Node(std::string name, Epoch promise) : name_(std::move(name)), promise_(promise), saving_(promise) {}

void Node::told(const Ping& ping, bool holds_floor) {
  if (ping.record.epoch < record_.epoch) return;
  holds_floor_ = holds_floor;
  record_ = ping.record;
  hand_over_ = ping.hand_over;
  decide();
}

void Node::promise_saved(Epoch epoch) {
  promise_ = std::max(promise_, epoch);
  decide();
}

void Node::journal_able(bool able) {
  able_ = able;
  decide();
}

void Node::journal_idle(bool idle) {
  idle_ = idle;
  decide();
}

bool Node::refuses(Epoch epoch) const {
  if (epoch < saving_) return true;
  return epoch == acting_.epoch && (leads() || state() == NodeState::kAbdicating);
}

bool Node::follow(Epoch epoch) {
  if (refuses(epoch)) return false;
  if (leads()) {
    // Its sender is primary of a later record, of which this node was not told yet.
    overruled();
    return false;
  }
  // Whether it lost something only the record can tell, and while that counts on it it must not promise anew
  // or take entries, which would hide it.
  if (record_.epoch == Epoch{} || lost_something()) return false;
  const Bits covered = promise_ >= epoch ? bit(NodeFact::kCovered) : 0;
  const auto& rule = machine_.step(facts() | bit(NodeFact::kAsked) | covered);
  if (static_cast<NodeAction>(rule.action) == NodeAction::kPromise) save(epoch, rule.number);
  if (static_cast<NodeAction>(rule.action) != NodeAction::kFollow) return false;
  following_ = epoch;
  followed_ = true;
  return true;
}

bool Node::lost_something() const {
  const auto* self = record_.member(name_);
  return self != nullptr && (promise_ < self->promise || !holds_floor_);
}

bool Node::about_to_lead() const {
  const bool named = record_.primary == name_ && record_.epoch > promise_;
  return state() == NodeState::kPromising || (named && !leads());
}

void Node::left() {
  machine_.step(facts() | bit(NodeFact::kLeft));
}

void Node::overruled() {
  if (!leads() && state() != NodeState::kPromising) return;
  overruled_ = true;
  decide();
}

std::vector<NodeOrder> Node::take_orders() {
  return std::exchange(orders_, {});
}

void Node::decide() {
  for (int i = 0; i < kDecisionsMax; ++i) {
    const auto& rule = machine_.step(facts());
    act(rule);
    if (static_cast<NodeAction>(rule.action) == NodeAction::kWait) return;
  }
  throw std::logic_error("the node's table goes round in circles");
}

Bits Node::facts() const {
  Bits facts = 0;
  const auto set = [&facts](NodeFact fact, bool holds) {
    if (holds) facts |= bit(fact);
  };
  set(NodeFact::kNewer, record_.epoch > promise_);
  set(NodeFact::kMine, record_.primary == name_);
  set(NodeFact::kSaving, saving_ > promise_);
  set(NodeFact::kAble, able_ && holds_floor_ && !lost_something());
  set(NodeFact::kOverruled, overruled_);
  set(NodeFact::kHandOver, hand_over_);
  set(NodeFact::kIdle, idle_);
  set(NodeFact::kActing, acting_.epoch == record_.epoch);
  return facts;
}

void Node::act(const Rule& rule) {
  const auto action = static_cast<NodeAction>(rule.action);
  switch (action) {
    case NodeAction::kWait:
    case NodeAction::kFollow:  // follow() does
    case NodeAction::kLeave:   // nothing but the state
      return;
    case NodeAction::kPromise:
      return save(record_.epoch, rule.number);
    case NodeAction::kLead:
      acting_ = record_;
      idle_ = false;
      followed_ = true;
      break;
    case NodeAction::kHeed:
      acting_ = record_;
      break;
    case NodeAction::kStandDown:
      overruled_ = false;
      acting_ = {};
      break;
    case NodeAction::kDrain:
    case NodeAction::kAbdicate:
      break;
  }
  orders_.push_back({action, acting_.epoch, rule.number});
}

void Node::save(Epoch epoch, std::string_view rule) {
  saving_ = epoch;
  orders_.push_back({NodeAction::kPromise, epoch, rule});
}

}  // namespace sportapp::failover
