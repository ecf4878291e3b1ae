// A commands process as one node of several: drives its replica over links, journal and disk.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ha/node/options.hpp"
#include "ha/replication/replica.hpp"
#include "store/journal/journal.hpp"

namespace sportapp::node {

// What the rest of the process needs to know of its role.
struct RoleView {
  bool decides = false;  // this node takes commands
  std::string primary;   // the other node that does, as far as is known; empty: nobody, or this one
  Epoch epoch;
  failover::Report report;
  std::vector<replication::Replica::PeerView> peers;
};

// Everything but construction, start and stop happens on the link's thread; each callback too.
class LiveNode final : public journal::CommitGate {
 public:
  // Called after each change of `decides` or `primary`.
  using OnRole = std::function<void(const RoleView&)>;

  // Whether the process is stuck in a request. It then gives the monitor no echo, as one that hangs as a
  // whole. Called on the link's thread.
  using Hangs = std::function<bool()>;

  LiveNode(Options options, OnRole on_role, Hangs hangs = {});
  ~LiveNode() override;

  // Reads key and promise. Before the journal is opened, which gets this as its gate.
  [[nodiscard]] Result<void> prepare();
  // Listens, and waits to be told a role. `journal` follows, and outlives stop().
  [[nodiscard]] Result<void> start(journal::Journal& journal);
  // What waits at the gate, or comes to it, is rolled back; the links break.
  void stop();

  [[nodiscard]] RoleView role() const;  // any thread; as it was at most some 50 ms ago
  // The journal's callbacks; any thread.
  void journal_failing();
  void journal_recovered();

  void before_commit(const journal::SharedEntries& entries, Verdict verdict) override;
  void committed(Position head) override;
  void commit_failed() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::node
