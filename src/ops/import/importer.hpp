#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "ops/import/key.hpp"
#include "ops/import/line_source.hpp"
#include "ops/import/request_pool.hpp"

namespace sportapp::importing {

struct Counts {
  std::int64_t registered = 0;
  std::int64_t replayed = 0;
  std::int64_t refused = 0;
  std::int64_t unsettled = 0;  // sent, or about to be, with no final answer
  std::int64_t retries = 0;
  [[nodiscard]] std::int64_t settled() const { return registered + replayed + refused; }
};

enum class Ending {
  kAll,      // every line was read and sent
  kStopped,  // somebody asked for it
  kGaveUp,   // nothing went in for too long
  kFailed,   // the file cannot be read, or there is no such service at that address
};

struct Outcome {
  Ending ending = Ending::kAll;
  std::string why;  // unless kAll
  Counts counts;
  std::int64_t elapsed_ms = 0;
};

// Told as it goes, on the importer's thread.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void line_refused(std::int64_t line, std::string_view why) = 0;
  // Several times a second. `trouble`: why the last attempt failed, while nothing goes in.
  virtual void progress(const Counts& counts, const LineSource& source, const std::string& trouble) = 0;
};

// Sends every record of a source, so many at once, each until it has a final answer. A slot keeps its line
// until then, so that memory is bounded however long the service is away.
class Importer {
 public:
  struct Options {
    std::string url;  // of the commands route
    std::size_t connections = 64;
    double lines_per_s_max = 0;  // 0: as fast as it goes
    std::int64_t give_up_after_ms = 120'000;
    std::int64_t drain_ms = 5000;  // what is in flight when it stops early may finish for so long
    int stop_fd = -1;              // readable (and read here): finish what is in flight; once more: end now
  };

  Importer(Options options, LineSource& source, KeyMaker keys, const Clock& clock, Listener& listener);
  [[nodiscard]] Outcome run();

 private:
  enum class Phase { kRunning, kDraining, kOver };
  struct Slot {
    enum class State { kIdle, kSending, kWaiting } state = State::kIdle;
    Record record;
    std::string key;
    int attempts = 0;
    std::int64_t first_ms = 0;
    std::int64_t due_ms = 0;
  };

  void step();
  void fill();
  void take_new_lines();
  bool take_line(Slot& slot);
  [[nodiscard]] bool wants_line() const;
  [[nodiscard]] bool may_send_new();
  void send(std::size_t index);
  void answered(std::size_t index, const Answer& answer);
  void try_again(Slot& slot, const Answer& answer);
  void leave_unsettled(Slot& slot);
  void refuse(const Record& record, std::string_view why);
  void progressed();
  void check_stall();
  void take_stop_request();
  void end_early(Ending ending, std::string why);
  [[nodiscard]] std::int64_t wait_ms() const;
  void wait();
  void tell_progress();
  template <class T>
  bool usable(const Result<T>& result);

  Options options_;
  LineSource& source_;
  KeyMaker keys_;
  const Clock& clock_;
  Listener& listener_;
  std::unique_ptr<RequestPool> pool_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> idle_;
  std::size_t sending_ = 0;
  std::size_t waiting_ = 0;
  LineSource::State source_state_ = LineSource::State::kMore;
  Phase phase_ = Phase::kRunning;
  Outcome outcome_;
  bool heard_ = false;  // some answer came, whatever it said
  std::string trouble_;
  std::minstd_rand random_;
  std::int64_t progressed_ms_ = 0;
  std::int64_t told_ms_ = 0;
  std::int64_t drain_until_ms_ = 0;
  double next_line_ms_ = 0;  // with a rate: when the next new line is due
};

}  // namespace sportapp::importing
