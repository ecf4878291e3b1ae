// The journal of a simulated node: the real one's rules, queue and writer, stepped as its thread would, over
// simulated files.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sim/checker.hpp"
#include "sim/commands.hpp"
#include "sim/sim_files.hpp"
#include "store/journal/core.hpp"
#include "store/journal/replicated.hpp"

namespace sportapp::simulator {

struct Command {
  Request request;
  // `said` none: it was not decided here, since this node is not the primary (any more).
  std::function<void(std::optional<Said> said, std::int64_t id)> done;
};

class SimJournal final : public journal::ReplicatedJournal, private journal::CommitGate {
 public:
  // Called on the journal's thread.
  struct Owner {
    std::function<journal::CommitGate*()> gate;
    std::function<void()> failing, recovered;
    std::function<void(const journal::SharedEntries&)> decided;  // a batch, which now comes to the gate
    std::function<void()> may_be_written, may_be_answered;       // what the gate then says of it
    std::function<void(const journal::SharedEntries&)> taken;    // of another journal
    std::function<void(Position)> trimmed;
  };
  // `hop`: what it takes from thread to thread.
  SimJournal(Process& process, Disk& disk, NodeFiles& files, const Clock& clock, Us hop);

  // Opens its files, and works. Before anything else.
  void start(Owner owner);
  [[nodiscard]] SimFiles& files() { return sim_files_; }

  void submit(Command command);
  // Deletes entries from the first on, as far as they are settled; `part` of what could be, of 100.
  void trim(std::int64_t part);
  [[nodiscard]] journal::JournalStatus status() const override;
  void lead(Epoch epoch, bool settles) override;
  void follow(std::function<void()> done) override;
  void append(journal::SharedEntries entries, std::function<void(Result<Position>)> done) override;
  void replace(std::filesystem::path file, std::function<void(Result<Position>)> done) override;
  void accept_loss() override;

 private:
  void before_commit(const journal::SharedEntries& entries, Verdict verdict) override;
  void committed(Position head) override;
  void commit_failed() override { owner_.gate()->commit_failed(); }
  void look_for_work();
  void wait_until_due();
  void step();

  Process& process_;
  NodeFiles& files_;
  const Clock& clock_;
  const Us hop_;
  SimFiles sim_files_;
  Owner owner_;
  journal::Options options_;
  const std::shared_ptr<journal::Inbox> inbox_;
  journal::View view_;
  journal::Durable readers_;
  journal::Core core_;
  bool woken_ = false;       // a step is on its way
  std::int64_t due_ms_ = 0;  // one is on its way that is to be made then
};

}  // namespace sportapp::simulator
