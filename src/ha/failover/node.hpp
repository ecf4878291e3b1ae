// A node's core: which role it has, by the table of node_rules.hpp. No socket, clock, thread or disk.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ha/failover/node_rules.hpp"
#include "ha/failover/report.hpp"

namespace sportapp::failover {

// What the node asks for; carried out in order.
struct NodeOrder {
  NodeAction action = NodeAction::kWait;  // never kWait, kFollow, kLeave: those are the core's own
  Epoch epoch;                            // kPromise: to save; kLead, kHeed: to act under
  std::string_view rule;                  // N6
};

class Node {
 public:
  // `promise`: as on disk. The journal is idle and does not lead.
  Node(std::string name, Epoch promise);

  // Inputs. Each may bring orders.
  void told(const Ping& ping, bool holds_floor = true);  // whether the journal holds the ping's floor
  void promise_saved(Epoch epoch);
  void journal_able(bool able);
  void journal_idle(bool idle);
  // A frame of `epoch` came from another that is primary under it; true once that may be answered: the
  // promise is on disk and nothing stands against it. Call again after each change while it is false and not
  // refused().
  [[nodiscard]] bool follow(Epoch epoch);
  // That frame is of an epoch below what was promised or is being promised.
  [[nodiscard]] bool refuses(Epoch epoch) const;
  // The one it followed is gone.
  void left();
  // Another node refused a frame of ours for a higher promise, or the journal failed under an open batch.
  void overruled();

  [[nodiscard]] std::vector<NodeOrder> take_orders();

  [[nodiscard]] NodeState state() const { return machine_.state(); }
  [[nodiscard]] bool leads() const {
    return state() == NodeState::kPrimary || state() == NodeState::kDraining;
  }
  [[nodiscard]] bool drained() const { return state() == NodeState::kDraining && idle_; }
  [[nodiscard]] Epoch promise() const { return promise_; }        // on disk
  [[nodiscard]] Epoch promised() const { return saving_; }        // on disk, or on its way there
  [[nodiscard]] const Record& acting() const { return acting_; }  // as primary: the record acted on
  [[nodiscard]] const Record& record() const { return record_; }  // the newest one told
  [[nodiscard]] Epoch highest_told() const { return std::max(record_.epoch, saving_); }
  [[nodiscard]] Epoch following() const { return following_; }
  [[nodiscard]] bool followed() const { return followed_; }
  // It was told to be primary, and has not begun.
  [[nodiscard]] bool about_to_lead() const;

 private:
  void decide();
  void act(const Rule& rule);
  [[nodiscard]] Bits facts() const;
  [[nodiscard]] bool lost_something()
      const;  // the record counts on it, and it had promised more or lacks the floor
  void save(Epoch epoch, std::string_view rule);

  const std::string name_;
  Machine<NodeState> machine_{node_table()};
  Epoch promise_, saving_;  // saving_ > promise_ while one is on its way to the disk
  Record record_, acting_;
  Epoch following_;
  bool able_ = true, idle_ = true, overruled_ = false, hand_over_ = false, followed_ = false;
  bool holds_floor_ = true;
  std::vector<NodeOrder> orders_;
};

}  // namespace sportapp::failover
