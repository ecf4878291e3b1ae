#include "failover/monitor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sportapp::failover {
namespace {

constexpr std::int64_t kSoonMs = 60'000;     // a primary that fails within this time failed soon
constexpr std::int64_t kTakeOverMs = 5'000;  // so long a node may take to act on a record
constexpr int kDecisionsMax = 8;             // at one input; more is a table that goes round in circles

std::string names(const std::vector<Member>& members) {
  std::vector<std::string> all;
  for (const auto& member : members) all.push_back(member.node);
  return fmt::format("{}", fmt::join(all, ","));
}

bool acts(const Report& report) {
  return report.role == Role::kPrimary || report.role == Role::kDraining;
}

}  // namespace

Monitor::Monitor(Options options, Record saved, std::int64_t now_ms)
    : options_(std::move(options)),
      started_ms_(now_ms),
      state_(saved.epoch == Epoch{} ? MonitorState::kNoRecord : MonitorState::kSteady),
      record_(std::move(saved)),
      primary_since_ms_(now_ms),
      told_ms_(now_ms),
      fail_back_wait_ms_(options_.fail_back_after_ms) {
  for (const auto& name : options_.nodes) nodes_[name];
}

void Monitor::echoed(std::int64_t now_ms, const std::string& node, const Echo& echo) {
  auto& known = nodes_.at(node);
  if (echo.monitor != options_.run || echo.number <= known.echoed || echo.number > known.pinged) return;
  known.echoed = echo.number;
  known.view.life = Life::kAlive;
  known.view.why_lost.clear();
  known.view.report = echo.report;
  decide(now_ms);
}

void Monitor::lost(std::int64_t now_ms, const std::string& node, const std::string& why) {
  auto& known = nodes_.at(node);
  // What it answered before is no word of the process that may come back.
  known.echoed = known.pinged;
  known.view.life = Life::kLost;
  known.view.why_lost = why;
  look_at_fail_back(now_ms);
  decide(now_ms);
}

void Monitor::saved(std::int64_t now_ms, Epoch epoch) {
  if (!next_ || next_->epoch != epoch) return;
  saved_ = true;
  decide(now_ms);
}

void Monitor::save_failed(std::int64_t now_ms, Epoch epoch) {
  if (!next_ || next_->epoch != epoch) return;
  handed_out_ = false;  // it may be on disk or not: only this very record may follow
  decide(now_ms);
}

void Monitor::tick(std::int64_t now_ms) {
  look_at_fail_back(now_ms);
  give_up_late_switchover(now_ms);
  decide(now_ms);
}

Result<void> Monitor::switch_over(std::int64_t now_ms, const std::string& to) {
  if (!nodes_.contains(to)) return Error{Retry::kNever, fmt::format("there is no node {}", to)};
  if (record_.primary == to) return Error{Retry::kNever, fmt::format("{} is primary already", to)};
  const auto& view = at(to).view;
  if (record_.member(to) == nullptr || !view.alive() || !view.report.able) {
    return Error{Retry::kLater, fmt::format("{} is not in sync now: {}; see sportapp status", to,
                                            view.alive() ? "it lacks entries" : view.why_lost)};
  }
  if (!successor_.empty()) {
    return Error{Retry::kLater, fmt::format("a switchover to {} is under way", successor_)};
  }
  successor_ = to;
  hand_over_since_ms_ = now_ms;
  stays_away_ = to != options_.nodes.front();
  decide(now_ms);
  return {};
}

Result<void> Monitor::force(const std::string& node) {
  if (!nodes_.contains(node)) return Error{Retry::kNever, fmt::format("there is no node {}", node)};
  if (!at(node).view.alive()) {
    return Error{Retry::kLater, fmt::format("{} does not answer: {}", node, at(node).view.why_lost)};
  }
  if (state_ == MonitorState::kSaving) return Error{Retry::kLater, "a change is being written; try again"};
  auto epoch = record_.epoch;
  for (const auto& [name, known] : nodes_) epoch = std::max(epoch, known.view.report.promise);
  static constexpr Rule kByOperator{"operator", 0, 0, 0, 0, 0, "an operator's wish"};
  // Even where it lost its disk: its promise of now is what it has.
  write(kByOperator, {epoch.next(), node, {{node, at(node).view.report.promise}}},
        fmt::format("force {}", node), "an operator's wish: what others acknowledged and it lacks is lost");
  return {};
}

Ping Monitor::ping(const std::string& node) {
  auto& known = nodes_.at(node);
  const bool hand_over = node == record_.primary && !successor_.empty();
  return {options_.run, ++known.pinged, record_, hand_over};
}

std::optional<Record> Monitor::record_to_save() {
  if (!next_ || std::exchange(handed_out_, true)) return std::nullopt;
  return next_;
}

std::vector<MonitorEvent> Monitor::take_events() {
  return std::exchange(events_, {});
}

const Monitor::NodeView& Monitor::node(const std::string& name) const {
  return at(name).view;
}

bool Monitor::serving() const {
  if (record_.epoch == Epoch{}) return false;
  const auto& view = at(record_.primary).view;
  return view.alive() && acts(view.report);
}

// Acts on each rule until one has nothing more to do.
void Monitor::decide(std::int64_t now_ms) {
  for (int i = 0; i < kDecisionsMax; ++i) {
    const auto before = state_;
    const auto& rule = rule_for(monitor_table(), static_cast<unsigned>(state_), facts(now_ms));
    act(now_ms, rule);
    if (state_ == before) return;
  }
  throw std::logic_error("the monitor's table goes round in circles");
}

Bits Monitor::facts(std::int64_t now_ms) const {
  Bits facts = 0;
  const auto set = [&facts](MonitorFact fact, bool holds) {
    if (holds) facts |= bit(fact);
  };
  const auto every = [this](auto&& holds) { return std::all_of(nodes_.begin(), nodes_.end(), holds); };
  set(MonitorFact::kAllHeard, every([](const auto& node) { return node.second.view.alive(); }));
  set(MonitorFact::kPromised, !every([](const auto& n) { return n.second.view.report.promise == Epoch{}; }));
  set(MonitorFact::kSaved, saved_);
  if (record_.epoch == Epoch{}) return facts;
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

void Monitor::act(std::int64_t now_ms, const Rule& rule) {
  const auto& primary = record_.primary;
  switch (static_cast<MonitorAction>(rule.action)) {
    case MonitorAction::kWait:
    case MonitorAction::kAskToDrain:  // ping() does
      if (state_ == MonitorState::kSteady && why_unfit(now_ms).empty()) alarm_.clear();
      break;
    case MonitorAction::kBegin: {
      const auto first = longest(options_.nodes);
      write(rule, {Epoch{1}, first, {member(first)}}, "begin with " + first, "no record yet");
      break;
    }
    case MonitorAction::kAlarm:
      if (state_ == MonitorState::kNoRecord) {
        raise_alarm(rule, "the record is lost; sportapp promote SERVICE NODE --force makes a new one");
      } else if (now_ms - started_ms_ >= options_.cold_ms) {
        raise_alarm(rule,
                    fmt::format("{}: {}; in sync: {}", primary, why_unfit(now_ms), names(record_.in_sync)));
      }
      break;
    case MonitorAction::kTell:
      if (record_.primary != next_->primary) primary_since_ms_ = now_ms;
      told_ms_ = now_ms;
      record_ = std::move(*next_);
      next_.reset();
      saved_ = false;
      alarm_.clear();
      if (record_.primary == successor_) successor_.clear();
      state_ = MonitorState::kSteady;
      break;
    case MonitorAction::kPromote: {
      const auto cause = fmt::format("{}: {}", primary, why_unfit(now_ms));
      const auto next = successor_of_lost(now_ms);
      note_failure_of_preferred(now_ms);
      successor_.clear();
      write(rule, {record_.epoch.next(), next, {member(next)}}, "promote " + next, cause);
      break;
    }
    case MonitorAction::kDrop: {
      const auto node = wish().node;
      std::vector<Member> rest;
      for (const auto& one : record_.in_sync) {
        if (one.node != node) rest.push_back(one);
      }
      write(rule, changed(rest), "drop " + node,
            lost_disk(node) ? "it lost its disk" : primary + " asks for it");
      break;
    }
    case MonitorAction::kAdmit: {
      const auto node = wish().node;
      auto all = record_.in_sync;
      all.push_back({node, {}});
      write(rule, changed(all), "admit " + node, primary + " asks for it");
      break;
    }
    case MonitorAction::kSwitch: {
      std::vector<Member> equal;
      for (const auto& one : record_.in_sync) {
        const auto& view = at(one.node).view;
        if (view.alive() && view.report.head == at(primary).view.report.head) equal.push_back(one);
      }
      auto record = changed(equal);
      record.primary = successor_;
      write(rule, std::move(record), "switch to " + successor_, "asked for");
      break;
    }
  }
}

void Monitor::write(const Rule& rule, Record record, std::string what, std::string cause) {
  note(rule, std::move(what), std::move(cause), record);
  next_ = std::move(record);
  handed_out_ = saved_ = false;
  state_ = MonitorState::kSaving;
}

void Monitor::raise_alarm(const Rule& rule, std::string cause) {
  if (alarm_ == cause) return;
  alarm_ = cause;
  note(rule, "alarm", std::move(cause), record_);
}

void Monitor::note(const Rule& rule, std::string what, std::string cause, const Record& record) {
  events_.push_back({std::string(rule.number), std::move(what), std::move(cause), record});
}

void Monitor::note_failure_of_preferred(std::int64_t now_ms) {
  if (record_.primary != options_.nodes.front() || options_.fail_back_after_ms < 0) return;
  const bool soon = now_ms - primary_since_ms_ < kSoonMs;
  fail_back_wait_ms_ =
      soon ? std::min(fail_back_wait_ms_ * 2, options_.fail_back_max_ms) : options_.fail_back_after_ms;
}

void Monitor::look_at_fail_back(std::int64_t now_ms) {
  const auto& preferred = options_.nodes.front();
  auto& known = nodes_.at(preferred);
  const bool ready = record_.member(preferred) != nullptr && known.view.alive() && known.view.report.able;
  if (!ready) {
    known.in_sync_since_ms = -1;
    stays_away_ = false;
  } else if (known.in_sync_since_ms < 0) {
    known.in_sync_since_ms = now_ms;
  }
  if (options_.fail_back_after_ms < 0 || state_ != MonitorState::kSteady || !successor_.empty()) return;
  if (!ready || stays_away_ || record_.primary == preferred || now_ms < no_fail_back_before_ms_) return;
  if (now_ms - known.in_sync_since_ms < fail_back_wait_ms_) return;
  successor_ = preferred;
  hand_over_since_ms_ = now_ms;
}

void Monitor::give_up_late_switchover(std::int64_t now_ms) {
  if (successor_.empty() || state_ != MonitorState::kSteady) return;
  const bool possible = record_.member(successor_) != nullptr && at(successor_).view.alive();
  if (possible && now_ms - hand_over_since_ms_ < options_.hand_over_ms) return;
  static constexpr Rule kGivenUp{"given up", 0, 0, 0, 0, 0, "a switchover took too long"};
  note(kGivenUp, "switchover to " + successor_ + " given up",
       possible ? "the primary did not finish in time" : "it is not in sync any more", record_);
  successor_.clear();
  no_fail_back_before_ms_ = now_ms + std::max<std::int64_t>(fail_back_wait_ms_, options_.hand_over_ms);
}

// Empty: it answers, takes writes, and acts on the record or is about to. One that was not heard yet is not
// lost either.
std::string Monitor::why_unfit(std::int64_t now_ms) const {
  const auto& view = at(record_.primary).view;
  if (view.life == Life::kUnknown) return {};
  if (view.life == Life::kLost) return view.why_lost;
  const auto& report = view.report;
  if (lost_disk(record_.primary)) return "lost its disk";
  if (!report.able) return report.why.empty() ? "cannot write" : report.why;
  if (acts(report) && report.epoch <= record_.epoch) return {};
  if (report.promise >= record_.epoch) return "stands down since it was restarted or gave up";
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
  if (lost_disk(node)) return false;
  return node != record_.primary || (!acts(view.report) && view.report.promise >= record_.epoch);
}

bool Monitor::heard_of_a_primary() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const auto& node) {
    return node.second.view.alive() && node.second.view.report.followed;
  });
}

bool Monitor::cold(std::int64_t now_ms) const {
  return now_ms - started_ms_ < options_.cold_ms && !at(record_.primary).view.alive() &&
         !heard_of_a_primary();
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

// With the promise that it is known to have on disk.
Member Monitor::member(const std::string& node) const {
  const auto* known = record_.member(node);
  const auto reported = at(node).view.report.promise;
  return {node, known == nullptr ? reported : std::max(known->promise, reported)};
}

Record Monitor::changed(std::vector<Member> in_sync) const {
  Record record{record_.epoch.next(), record_.primary, {}};
  for (const auto& one : in_sync) record.in_sync.push_back(member(one.node));
  return record;
}

Wish Monitor::wish() const {
  const auto& view = at(record_.primary).view;
  if (!view.alive() || !acts(view.report) || view.report.epoch != record_.epoch) return {};
  for (const auto& member : record_.in_sync) {
    if (lost_disk(member.node)) return {Wish::Kind::kDrop, member.node};
  }
  const auto& asked = view.report.wish;
  if (!nodes_.contains(asked.node) || asked.node == record_.primary) return {};
  if (asked.kind == Wish::Kind::kAdmit) {
    // Without a promise of its own nobody could see later that it lost its disk.
    const auto& node = at(asked.node).view;
    if (record_.member(asked.node) != nullptr || node.report.promise == Epoch{}) return {};
  }
  return asked;
}

const Monitor::Node& Monitor::at(const std::string& node) const {
  return nodes_.at(node);
}

}  // namespace sportapp::failover
