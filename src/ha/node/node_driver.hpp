// Drives a node's replica over links, journal and disk.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/worker.hpp"
#include "ha/node/incoming_copy.hpp"
#include "ha/node/node_log.hpp"
#include "ha/node/options.hpp"
#include "ha/node/outgoing_copies.hpp"
#include "ha/replication/replica.hpp"
#include "net/link/endpoint.hpp"
#include "store/journal/journal.hpp"
#include "store/journal/promise.hpp"

namespace sportapp::node {

// Everything but construction, tell() and stop() happens on the link's thread.
class NodeDriver {
 public:
  using Replica = replication::Replica;
  struct Outside {
    link::Endpoint& endpoint;
    journal::Journal& journal;
    std::function<void(bool pass)> decide_gate;
    std::function<void(const Replica&)> acted;  // after each input and what it asked for
    std::function<bool()> hangs{};              // then pings get no echo
  };
  NodeDriver(const Options& options, Outside outside, std::unique_ptr<journal::Promise> promise);
  void stop();  // its threads end; the link's has ended

  void up(link::ConnectionId connection, const std::string& name, bool dialled);
  void down(link::ConnectionId connection);
  void frame(link::ConnectionId connection, const link::Frame& frame);
  void tick();  // and again by itself
  // Hands something to the replica, and does what it asks for then. Any thread.
  void tell(std::function<void(Replica&, std::int64_t now_ms)> input);

 private:
  struct Connection {
    std::string name;
    std::string node;  // empty: the monitor's
    bool dialled = false;
  };

  [[nodiscard]] const Peer& peer(const std::string& node) const;
  [[nodiscard]] const Peer* peer_of(const std::string& process) const;
  [[nodiscard]] std::int64_t now_ms() const { return clock_.monotonic_ms(); }
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
  void perform(const replication::RollBack& action);
  void perform(const replication::AppendToJournal& action);
  void perform(const replication::MakeSnapshot& action);
  void perform(const replication::ReadChunk& action);
  void perform(const replication::DropSnapshot& action);
  void perform(const replication::WriteChunk& action);
  void perform(const replication::InstallSnapshot& action);
  void perform(const replication::AcceptLoss& action);
  void save_promise(Epoch epoch);  // on the promise's worker, as is what follows
  void reopen_promise();

  const Options options_;
  const Outside outside_;
  const SystemClock clock_;
  std::map<link::ConnectionId, Connection> connections_;
  std::optional<link::ConnectionId> monitor_;           // the last that pinged
  std::map<std::string, link::ConnectionId> to_spare_;  // by node
  NodeLog log_;
  std::unique_ptr<journal::Promise> promise_;  // its worker's own
  Replica replica_;
  std::mutex stop_mutex_;  // guards the next
  std::condition_variable stopped_;
  std::atomic<bool> stopping_{false};
  std::map<std::string, std::shared_ptr<std::atomic<bool>>> wanted_;  // by node: the copy for it
  OutgoingCopies outgoing_;  // its worker's own, as is the next; so that one never waits for the other
  IncomingCopy incoming_;
  std::unique_ptr<Worker> promise_worker_, outgoing_worker_, incoming_worker_;
};

}  // namespace sportapp::node
