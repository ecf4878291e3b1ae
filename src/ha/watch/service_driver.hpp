// Drives the core of one service: pings its nodes, tells silence from death, has records saved before they
// count, and hangs ended. No socket, clock, thread or disk; one thread.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "ha/failover/monitor.hpp"
#include "ha/watch/silence.hpp"

namespace sportapp::watch {

class ServiceDriver {
 public:
  static constexpr std::int64_t kPingMs = 25;
  static constexpr std::int64_t kFastPingMs = 5;    // while something changes
  static constexpr std::int64_t kFastForMs = 1000;  // after the last change
  // To show that it lives after all, before it is killed; times Outside::patience(), none where it is halted.
  static constexpr std::int64_t kGraceMs = 100;
  static constexpr std::int64_t kGraceAloneMs = 1000;  // the same, while no other can serve in its place
  static constexpr std::int64_t kKillAgainMs = 1000;
  static constexpr std::int64_t kSaveAgainMs = 100;
  static constexpr std::int64_t kNoteAgainMs = 1000;  // what is known meanwhile waits, too
  static constexpr std::int64_t kLateMs = 10;         // a wake-up later than that is the monitor's own delay

  // Begins what is asked for; what comes of it is told to the driver later.
  class Outside {
   public:
    virtual ~Outside() = default;
    virtual void send(const std::string& node, const failover::Ping& ping) = 0;
    virtual void save(const failover::Record& record) = 0;  // then saved() or not_saved()
    // The process that holds the node's connection does not run at all, as far as the system shows it.
    [[nodiscard]] virtual bool is_halted(const std::string& node) = 0;
    // So many times as long as usual is it given.
    [[nodiscard]] virtual std::int64_t patience(const std::string& node) const = 0;
    virtual void kill(const std::string& node, const std::string& why) = 0;  // and have it started again
    virtual void note(const failover::MonitorEvent& event) = 0;
    // The floor of the record of that epoch as it is now; then floor_noted(), and no other before that.
    virtual void note_floor(Epoch epoch, const Position& floor) = 0;
  };
  struct Counts {
    std::int64_t suspicions = 0;    // a connected node was silent for too long
    std::int64_t false_alarms = 0;  // and yet answered before it was killed
    std::int64_t promotions = 0;    // of another node, for the primary was lost
  };

  // `outside` must outlive it.
  ServiceDriver(failover::Monitor::Options options, failover::Record saved, std::int64_t suspicion_ms,
                std::int64_t now_ms, Outside& outside);

  void linked(std::int64_t now_ms, const std::string& node);
  // The connection broke, or there could be none.
  void unlinked(std::int64_t now_ms, const std::string& node, const std::string& why);
  void answered(std::int64_t now_ms, const std::string& node, const failover::Echo& echo);
  void saved(std::int64_t now_ms, Epoch epoch);
  void not_saved(std::int64_t now_ms, Epoch epoch);
  void floor_noted(std::int64_t now_ms, bool on_disk);
  // `late_ms`: so much later than next_tick_ms() asked for. Pings, and looks who is silent.
  void tick(std::int64_t now_ms, std::int64_t late_ms);
  [[nodiscard]] std::int64_t next_tick_ms() const { return next_ping_ms_; }

  // An empty `to`: the spare in sync with the longest journal.
  [[nodiscard]] Result<void> switch_over(std::int64_t now_ms, std::string to);
  [[nodiscard]] Result<void> force(std::int64_t now_ms, const std::string& node);

  [[nodiscard]] const failover::Monitor& core() const { return core_; }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] std::int64_t silent_ms(std::int64_t now_ms,
                                       const std::string& node) const;  // -1: no connection

 private:
  struct Suspicion {
    std::int64_t since_ms;
    bool halted;                            // when it began
    std::optional<std::int64_t> killed_ms;  // the last time since then
  };
  struct Peer {
    bool linked = false;
    std::optional<std::int64_t> answered_ms{};  // the last time on this connection
    std::optional<Suspicion> suspicion{};       // until it answers, or the connection breaks
    Silence silence;
  };
  void settle(std::int64_t now_ms);
  void ping_all(std::int64_t now_ms);
  void note_floor(std::int64_t now_ms);
  void look_who_is_silent(std::int64_t now_ms, const std::string& node, Peer& peer);
  void suspect(std::int64_t now_ms, const std::string& node, Peer& peer);
  [[nodiscard]] std::int64_t kill_due_ms(const std::string& node, const Suspicion& suspicion) const;
  [[nodiscard]] bool is_alone(const std::string& node, const Suspicion& suspicion) const;
  [[nodiscard]] Result<std::string> spare_in_sync() const;

  failover::Monitor core_;
  Outside& outside_;
  std::map<std::string, Peer> peers_;
  Counts counts_;
  std::int64_t next_ping_ms_;
  std::int64_t fast_until_ms_;
  std::int64_t save_again_ms_ = 0;
  Epoch told_;  // what the last pings said
  std::string told_successor_;
  std::pair<Epoch, Position> noted_;  // the last floor, or the one on its way
  bool noting_ = false;               // one is on its way
  std::int64_t note_again_ms_ = 0;
};

}  // namespace sportapp::watch
