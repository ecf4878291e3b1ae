// One node of a service: its role, what it ships as primary, what it takes in as spare. No socket, clock,
// thread or disk: whoever drives it hands in what happened, with the time, and carries out the actions in
// order. The same code runs in the process and in the simulator. One thread.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ha/failover/node.hpp"
#include "ha/replication/following.hpp"
#include "ha/replication/shipping.hpp"

namespace sportapp::replication {

class Replica {
 public:
  struct Options {
    std::string node;
    std::vector<std::string> others;
    std::uint64_t run = 0;  // of this start: random
    ShippingLimits limits;
  };
  // As the disk has it: the promise, the journal's end. The journal follows. `log` must outlive it.
  Replica(Options options, Epoch promise, Position head, Log& log, std::int64_t now_ms);

  // The monitor's ping; the echo goes back at once.
  [[nodiscard]] failover::Echo pinged(std::int64_t now_ms, const failover::Ping& ping);

  void linked(std::int64_t now_ms, const std::string& node);  // a link that this node dialled
  void unlinked(std::int64_t now_ms, const std::string& node);
  void answered(std::int64_t now_ms, const std::string& node, const Message& message);  // came over it
  // Came over a link that `primary` dialled; each link has a number of its own, never 0.
  void received(std::int64_t now_ms, std::uint64_t link, const std::string& primary, Message message);
  void link_down(std::int64_t now_ms, std::uint64_t link);

  void promise_saved(std::int64_t now_ms, Epoch epoch);
  void promise_failed(std::int64_t now_ms, const std::string& why);  // it is tried again

  // The journal's gate: a batch is decided and waits for Release or RollBack. One at a time.
  void batch_opened(std::int64_t now_ms, journal::SharedEntries entries);
  void batch_committed(std::int64_t now_ms, const Position& head);
  void batch_failed(std::int64_t now_ms, const std::string& why);  // its outcome is unknown
  void stopped(std::int64_t now_ms);                               // the journal stepped down
  void appended(std::int64_t now_ms, const Result<Position>& head);
  void snapshot_made(std::int64_t now_ms, const std::string& node, const CopyId& copy,
                     const Result<Position>& head);
  void chunk_read(std::int64_t now_ms, const std::string& node, const CopyId& copy,
                  Result<std::string> bytes);
  void chunk_written(std::int64_t now_ms, const Result<void>& written);
  void installed(std::int64_t now_ms, const Result<Position>& head);
  // Whether the journal takes writes, and where it ends, which after a failure may have changed.
  // `left`: where a damaged one ends that lost nothing but its last entries.
  void journal_failing(std::int64_t now_ms, const std::string& why,
                       failover::Damage damage = failover::Damage::kNone, const Position& left = {});
  void journal_able(std::int64_t now_ms, const Position& head);
  // Whether the process as a whole gets on with its work; a reason when it does not.
  void process_stalled(std::int64_t now_ms, const std::string& why);

  void tick(std::int64_t now_ms);
  [[nodiscard]] Actions take_actions();

  // For whoever serves requests, and for people.
  [[nodiscard]] bool decides() const { return node_.state() == failover::NodeState::kPrimary; }
  [[nodiscard]] std::string primary() const;  // another node, as far as it is known; empty: none, or this one
  [[nodiscard]] const failover::Node& node() const { return node_; }
  [[nodiscard]] const Position& head() const { return head_; }
  [[nodiscard]] failover::Report report(std::int64_t now_ms) const;
  struct PeerView {
    std::string node;
    PeerState state = PeerState::kAway;
    bool in_sync = false, pledged = false;
    Seq acknowledged;
  };
  [[nodiscard]] std::vector<PeerView> peers() const;  // as primary

 private:
  [[nodiscard]] bool holds_floor(const Position& floor);
  void heed_operator(const failover::Ping& ping);
  void forget_what_is_there_now();
  void update_able();
  void settle(std::int64_t now_ms);
  void carry_out(std::int64_t now_ms, const failover::NodeOrder& order);
  void lead(std::int64_t now_ms, Epoch epoch);
  void act_on(Epoch epoch);
  void abdicate();
  void step_down();
  void maybe_release_batch();
  void look_whether_idle();
  [[nodiscard]] bool in_sync(const std::string& node) const;

  const Options options_;
  const std::int64_t started_ms_;
  Log& log_;
  failover::Node node_;
  Following following_;
  Position head_;
  bool head_is_known_ = true;   // false: the journal could not be opened yet
  bool journal_leads_ = false;  // from Lead to stopped()
  bool stopping_ = false;
  std::string failing_, promise_failing_, stalled_;
  failover::Damage damage_ = failover::Damage::kNone;
  std::optional<Settled> missing_;  // counts, says another node, and is not in this journal
  std::string missing_at_;          // that node
  Epoch accepted_;                  // of the last record by which an operator forced this node

  // As primary.
  std::map<std::string, Shipping> shipping_;
  Leadership leadership_;
  std::uint64_t batches_ = 0;

  Actions actions_;
};

}  // namespace sportapp::replication
