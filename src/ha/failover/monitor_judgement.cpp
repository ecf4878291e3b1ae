// What the monitor makes of what it was told: the facts of its table, and the words for people.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ha/failover/monitor.hpp"

namespace sportapp::failover {
namespace {

constexpr std::int64_t kTakeOverMs = 5'000;  // so long a node may take to act on a record

}  // namespace

Bits Monitor::facts(std::int64_t now_ms) const {
  Bits facts = 0;
  const auto set = [&facts](MonitorFact fact, bool holds) {
    if (holds) facts |= bit(fact);
  };
  const auto every = [this](auto&& holds) { return std::all_of(nodes_.begin(), nodes_.end(), holds); };
  set(MonitorFact::kAllHeard, every([](const auto& node) { return node.second.view.alive(); }));
  set(MonitorFact::kPromised, !every([](const auto& n) { return n.second.view.report.promise == Epoch{}; }));
  set(MonitorFact::kSaved, saved_);
  set(MonitorFact::kRecorded, record_.epoch != Epoch{});
  if (record_.epoch == Epoch{}) {
    set(MonitorFact::kComplete, complete());
    return facts;
  }
  set(MonitorFact::kOutrun, outrun());
  set(MonitorFact::kFit, why_unfit(now_ms).empty());
  set(MonitorFact::kEligible, std::any_of(options_.nodes.begin(), options_.nodes.end(),
                                          [this](const auto& node) { return eligible(node); }));
  set(MonitorFact::kCold, cold(now_ms));
  const auto asked = wish();
  set(MonitorFact::kWishDrop, asked.kind == Wish::Kind::kDrop);
  set(MonitorFact::kWishAdmit, asked.kind == Wish::Kind::kAdmit);
  set(MonitorFact::kHandOver, !successor_.empty());
  set(MonitorFact::kDrained, drained());
  return facts;
}

// Empty: it answers, takes writes, and acts on the record or is about to. One that was not heard yet is not
// lost either.
std::string Monitor::why_unfit(std::int64_t now_ms) const {
  const auto& view = at(record_.primary).view;
  if (view.life == Life::kUnknown) return {};
  if (view.life == Life::kLost) return view.why_lost;
  const auto& report = view.report;
  if (lost_disk(record_.primary)) return "lost its disk";
  if (lacks_floor(record_.primary) && !acts(report) && report.damage == Damage::kNone) return lacking();
  if (!report.able) return report.why.empty() ? "cannot write" : report.why;
  if (acts(report) && report.epoch <= record_.epoch) return {};
  if (report.promise >= record_.epoch) {
    return view.last_why.empty() ? "stands down since it was restarted or gave up"
                                 : "gave up: " + view.last_why;
  }
  if (now_ms - told_ms_ > kTakeOverMs) return "does not take its place";
  return {};
}

bool Monitor::lost_disk(const std::string& node) const {
  const auto* member = record_.member(node);
  const auto& view = at(node).view;
  return member != nullptr && view.alive() && view.report.promise < member->promise;
}

bool Monitor::eligible(const std::string& node) const {
  const auto* member = record_.member(node);
  const auto& view = at(node).view;
  if (member == nullptr || !view.alive() || !view.report.able) return false;
  if (lost_disk(node) || view.report.damage != Damage::kNone || !holds_floor(node)) return false;
  return node != record_.primary || (!acts(view.report) && view.report.promise >= record_.epoch);
}

bool Monitor::heard_of_a_primary() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const auto& node) {
    return node.second.view.alive() && node.second.view.report.followed;
  });
}

// Until every node in sync has answered, for the time being: one of them may have entries that the others
// lost.
bool Monitor::cold(std::int64_t now_ms) const {
  const bool all = std::all_of(record_.in_sync.begin(), record_.in_sync.end(),
                               [this](const auto& member) { return at(member.node).view.alive(); });
  return now_ms - started_ms_ < options_.cold_ms && !all && !heard_of_a_primary();
}

bool Monitor::drained() const {
  if (successor_.empty()) return false;
  const auto& primary = at(record_.primary).view;
  const auto& next = at(successor_).view;
  return primary.alive() && primary.report.drained && primary.report.epoch == record_.epoch && next.alive() &&
         next.report.able && record_.member(successor_) != nullptr && next.report.head == primary.report.head;
}

std::string Monitor::longest(const std::vector<std::string>& among) const {
  return *std::max_element(among.begin(), among.end(), [this](const auto& one, const auto& other) {
    return at(one).view.report.head.seq < at(other).view.report.head.seq;
  });
}

// Of equals: another than the one just lost, since that may be lost again soon; but when everything starts,
// the one it was.
std::string Monitor::successor_of_lost(std::int64_t now_ms) const {
  const bool starting = now_ms - started_ms_ < options_.cold_ms && !heard_of_a_primary();
  std::vector<std::string> candidates;
  for (const auto& node : options_.nodes) {
    if (!eligible(node)) continue;
    const bool first = (node == record_.primary) == starting;
    candidates.insert(first ? candidates.begin() : candidates.end(), node);
  }
  return longest(candidates);
}

Wish Monitor::wish() const {
  const auto& view = at(record_.primary).view;
  if (!view.alive() || !acts(view.report) || view.report.epoch != record_.epoch) return {};
  for (const auto& member : record_.in_sync) {
    if (lost_disk(member.node) || (member.node != record_.primary && lacks_something(member.node))) {
      return {Wish::Kind::kDrop, member.node};
    }
  }
  const auto& asked = view.report.wish;
  if (!nodes_.contains(asked.node) || asked.node == record_.primary) return {};
  if (asked.kind == Wish::Kind::kAdmit) {
    // Without a promise of its own nobody could see later that it lost its disk.
    const auto& node = at(asked.node).view;
    if (record_.member(asked.node) != nullptr || node.report.promise == Epoch{}) return {};
    if (lacks_something(asked.node)) return {};  // it would be dropped at once
  }
  return asked;
}

// By its own word, as is the next.
bool Monitor::lacks_floor(const std::string& node) const {
  const auto& report = at(node).view.report;
  return report.checked == floor_ && !report.holds;
}

bool Monitor::lacks_something(const std::string& node) const {
  const auto& view = at(node).view;
  return view.alive() && (view.report.damage != Damage::kNone || lacks_floor(node));
}

bool Monitor::holds_floor(const std::string& node) const {
  const auto& known = at(node);
  return known.view.report.run != 0 && known.vouched_run == known.view.report.run;
}

bool Monitor::outrun() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [this](const auto& node) {
    return node.second.view.alive() && node.second.view.report.promise > record_.epoch;
  });
}

Epoch Monitor::highest_epoch() const {
  auto epoch = record_.epoch;
  for (const auto& [name, known] : nodes_) {
    epoch = std::max({epoch, known.view.report.promise, known.view.report.told});
  }
  return epoch;
}

// The head of the journal that is next to the node's in length, but no longer.
Position Monitor::next_longest(const std::string& node) const {
  Position found;
  for (const auto& [name, known] : nodes_) {
    const auto& head = known.view.report.head;
    if (name != node && head.seq <= at(node).view.report.head.seq && head.seq > found.seq) found = head;
  }
  return found;
}

// Without a record each journal is asked whether it holds the head of the next shorter one. So where all say
// yes the longest contains every other. What is asked stands still, though a primary may go on writing: what
// the others get from then on is that primary's.
void Monitor::compare_anew() {
  std::map<std::string, std::uint64_t> runs;
  for (const auto& [name, known] : nodes_) {
    if (known.view.alive()) runs[name] = known.view.report.run;
  }
  if (runs == compared_runs_ && !compare_.empty()) return;
  compared_runs_ = std::move(runs);
  compare_.clear();
  for (auto& [name, known] : nodes_) {
    known.compared = false;
    if (compared_runs_.size() == nodes_.size()) compare_[name] = next_longest(name);
  }
}

bool Monitor::comparing() const {
  const auto usable = [](const auto& node) {
    const auto& report = node.second.view.report;
    return report.promise > Epoch{} && report.damage == Damage::kNone;
  };
  const auto answered = [this](const auto& node) {
    const auto asked = compare_.find(node.first);
    return asked != compare_.end() && asked->second == node.second.asked &&
           node.second.view.report.checked == node.second.asked;
  };
  return std::all_of(nodes_.begin(), nodes_.end(), usable) &&
         !std::all_of(nodes_.begin(), nodes_.end(), answered);
}

bool Monitor::complete() const {
  const bool promised = std::all_of(nodes_.begin(), nodes_.end(), [](const auto& node) {
    return node.second.view.alive() && node.second.view.report.promise > Epoch{};
  });
  if (!promised) return false;
  const auto chosen = most_complete();
  const bool another_begins = std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& node) {
    return node.first != chosen && node.second.view.report.about_to_lead;
  });
  if (another_begins) return false;
  if (!acting_primary().empty()) return true;
  return std::all_of(nodes_.begin(), nodes_.end(), [this](const auto& node) {
    const auto& [name, known] = node;
    const auto asked = compare_.find(name);
    return known.view.report.damage == Damage::kNone && known.compared && asked != compare_.end() &&
           asked->second == known.asked;
  });
}

// Without a record, where every node has said what it promised: one that acts, while none has promised more,
// is the last primary there was. It has everything, and need not be interrupted.
std::string Monitor::acting_primary() const {
  for (const auto& node : options_.nodes) {
    const auto& report = at(node).view.report;
    const bool newest = std::none_of(nodes_.begin(), nodes_.end(), [&](const auto& other) {
      return other.second.view.report.promise > report.epoch;
    });
    if (acts(report) && report.able && newest) return node;
  }
  return {};
}

std::string Monitor::most_complete() const {
  const auto primary = acting_primary();
  return primary.empty() ? longest(options_.nodes) : primary;
}

std::string Monitor::lacking() const {
  return fmt::format("lacks entries up to {}, acknowledged earlier", floor_.seq.value);
}

// Why it cannot be primary, in words; empty where it can.
std::string Monitor::why_not_primary(const std::string& node) const {
  const auto& view = at(node).view;
  if (view.life == Life::kUnknown) return "not heard yet";
  if (!view.alive()) return view.why_lost;
  if (lost_disk(node)) return "lost its disk";
  if (!view.report.able) return view.report.why.empty() ? "cannot write" : view.report.why;
  if (lacks_floor(node)) return lacking();
  if (record_.epoch != Epoch{} && record_.member(node) == nullptr)
    return "not in sync when the primary was lost";
  return {};
}

std::string Monitor::what_a_person_can_do() const {
  const std::string* best = nullptr;
  for (const auto& node : options_.nodes) {
    const auto& view = at(node).view;
    if (!view.alive() || view.report.damage == Damage::kBroken) continue;
    if (best == nullptr || view.report.head.seq > at(*best).view.report.head.seq) best = &node;
  }
  if (best == nullptr) {
    return "bring back a node's files, or restore a backup: sportapp restore --help";
  }
  const auto last = at(*best).view.report.head.seq.value;
  return fmt::format(
      "bring back a node's files, or go on from entry {} of {} and lose what was "
      "acknowledged after it: sportapp promote {} {} --force",
      last, *best, options_.service, *best);
}

}  // namespace sportapp::failover
