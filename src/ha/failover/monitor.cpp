#include "ha/failover/monitor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sportapp::failover {
namespace {

constexpr std::int64_t kSoonMs = 60'000;  // a primary that fails within this time failed soon

std::string names(const std::vector<Member>& members) {
  std::vector<std::string> all;
  for (const auto& member : members) all.push_back(member.node);
  return fmt::format("{}", fmt::join(all, ","));
}

}  // namespace

Monitor::Monitor(Options options, Record saved, std::int64_t now_ms)
    : options_(std::move(options)),
      started_ms_(now_ms),
      record_(std::move(saved)),
      floor_(record_.floor),
      primary_since_ms_(now_ms),
      told_ms_(now_ms),
      fail_back_wait_ms_(options_.fail_back_after_ms) {
  for (const auto& name : options_.nodes) nodes_[name];
  if (record_.epoch != Epoch{}) machine_.step(bit(MonitorFact::kRecorded));
}

void Monitor::echoed(std::int64_t now_ms, const std::string& node, const Echo& echo) {
  auto& known = nodes_.at(node);
  if (echo.monitor != options_.run || echo.number <= known.echoed || echo.number > known.pinged) return;
  known.echoed = echo.number;
  known.view.life = Life::kAlive;
  known.view.why_lost.clear();
  known.view.report = echo.report;
  if (!echo.report.able) known.view.last_why = echo.report.why;
  if (acts(echo.report)) known.view.last_why.clear();
  note_what_it_holds(known);
  learn_floor(node);
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

void Monitor::note_what_it_holds(Node& node) {
  const auto& report = node.view.report;
  if (report.checked != node.asked) return;
  node.compared = report.holds;
  if (record_.epoch == Epoch{}) return;
  if (report.holds) {
    node.vouched_run = report.run;
  } else if (node.asked == floor_) {
    node.vouched_run = 0;
  }
}

// What a primary committed under the record that counts, every node in sync by that record has on disk.
void Monitor::learn_floor(const std::string& node) {
  const auto& report = at(node).view.report;
  if (node != record_.primary || !acts(report) || report.epoch != record_.epoch) return;
  if (report.head.seq > floor_.seq) floor_ = report.head;
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
  if (!nodes_.contains(to)) return Error{Retry::kNever, fmt::format("unknown node {}", to)};
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
  if (!nodes_.contains(node)) return Error{Retry::kNever, fmt::format("unknown node {}", node)};
  if (!at(node).view.alive()) {
    return Error{Retry::kLater, fmt::format("{} does not answer: {}", node, at(node).view.why_lost)};
  }
  if (machine_.state() == MonitorState::kSaving)
    return Error{Retry::kLater, "a change is being written; try again"};
  const auto& report = at(node).view.report;
  if (report.damage == Damage::kBroken) {
    return Error{Retry::kNever, fmt::format("the journal of {} cannot be used: {}", node, report.why)};
  }
  const auto epoch = highest_epoch().next();
  // Even where it lost its disk: its promise of now is what it has.
  write(machine_.step(bit(MonitorFact::kForced)), {epoch, node, {{node, report.promise}}, report.head, epoch},
        "force " + node,
        fmt::format("an operator's wish: entries after {}, acknowledged earlier, are lost",
                    report.head.seq.value));
  return {};
}

Ping Monitor::ping(const std::string& node) {
  auto& known = nodes_.at(node);
  const bool hand_over = node == record_.primary && !successor_.empty();
  known.asked = record_.epoch == Epoch{} ? compare_[node] : floor_;
  return {options_.run, ++known.pinged, record_, hand_over, known.asked};
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
  if (machine_.state() == MonitorState::kNoRecord) compare_anew();
  for (int i = 0; i < kDecisionsMax; ++i) {
    const auto before = machine_.state();
    act(now_ms, machine_.step(facts(now_ms)));
    if (machine_.state() == before) return;
  }
  throw std::logic_error("the monitor's table goes round in circles");
}

void Monitor::act(std::int64_t now_ms, const Rule& rule) {
  switch (static_cast<MonitorAction>(rule.action)) {
    case MonitorAction::kWait:
    case MonitorAction::kAskToDrain:  // ping() does
    case MonitorAction::kForce:       // force() does
      if (machine_.state() == MonitorState::kSteady && why_unfit(now_ms).empty()) end_alarm();
      return;
    case MonitorAction::kBegin:
      return begin(rule);
    case MonitorAction::kRestore:
      return restore(rule);
    case MonitorAction::kForget:
      return forget(rule);
    case MonitorAction::kAlarm:
      return consider_alarm(now_ms, rule);
    case MonitorAction::kTell:
      return tell(now_ms);
    case MonitorAction::kPromote:
      return promote(now_ms, rule);
    case MonitorAction::kDrop:
      return drop(rule);
    case MonitorAction::kAdmit:
      return admit(rule);
    case MonitorAction::kSwitch:
      return switch_primary(rule);
  }
}

void Monitor::consider_alarm(std::int64_t now_ms, const Rule& rule) {
  if (machine_.state() == MonitorState::kNoRecord) {
    if (!comparing()) raise_alarm(now_ms, rule, "the record of who is in sync is lost");
  } else if (now_ms - started_ms_ >= options_.cold_ms) {
    raise_alarm(now_ms, rule, fmt::format("no node can be primary (in sync: {})", names(record_.in_sync)));
  }
}

void Monitor::promote(std::int64_t now_ms, const Rule& rule) {
  const auto& primary = record_.primary;
  auto cause = fmt::format("{}: {}", primary, why_unfit(now_ms));
  for (const auto& [node, promise] : record_.in_sync) {
    const auto why = at(node).view.alive() ? why_not_primary(node) : std::string();
    if (node != primary && !why.empty()) cause += fmt::format("; {}: {}", node, why);
  }
  const auto next = successor_of_lost(now_ms);
  note_failure_of_preferred(now_ms);
  successor_.clear();
  write(rule, alone(record_.epoch.next(), next), "promote " + next, cause);
}

void Monitor::drop(const Rule& rule) {
  const auto& primary = record_.primary;
  const auto node = wish().node;
  std::vector<Member> rest;
  for (const auto& one : record_.in_sync) {
    if (one.node != node) rest.push_back(one);
  }
  write(rule, changed(rest), "drop " + node,
        wish() == at(primary).view.report.wish ? primary + " asks for it" : why_not_primary(node));
}

void Monitor::admit(const Rule& rule) {
  const auto node = wish().node;
  auto all = record_.in_sync;
  all.push_back({node, {}});
  write(rule, changed(all), "admit " + node, record_.primary + " asks for it");
}

void Monitor::switch_primary(const Rule& rule) {
  std::vector<Member> equal;
  for (const auto& one : record_.in_sync) {
    const auto& view = at(one.node).view;
    if (view.alive() && view.report.head == at(record_.primary).view.report.head) equal.push_back(one);
  }
  auto record = changed(equal);
  record.primary = successor_;
  write(rule, std::move(record), "switch to " + successor_, "asked for");
}

void Monitor::begin(const Rule& rule) {
  const auto first = longest(options_.nodes);
  write(rule, alone(Epoch{1}, first), "begin with " + first, "no record yet");
}

void Monitor::restore(const Rule& rule) {
  const auto next = most_complete();
  write(rule, alone(highest_epoch().next(), next), "restore the record with " + next,
        "the record was lost, and " + next + " has all that the others have");
}

void Monitor::forget(const Rule& rule) {
  note(rule, "forget the record", "a node has promised more than it says", record_);
  record_ = {};
  floor_ = {};
  successor_.clear();
  compare_.clear();
}

void Monitor::tell(std::int64_t now_ms) {
  if (record_.primary != next_->primary) primary_since_ms_ = now_ms;
  told_ms_ = now_ms;
  record_ = std::move(*next_);
  next_.reset();
  saved_ = false;
  end_alarm();
  if (record_.floor.seq > floor_.seq || record_.forced == record_.epoch) floor_ = record_.floor;
  if (record_.primary == successor_) successor_.clear();
}

void Monitor::write(const Rule& rule, Record record, std::string what, std::string cause) {
  note(rule, std::move(what), std::move(cause), record);
  next_ = std::move(record);
  handed_out_ = saved_ = false;
}

// News where the causes are others; the advice, which has numbers of entries, may change at any time.
void Monitor::raise_alarm(std::int64_t now_ms, const Rule& rule, std::string cause) {
  for (const auto& node : options_.nodes) {
    auto why = why_not_primary(node);
    if (why.empty() && node == record_.primary) why = why_unfit(now_ms);
    if (!why.empty()) cause += fmt::format("; {}: {}", node, why);
  }
  alarm_ = cause + "; " + what_a_person_can_do();
  if (std::exchange(alarm_cause_, cause) != cause) note(rule, "alarm", alarm_, record_);
}

void Monitor::end_alarm() {
  alarm_.clear();
  alarm_cause_.clear();
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
  if (options_.fail_back_after_ms < 0 || machine_.state() != MonitorState::kSteady || !successor_.empty())
    return;
  if (!ready || stays_away_ || record_.primary == preferred || now_ms < no_fail_back_before_ms_) return;
  if (now_ms - known.in_sync_since_ms < fail_back_wait_ms_) return;
  successor_ = preferred;
  hand_over_since_ms_ = now_ms;
}

void Monitor::give_up_late_switchover(std::int64_t now_ms) {
  if (successor_.empty() || machine_.state() != MonitorState::kSteady) return;
  const bool possible = record_.member(successor_) != nullptr && at(successor_).view.alive();
  if (possible && now_ms - hand_over_since_ms_ < options_.hand_over_ms) return;
  static constexpr Rule kGivenUp{"given up", 0, 0, 0, 0, 0, "a switchover took too long"};
  note(kGivenUp, "switchover to " + successor_ + " given up",
       possible ? "the primary did not finish in time" : "it is no longer in sync", record_);
  successor_.clear();
  no_fail_back_before_ms_ = now_ms + std::max<std::int64_t>(fail_back_wait_ms_, options_.hand_over_ms);
}

// With the promise that it is known to have on disk.
Member Monitor::member(const std::string& node) const {
  const auto* known = record_.member(node);
  const auto reported = at(node).view.report.promise;
  return {node, known == nullptr ? reported : std::max(known->promise, reported)};
}

Record Monitor::changed(std::vector<Member> in_sync) const {
  Record record{record_.epoch.next(), record_.primary, {}, floor_, record_.forced};
  for (const auto& one : in_sync) record.in_sync.push_back(member(one.node));
  return record;
}

// A record under which that node alone is in sync. Where there was none, its journal is the measure.
Record Monitor::alone(Epoch epoch, const std::string& node) const {
  const bool anew = record_.epoch == Epoch{};
  return {epoch, node, {member(node)}, anew ? at(node).view.report.head : floor_, record_.forced};
}

const Monitor::Node& Monitor::at(const std::string& node) const {
  return nodes_.at(node);
}

}  // namespace sportapp::failover
