// A node's disk: its promise, its journal and the journal's mark. A write counts once it is confirmed; one
// that fails, or is under way when the process ends, may have happened or not. Each is all or nothing: a
// promise is a file put in place by its name, a batch a transaction whose torn end is seen by its checksum.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "ha/failover/report.hpp"
#include "ha/replication/message.hpp"
#include "sim/process.hpp"
#include "store/journal/entry.hpp"

namespace sportapp::simulator {

class Disk {
 public:
  struct Manner {
    Us least = 50, most = 400;
    std::int64_t failed_percent = 0;
    std::int64_t stuck_percent = 0;  // takes seconds
  };
  Disk(Timeline& timeline, Random& random) : timeline_(timeline), random_(random) {}

  // Does `change` some time later; then tells the process, in the run in which it asked.
  void write(Process& process, std::function<void()> change, std::function<void(bool)> done);
  // Whether a write that is waited for at once succeeds.
  [[nodiscard]] bool works_now() { return !random_.percent(manner_.failed_percent); }
  [[nodiscard]] bool coin() { return random_.coin(); }  // whether one that failed happened all the same
  void process_ended();
  void set(const Manner& manner) { manner_ = manner; }
  [[nodiscard]] bool failing() const { return manner_.failed_percent > 0; }

 private:
  Timeline& timeline_;
  Random& random_;
  Manner manner_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, std::function<void()>> under_way_;
};

// What is on it.
struct NodeFiles {
  Epoch promise;
  std::vector<journal::Entry> journal;
  // Kept apart from the journal: where it ended when it was last written, and the last entry known to count.
  struct Mark {
    Position head;
    replication::Settled settled;
    std::optional<Position> replacing;  // the end of a copy that is being put in the journal's place
  };
  Mark mark;
  // Entries up to it are deleted. They stand in `journal` yet, for whoever checks; the node must not look at
  // them.
  Seq base;
  [[nodiscard]] Position head() const {
    if (journal.empty()) return {};
    return {journal.back().seq, journal.back().hash};
  }
  [[nodiscard]] Position at(Seq seq) const {
    return {seq, journal.at(static_cast<std::size_t>(seq.value - 1)).hash};
  }
  [[nodiscard]] bool holds(const Position& position) const {
    if (position.seq == Seq{}) return true;
    const auto index = static_cast<std::size_t>(position.seq.value - 1);
    return index < journal.size() && journal[index].hash == position.hash;
  }
  // As the check at a node's start finds it.
  [[nodiscard]] failover::Damage damage() const;
};

}  // namespace sportapp::simulator
