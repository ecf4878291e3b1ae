// Behaves as journal::Journal does, on a simulated disk, with a thread of its own: commands are decided in
// batches, each waits at the gate, is committed, and only then answered.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "sim/checker.hpp"
#include "sim/commands.hpp"
#include "sim/disk.hpp"

namespace sportapp::simulator {

struct Command {
  Request request;
  // `said` none: it was not decided here, since this node is not the primary (any more).
  std::function<void(std::optional<Said> said, std::int64_t id)> done;
};

class SimJournal {
 public:
  // Called on the journal's thread.
  struct Owner {
    std::function<void(journal::SharedEntries)> opened;  // a batch waits for release() or roll_back()
    std::function<void(Position)> committed;
    std::function<void()> commit_failed;
    std::function<void(std::string)> failing;
    std::function<void(Position)> recovered;
    std::function<std::int64_t()> wall_ms;
  };
  SimJournal(Process& process, Disk& disk, NodeFiles& files, Checker& checker, Us hop, Owner owner);

  void submit(Command command);
  void lead(Epoch epoch, bool settles);
  void follow(std::function<void()> done);
  void append(journal::SharedEntries entries, std::function<void(Result<Position>)> done);
  void replace(std::string bytes, std::function<void(Result<Position>)> done);
  // Nothing is taken, from the start on, but a copy; or accept_loss(), which goes on with what is there.
  void be_damaged();
  void accept_loss();
  // Deletes entries from the first on, as far as they are settled; `part` of what could be, of 100.
  void trim(std::int64_t part);
  void release();
  void roll_back();
  [[nodiscard]] const std::optional<Checker::Known>& known_to_batch() const { return known_; }

 private:
  struct Batch {
    std::vector<Command> commands;
    std::vector<std::pair<Said, std::int64_t>> outcomes;
    std::vector<journal::Entry> entries;
  };
  using Task = std::function<void()>;
  using Written = std::function<void(Result<Position>)>;

  void put(Task task);
  void look_for_work();
  void work();
  void decide();
  void decide(const Command& command);

  void answer();

  void begin_failing(const std::string& why);
  void recover();
  void commit();
  void do_trim(std::int64_t part);
  void do_append(const journal::SharedEntries& entries, const Written& done);
  void do_replace(const std::string& bytes, const Written& done);
  void write(std::function<void()> change, std::function<void(bool)> done);
  void answer_waiting();
  void wrote(Seq settled);
  void index_anew();
  void index_more();

  Process& process_;
  Disk& disk_;
  NodeFiles& files_;
  Checker& checker_;
  const Us hop_;  // from thread to thread
  const Owner owner_;
  bool leading_ = false, busy_ = false, woken_ = false, failing_ = false, damaged_ = false;
  Epoch epoch_{1};
  std::deque<Task> tasks_;
  std::deque<Command> queue_;
  Seq settled_;                          // see journal::JournalStatus
  std::optional<Batch> batch_;           // at the gate, or being committed
  std::optional<Checker::Known> known_;  // when it was decided
  std::size_t indexed_ = 0;              // entries of the files that stand in:
  std::map<std::string, std::int64_t> names_;
  std::map<std::string, std::int64_t> keys_;
};

}  // namespace sportapp::simulator
