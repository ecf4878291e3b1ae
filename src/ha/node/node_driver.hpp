// Drives a node's replica over links, journal and disk, each behind a port: the same code runs in the process
// and in the simulator.
#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "ha/node/gate.hpp"
#include "ha/node/options.hpp"
#include "ha/node/ports.hpp"
#include "ha/replication/replica.hpp"
#include "net/link/links.hpp"
#include "store/journal/options.hpp"
#include "store/journal/replicated.hpp"

namespace sportapp::node {

// Everything but construction, tell(), the gate's and the journal's calls happens on the loop's thread.
class NodeDriver final : public journal::CommitGate {
 public:
  using Replica = replication::Replica;
  struct Outside {
    link::Links& links;
    journal::ReplicatedJournal& journal;
    replication::Log& log;  // of that journal
    NodeDisk& disk;
    const Clock& clock;
    std::function<void(const Replica&)> acted;  // after each input and what it asked for
    std::function<bool()> hangs{};              // then pings get no echo
  };
  NodeDriver(const Options& options, Outside outside, const Replica::Options& replica, Epoch promise);

  void up(link::ConnectionId connection, const std::string& name, bool dialled);
  void down(link::ConnectionId connection);
  void frame(link::ConnectionId connection, const link::Frame& frame);
  void tick();  // and again by itself
  // Hands something to the replica, and does what it asks for then. Any thread.
  void tell(std::function<void(Replica&, std::int64_t now_ms)> input);
  [[nodiscard]] const Replica& replica() const { return replica_; }

  // The journal's gate and callbacks, which come after construction. Any thread.
  void before_commit(const journal::SharedEntries& entries, Verdict verdict) override;
  void committed(Position head) override;
  void commit_failed() override;
  void journal_failing();
  void journal_recovered();
  // Nothing passes the gate any more.
  void close_gate() { gate_.stop(); }

 private:
  struct Connection {
    std::string name;
    std::string node;  // empty: the monitor's
    bool dialled = false;
  };

  [[nodiscard]] const Peer& peer(const std::string& node) const;
  [[nodiscard]] const Peer* peer_of(const std::string& process) const;
  [[nodiscard]] std::int64_t now_ms() const { return outside_.clock.monotonic_ms(); }
  void end(link::ConnectionId connection);  // of our own accord
  void ping(link::ConnectionId connection, const link::Frame& frame);
  void message(link::ConnectionId connection, const link::Frame& frame);
  void perform();
  void perform(const replication::SavePromise& action);
  void perform(const replication::Dial& action);
  void perform(const replication::HangUp& action);
  void perform(const replication::Cut& action);
  void perform(const replication::ToSpare& action);
  void perform(const replication::ToPrimary& action);
  void perform(const replication::CutPrimary& action);
  void perform(const replication::Lead& action);
  void perform(const replication::StopLeading& action);
  void perform(const replication::Release& action);
  void perform(const replication::Confirm& action);
  void perform(const replication::RollBack& action);
  void perform(const replication::AppendToJournal& action);
  void perform(const replication::MakeSnapshot& action);
  void perform(const replication::ReadChunk& action);
  void perform(const replication::DropSnapshot& action);
  void perform(const replication::WriteChunk& action);
  void perform(const replication::InstallSnapshot& action);
  void perform(const replication::AcceptLoss& action);
  void save_promise();
  void promise_saved(const Result<void>& saved);
  void installed(const Result<Position>& head);

  const Options options_;
  const Outside outside_;
  std::map<link::ConnectionId, Connection> connections_;
  std::optional<link::ConnectionId> monitor_;           // the last that pinged
  std::map<std::string, link::ConnectionId> to_spare_;  // by node
  Replica replica_;
  std::deque<Epoch> promises_;  // to be saved, in their order; the first is under way
  Gate gate_;
  std::map<std::string, std::shared_ptr<std::atomic<bool>>> wanted_;  // by node: the copy for it
};

}  // namespace sportapp::node
