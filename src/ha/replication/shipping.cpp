#include "ha/replication/shipping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace sportapp::replication {
namespace {

using failover::bit;

constexpr std::size_t kMessageBytes = 64;  // one without entries, for the window
constexpr int kStepsMax = 10'000;

}  // namespace

Shipping::Shipping(std::string node, const ShippingLimits& limits, Log& log, std::int64_t now_ms)
    : node_(std::move(node)), limits_(limits), log_(log), since_ms_(now_ms) {}

void Shipping::linked(std::int64_t now_ms, Epoch epoch, bool in_sync, Actions& actions) {
  machine_.step(bit(PeerFact::kLinked));
  since_ms_ = now_ms;
  was_linked_ = true;
  outstanding_.clear();
  outstanding_bytes_ = 0;
  batch_number_ = batch_message_ = 0;
  taken_ = acknowledged_ = {};
  const Hello hello{epoch, 0, in_sync || pledged_};
  send(now_ms, hello, kMessageBytes, actions);
}

void Shipping::unlinked(std::int64_t now_ms, Actions& actions) {
  const auto before = state();
  const auto& rule = machine_.step(bit(PeerFact::kGone));
  if (static_cast<PeerAction>(rule.action) == PeerAction::kLeave) leave(now_ms, before, actions);
}

void Shipping::leave(std::int64_t now_ms, PeerState before, Actions& actions) {
  if (before == PeerState::kCopying) actions.push_back(DropSnapshot{node_});
  since_ms_ = now_ms;
  snapshot_.reset();
}

Shipping::Objection Shipping::received(std::int64_t now_ms, const Message& message,
                                       const Leadership& leadership, Actions& actions) {
  if (state() == PeerState::kAway) return {};  // of a link cut just now
  if (const auto* refuse = std::get_if<Refuse>(&message)) return {refuse->promise};
  if (const auto* welcome = std::get_if<Welcome>(&message)) {
    const auto missing = lacks(welcome->settled, leadership);
    if (!missing) {
      cut(now_ms, missing.error().what, actions);
      return {};
    }
    if (*missing) return {std::nullopt, welcome->settled};
    // After one that did not fit, those sent behind it do not fit either; the first answer counts.
    if (welcome->number > answered_) welcomed(now_ms, welcome->head, leadership, actions);
    return {};
  }
  if (const auto* taken = std::get_if<Taken>(&message)) {
    const bool counts = taken->number > answered_ && taken->number <= number_;
    if (counts && state() == PeerState::kStreaming) taken_ = taken->head;
    return {};
  }
  const auto* ack = std::get_if<Ack>(&message);
  if (ack == nullptr) {
    cut(now_ms, "it spoke as if it were primary on this link", actions);
  } else {
    acknowledged(now_ms, ack->number, ack->head);
    if (state() == PeerState::kCopying && snapshot_last_ != 0 && ack->number >= snapshot_last_) {
      actions.push_back(DropSnapshot{node_});
      welcomed(now_ms, ack->head, leadership, actions);
    }
  }
  return {};
}

// By the rules it cannot: then this journal has lost it, and must replace nobody's.
Result<bool> Shipping::lacks(const Settled& settled, const Leadership& leadership) const {
  if (settled.seq <= Seq{} || settled.epoch < leadership.forced) return false;
  if (settled.seq > leadership.durable.seq) return true;
  const auto ours = log_.hash_at(settled.seq);
  if (!ours) return ours.error();
  return ours->has_value() && **ours != settled.hash;  // one that retention deleted counted here too
}

void Shipping::snapshot_made(std::int64_t now_ms, const CopyId& copy, const Result<Position>& head,
                             Actions& actions) {
  if (state() != PeerState::kCopying || copy != copy_) return;
  if (!head) return cut(now_ms, "no copy for it could be made: " + head.error().what, actions);
  snapshot_ = *head;
}

void Shipping::acting_on(bool in_sync) {
  if (!in_sync) pledged_ = false;
}

void Shipping::step(std::int64_t now_ms, const Leadership& leadership, bool in_sync, Actions& actions) {
  if (!in_sync && !pledged_) lacking_ = false;
  for (int i = 0; i < kStepsMax; ++i) {
    const auto before = state();
    const auto& rule = machine_.step(facts(now_ms, leadership, in_sync));
    wish_ = failover::Wish::Kind::kNone;
    switch (static_cast<PeerAction>(rule.action)) {
      case PeerAction::kWait:
        return;
      case PeerAction::kWishAdmit:
        wish_ = failover::Wish::Kind::kAdmit;
        return;
      case PeerAction::kWishDrop:
        wish_ = failover::Wish::Kind::kDrop;
        return;
      case PeerAction::kShip:
        if (!ship(now_ms, leadership, actions)) return;
        break;
      case PeerAction::kPledge:
        pledged_ = true;
        break;
      case PeerAction::kCut:
        actions.push_back(Cut{node_, std::string(rule.reason)});
        leave(now_ms, before, actions);
        break;
      case PeerAction::kGreet:
      case PeerAction::kStream:
      case PeerAction::kCopy:
      case PeerAction::kLeave:
        throw std::logic_error("an event of a link among the rules of a step");
    }
  }
  throw std::logic_error("the table of a primary's peers goes round in circles");
}

bool Shipping::holds(const Leadership& leadership) const {
  if (state() != PeerState::kStreaming) return false;
  const auto end = leadership.batch->end(leadership.durable);
  if (acknowledged_ != end) return false;
  return !leadership.batch->entries.empty() ||
         (batch_number_ == leadership.batch->number && answered_ >= batch_message_);
}

bool Shipping::has_taken(const Leadership& leadership) const {
  if (state() != PeerState::kStreaming || leadership.batch->entries.empty()) return holds(leadership);
  const auto end = leadership.batch->end(leadership.durable);
  return taken_ == end || acknowledged_ == end;
}

failover::Bits Shipping::facts(std::int64_t now_ms, const Leadership& leadership, bool in_sync) const {
  failover::Bits facts = 0;
  const auto set = [&facts](PeerFact fact, bool holds) {
    if (holds) facts |= failover::bit(fact);
  };
  const bool awaited = in_sync || pledged_;
  set(PeerFact::kInSync, in_sync);
  set(PeerFact::kPledged, pledged_);
  set(PeerFact::kLate, late(now_ms, awaited));
  set(PeerFact::kSentAll, sent_all(leadership, awaited));
  set(PeerFact::kNear, near(now_ms));
  set(PeerFact::kLacking, lacking_);
  // A batch that was released before this node was pledged to counts too, though it is on no disk yet.
  const bool released = leadership.batch && leadership.batch->released;
  set(PeerFact::kHasAll, acknowledged_.seq >= leadership.durable.seq && (!released || holds(leadership)));
  return facts;
}

bool Shipping::late(std::int64_t now_ms, bool awaited) const {
  const auto most = awaited ? limits_.late_ms : limits_.late_catching_up_ms;
  switch (state()) {
    case PeerState::kAway:
      return was_linked_ || now_ms - since_ms_ >= limits_.first_link_ms;
    case PeerState::kCopying:
      if (snapshot_last_ != 0 || outstanding_.empty()) return false;  // to put it in place takes its time
      // Each piece waits for the disk behind those sent before it: what counts is that it gets on with them.
      return now_ms - std::max(outstanding_.front().sent_ms, acknowledged_ms_) >= limits_.late_catching_up_ms;
    case PeerState::kGreeting:
    case PeerState::kStreaming:
      return !outstanding_.empty() && now_ms - outstanding_.front().sent_ms >= most;
  }
  return false;
}

bool Shipping::sent_all(const Leadership& leadership, bool awaited) const {
  if (state() != PeerState::kStreaming) return false;
  if (sent_.seq < leadership.durable.seq) return false;
  return !awaited || !leadership.batch || batch_number_ == leadership.batch->number;
}

bool Shipping::near(std::int64_t now_ms) const {
  return outstanding_bytes_ <= limits_.near_bytes || now_ms - since_ms_ >= limits_.near_within_ms;
}

bool Shipping::window_is_full() const {
  return outstanding_.size() >= limits_.window_messages || outstanding_bytes_ >= limits_.window_bytes;
}

void Shipping::cut(std::int64_t now_ms, const std::string& why, Actions& actions) {
  actions.push_back(Cut{node_, why});
  unlinked(now_ms, actions);
}

// False when nothing can be sent now.
bool Shipping::ship(std::int64_t now_ms, const Leadership& leadership, Actions& actions) {
  if (state() == PeerState::kCopying) {
    return !window_is_full() && ship_chunk(actions);
  }
  if (sent_.seq < leadership.durable.seq) {
    return !window_is_full() && ship_durable(now_ms, leadership, actions);
  }
  return ship_batch(now_ms, leadership, actions);
}

bool Shipping::ship_durable(std::int64_t now_ms, const Leadership& leadership, Actions& actions) {
  auto entries = log_.read(sent_.seq, limits_.append_bytes);
  if (!entries) {
    cut(now_ms, "entries for it cannot be read: " + entries.error().what, actions);
    return false;
  }
  while (!entries->empty() && entries->back().seq > leadership.durable.seq) entries->pop_back();
  if (entries->empty() || entries->front().seq != sent_.seq.next()) {
    cut(now_ms, fmt::format("entry {} is not in the journal", sent_.seq.next().value), actions);
    return false;
  }
  std::size_t bytes = kMessageBytes;
  for (const auto& entry : *entries) bytes += bytes_of(entry);
  const Position end{entries->back().seq, entries->back().hash};
  send(now_ms, Append{leadership.epoch, 0, sent_, std::move(*entries)}, bytes, actions);
  sent_ = end;
  return true;
}

bool Shipping::ship_batch(std::int64_t now_ms, const Leadership& leadership, Actions& actions) {
  const auto& batch = *leadership.batch;
  // Some it may have, from before its link broke.
  Append append{leadership.epoch, 0, sent_, batch.entries.after(sent_.seq)};
  std::size_t bytes = kMessageBytes;
  for (const auto& entry : append.entries) bytes += bytes_of(entry);
  send(now_ms, std::move(append), bytes, actions);
  sent_ = batch.end(sent_);
  batch_number_ = batch.number;
  batch_message_ = number_;
  return true;
}

bool Shipping::ship_chunk(Actions& actions) {
  if (!snapshot_ || snapshot_last_ != 0 || reading_) return false;
  reading_ = true;
  actions.push_back(ReadChunk{node_, copy_, snapshot_offset_, limits_.chunk_bytes});
  return false;
}

void Shipping::chunk_read(std::int64_t now_ms, const CopyId& copy, Result<std::string> bytes,
                          const Leadership& leadership, Actions& actions) {
  if (state() != PeerState::kCopying || copy != copy_) return;
  reading_ = false;
  if (!bytes) return cut(now_ms, "the copy for it cannot be read: " + bytes.error().what, actions);
  const auto size = bytes->size();
  const bool last = size < limits_.chunk_bytes;
  send(now_ms, Chunk{leadership.epoch, 0, snapshot_offset_, last, *snapshot_, std::move(*bytes)},
       size + kMessageBytes, actions);
  snapshot_offset_ += size;
  if (last) snapshot_last_ = number_;
}

void Shipping::send(std::int64_t now_ms, Message message, std::size_t bytes, Actions& actions) {
  ++number_;
  std::visit([this](auto& one) { one.number = number_; }, message);
  outstanding_.push_back({number_, bytes, now_ms});
  outstanding_bytes_ += bytes;
  actions.push_back(ToSpare{node_, std::move(message)});
}

// Its journal ends at `head`: it goes on from there, or gets a whole one.
void Shipping::welcomed(std::int64_t now_ms, const Position& head, const Leadership& leadership,
                        Actions& actions) {
  answered_ = number_;  // what was sent behind the message answered is void
  outstanding_.clear();
  outstanding_bytes_ = 0;
  batch_number_ = batch_message_ = 0;
  snapshot_.reset();
  snapshot_offset_ = snapshot_last_ = 0;
  reading_ = false;
  since_ms_ = now_ms;
  sent_ = taken_ = acknowledged_ = head;
  lacking_ = head.seq < leadership.durable.seq;
  const auto fits = continues(head, leadership);
  if (!fits) return cut(now_ms, fits.error().what, actions);
  const auto& rule = machine_.step(bit(PeerFact::kGreeted) | (*fits ? bit(PeerFact::kFits) : 0));
  if (static_cast<PeerAction>(rule.action) == PeerAction::kCopy) {
    copy_ = {leadership.epoch, number_};
    actions.push_back(MakeSnapshot{node_, copy_});
  }
}

Result<bool> Shipping::continues(const Position& head, const Leadership& leadership) const {
  if (head.seq < Seq{}) return false;  // kUnusable
  if (head.seq <= leadership.durable.seq) {
    const auto ours = log_.hash_at(head.seq);
    if (!ours) return ours.error();
    return ours->has_value() && **ours == head.hash;
  }
  if (!leadership.batch) return false;
  for (const auto& entry : leadership.batch->entries) {
    if (entry.seq == head.seq) return entry.hash == head.hash;
  }
  return false;
}

void Shipping::acknowledged(std::int64_t now_ms, std::uint64_t number, const Position& head) {
  if (number <= answered_ || number > number_) return;
  acknowledged_ms_ = now_ms;
  answered_ = number;
  while (!outstanding_.empty() && outstanding_.front().number <= number) {
    outstanding_bytes_ -= outstanding_.front().bytes;
    outstanding_.pop_front();
  }
  if (state() == PeerState::kStreaming) acknowledged_ = head;
}

}  // namespace sportapp::replication
