// The monitor's core: keeps the record of one service, and decides by the table of monitor_rules.hpp. No
// socket, clock, thread or disk: whoever drives it hands in what happened, with the time, and carries out
// what it asks for.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ha/failover/monitor_rules.hpp"
#include "ha/failover/report.hpp"

namespace sportapp::failover {

// What a rule did, for the log of events.
struct MonitorEvent {
  std::string rule;   // M6
  std::string what;   // "promote b"
  std::string cause;  // "a: connection broken"
  Record record;      // that is on its way to the disk, or counts
};

class Monitor {
 public:
  struct Options {
    std::string service = "SERVICE";  // for messages
    std::vector<std::string> nodes;   // in order of preference
    std::uint64_t run = 0;            // of this run of the monitor: random
    std::int64_t cold_ms = 2000;      // after the start: so long the recorded primary may take to appear
    std::int64_t fail_back_after_ms =
        1000;  // the preferred node is in sync so long, then it takes its place; < 0: never
    std::int64_t fail_back_max_ms = 60'000;  // each time it failed soon after, it must wait twice as long
    std::int64_t hand_over_ms = 3000;        // a switchover that takes longer is given up
  };
  // `saved`: the record on disk, if any; its floor may be a newer one that was noted since it was written.
  Monitor(Options options, Record saved, std::int64_t now_ms);

  // A node answered. Echoes of another run of the monitor, or not newer than the last, are ignored.
  void echoed(std::int64_t now_ms, const std::string& node, const Echo& echo);
  // It broke its connection, or was silent for too long. Until its next echo it counts as lost.
  void lost(std::int64_t now_ms, const std::string& node, const std::string& why);
  // The record handed out by record_to_save() is on disk; or it could not be saved, and is handed out again.
  void saved(std::int64_t now_ms, Epoch epoch);
  void save_failed(std::int64_t now_ms, Epoch epoch);
  void tick(std::int64_t now_ms);

  // An operator's wishes; an error says why not. The preferred node does not take its place back from the one
  // chosen before it was out of sync once.
  [[nodiscard]] Result<void> switch_over(std::int64_t now_ms, const std::string& to);
  // Makes a node primary whatever is known of it: entries acknowledged meanwhile elsewhere may be lost.
  [[nodiscard]] Result<void> force(const std::string& node);

  [[nodiscard]] Ping ping(const std::string& node);      // the next one
  [[nodiscard]] std::optional<Record> record_to_save();  // given once
  [[nodiscard]] std::vector<MonitorEvent> take_events();

  // As people see it.
  enum class Life : std::uint8_t { kUnknown, kAlive, kLost };
  struct NodeView {
    Life life = Life::kUnknown;
    std::string why_lost;
    Report report;         // the last one; of run 0: none yet
    std::string last_why;  // the last reason for which it was not able, until it acts as primary
    [[nodiscard]] bool alive() const { return life == Life::kAlive; }
  };
  [[nodiscard]] const Record& record() const { return record_; }  // that counts
  // Every journal that is to lead must hold it: committed by a primary under the record that counts, or
  // before.
  [[nodiscard]] const Position& floor() const { return floor_; }
  [[nodiscard]] const NodeView& node(const std::string& name) const;
  [[nodiscard]] const std::vector<std::string>& nodes() const { return options_.nodes; }
  [[nodiscard]] const std::string& successor() const { return successor_; }  // of a switchover under way
  [[nodiscard]] const std::string& alarm() const { return alarm_; }  // what only a person can mend; or empty
  // The primary acts on the record that counts: commands are taken.
  [[nodiscard]] bool serving() const;

 private:
  struct Node {
    NodeView view;
    std::uint64_t pinged = 0, echoed = 0;
    std::int64_t in_sync_since_ms = -1;  // in the record, and alive; -1: it is not
    Position asked;                      // the floor of its last ping
    // In this run it was seen to hold the floor as it was then. While it runs it loses nothing, so as long as
    // it stays in sync it holds the floor of now as well; the answer about that may be on its way yet.
    std::uint64_t vouched_run = 0;
    bool compared = false;  // without a record: it holds what it was asked for
  };

  void decide(std::int64_t now_ms);
  [[nodiscard]] Bits facts(std::int64_t now_ms) const;
  void act(std::int64_t now_ms, const Rule& rule);
  void write(const Rule& rule, Record record, std::string what, std::string cause);
  void begin(const Rule& rule);
  void restore(const Rule& rule);
  void forget(const Rule& rule);
  void consider_alarm(std::int64_t now_ms, const Rule& rule);
  void promote(std::int64_t now_ms, const Rule& rule);
  void drop(const Rule& rule);
  void admit(const Rule& rule);
  void switch_primary(const Rule& rule);
  void tell(std::int64_t now_ms);
  void note_what_it_holds(Node& node);
  void learn_floor(const std::string& node);
  void compare_anew();
  void raise_alarm(std::int64_t now_ms, const Rule& rule, std::string cause);
  void end_alarm();
  void note_failure_of_preferred(std::int64_t now_ms);
  void look_at_fail_back(std::int64_t now_ms);
  void give_up_late_switchover(std::int64_t now_ms);
  void note(const Rule& rule, std::string what, std::string cause, const Record& record);

  [[nodiscard]] bool lost_disk(const std::string& node) const;
  [[nodiscard]] bool holds_floor(const std::string& node) const;
  [[nodiscard]] bool lacks_floor(const std::string& node) const;
  [[nodiscard]] bool lacks_something(const std::string& node) const;
  [[nodiscard]] bool eligible(const std::string& node) const;
  [[nodiscard]] bool comparing() const;
  [[nodiscard]] bool complete() const;
  [[nodiscard]] bool outrun() const;
  [[nodiscard]] Epoch highest_epoch() const;
  [[nodiscard]] std::string acting_primary() const;
  [[nodiscard]] std::string most_complete() const;
  [[nodiscard]] Position next_longest(const std::string& node) const;
  [[nodiscard]] std::string why_not_primary(const std::string& node) const;
  [[nodiscard]] std::string lacking() const;
  [[nodiscard]] std::string what_a_person_can_do() const;
  [[nodiscard]] bool cold(std::int64_t now_ms) const;
  [[nodiscard]] bool drained() const;
  [[nodiscard]] bool heard_of_a_primary() const;
  [[nodiscard]] std::string longest(const std::vector<std::string>& among) const;
  [[nodiscard]] std::string successor_of_lost(std::int64_t now_ms) const;
  [[nodiscard]] Member member(const std::string& node) const;
  [[nodiscard]] Record changed(std::vector<Member> in_sync) const;
  [[nodiscard]] Record alone(Epoch epoch, const std::string& node) const;
  [[nodiscard]] std::string why_unfit(std::int64_t now_ms) const;
  [[nodiscard]] Wish wish() const;
  [[nodiscard]] const Node& at(const std::string& node) const;

  const Options options_;
  const std::int64_t started_ms_;
  std::map<std::string, Node> nodes_;
  Machine<MonitorState> machine_{monitor_table()};
  Record record_;
  Position floor_;
  std::map<std::string, Position> compare_;  // without a record, by node: what its journal is asked for
  std::map<std::string, std::uint64_t> compared_runs_;
  std::optional<Record> next_;  // kSaving
  bool handed_out_ = false, saved_ = false;
  std::string successor_;
  std::int64_t hand_over_since_ms_ = 0;
  bool stays_away_ = false;  // the preferred node, since an operator chose another
  std::int64_t no_fail_back_before_ms_ = 0;
  std::int64_t primary_since_ms_;
  std::int64_t told_ms_;  // when the record began to count in this run
  std::int64_t fail_back_wait_ms_;
  std::string alarm_, alarm_cause_;
  std::vector<MonitorEvent> events_;
};

}  // namespace sportapp::failover
