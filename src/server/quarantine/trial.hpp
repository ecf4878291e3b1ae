// A request tried apart: in a child process of the same program, which may die of it. It reads the journal,
// reads, decides and applies the request in memory, and writes nothing.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "domain/domain.hpp"

namespace sportapp::quarantine {

struct TrialRequest {
  std::filesystem::path journal;
  std::string method;
  std::optional<Id> id;
  std::string body;
};

struct TrialOutcome {
  enum class Kind { kPassed, kFailed, kNotTried };
  Kind kind = Kind::kNotTried;
  std::string what;  // happened, where it did not pass
};

// The child's whole life: a request from standard input, what comes of it to standard output; the exit
// status.
[[nodiscard]] int run_trial(const domain::Domain& domain);

// The parent's side: one trial at a time, on a thread of its own.
class Trials {
 public:
  struct Options {
    std::filesystem::path program =
        "/proc/self/exe";    // started as PROGRAM --trial; itself, whatever its file is now
    int start_ms = 5000;     // until it has begun; more: not tried
    int deadline_ms = 2000;  // from then on; more: it hangs
    std::size_t queue_max = 64;
  };
  using Done = std::function<void(TrialOutcome)>;

  explicit Trials(Options options);
  ~Trials();  // what waits gets no outcome any more; a child under way is killed
  // False where too many wait. `done` is called on the trials' thread.
  [[nodiscard]] bool ask(TrialRequest request, Done done);

 private:
  struct Asked {
    TrialRequest request;
    Done done;
  };
  void run();
  [[nodiscard]] TrialOutcome hold(const TrialRequest& request) const;

  const Options options_;
  std::mutex mutex_;  // guards what follows, up to the thread
  std::condition_variable wake_;
  std::deque<Asked> queue_;
  bool stopping_ = false;
  int stop_pipe_[2] = {-1, -1};  // readable once it is stopping
  std::thread thread_;
};

}  // namespace sportapp::quarantine
