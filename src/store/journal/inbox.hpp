// What waits for the journal's thread, and which of it may. Any thread puts in, the journal's takes out.
#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "store/journal/entry.hpp"
#include "store/journal/options.hpp"
#include "store/journal/submission.hpp"
#include "store/journal/writer.hpp"

namespace sportapp::journal {

// What is carried out between batches, in order.
struct Turn {
  std::optional<Epoch> lead;  // none: follow
  std::function<void()> done{};
  bool settles = false;  // with `lead`: everything counts
};
struct Append {
  SharedEntries entries;
  std::function<void(Result<Position>)> done;
  std::size_t bytes = 0;
};
struct Replace {
  std::filesystem::path file;
  std::function<void(Result<Position>)> done;
};
struct Trim {
  TrimRequest request;
  std::function<void(Result<Trimmed>)> done;
};
// The file was found damaged by whoever read it, when it had been opened so often.
struct FoundDamaged {
  std::string what;
  std::int64_t opened = 0;
};
struct AcceptLoss {};
using Task = std::variant<Turn, Append, Replace, Trim, FoundDamaged, AcceptLoss>;

// What the gate says of the batch of that number.
struct Verdict {
  std::uint64_t batch = 0;
  Result<CommitGate::Pass> passed;
};

// One piece of work.
using Work = std::variant<Verdict, Task, Batch>;
// What can be carried out now.
struct Able {
  bool verdict = false, task = false, batch = false;
};

class Inbox {
 public:
  struct Options {
    std::size_t queue_max = 0, batch_max = 0;
    bool leading = true;
    // A command that a failing journal cannot carry out is answered NotPrimary.
    bool passes_on = false;
    std::chrono::microseconds expected_for{1000};  // so long expected commands are waited for, at most
  };
  explicit Inbox(Options options) : options_(options), leading_(options.leading) {}

  // Any thread. Nothing, or why the command cannot wait here; then both arguments are as they were.
  [[nodiscard]] std::optional<Outcome> submit(Submission& submission, Done& done);
  void put(Turn turn);
  void put(Replace replace);
  void put(Trim trim);
  void put(FoundDamaged found);
  void put(AcceptLoss accept);
  void put(Verdict verdict);
  // False, and it is as it was, where too many wait.
  [[nodiscard]] bool put(Append& append);
  void stop();
  // Whether commands are taken, as of the last turn that was asked for.
  [[nodiscard]] bool takes_commands() const;
  [[nodiscard]] std::size_t queued() const;
  [[nodiscard]] std::string failing() const;

  // The journal's thread. False when it is time to end. Waits until there is something that can be carried
  // out, or until then.
  // Commands that are expected are waited for a little, so that they share a batch.
  [[nodiscard]] bool wait(Able able, std::optional<std::chrono::steady_clock::time_point> until);
  // A batch of so many was answered, so that those who sent them may send the next ones at once.
  void expect(std::size_t commands, std::chrono::microseconds batch_took);
  [[nodiscard]] bool has_work(Able able) const;
  // What comes first of what can be carried out; nothing where there is none of it.
  [[nodiscard]] std::optional<Work> take(Able able);
  // All but the first `kept` of the batch are the next to come.
  void put_back(Batch& batch, std::size_t kept);
  [[nodiscard]] bool leading() const;
  // A turn taken out is carried out. These give the commands that can wait no more.
  [[nodiscard]] Batch turned(bool leads);
  [[nodiscard]] Batch stopped_leading();
  [[nodiscard]] Batch begin_failing(const std::string& why);
  // False where that is known already.
  bool still_failing(const std::string& why);
  void recovered();
  // What a failing journal answers.
  [[nodiscard]] Outcome refusal() const;
  // At the end, after the thread: answers what is left.
  void refuse_all();

 private:
  [[nodiscard]] bool will_lead() const { return turns_ > 0 ? last_turn_leads_ : leading_; }
  using Time = std::chrono::steady_clock::time_point;
  // What the journal's thread waits for.
  struct Waiting {
    Able able;
    std::size_t commands_min = 1;
  };
  [[nodiscard]] bool is_there(Able able, std::size_t commands_min = 1) const;
  void sleep(std::unique_lock<std::mutex>& lock, Waiting waiting, std::optional<Time> until);
  void wake(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] Work take_task();
  [[nodiscard]] Batch take_queue();

  const Options options_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::optional<Waiting> waiting_;
  std::size_t expected_ = 0;
  Time expected_until_{};
  std::deque<Pending> queue_;
  std::deque<Task> tasks_;
  std::optional<Verdict> verdict_;
  std::size_t appends_ = 0, append_bytes_ = 0;  // among the tasks
  std::size_t turns_ = 0;                       // put in and not carried out
  bool last_turn_leads_ = false;
  bool leading_;
  bool stopping_ = false;
  std::string failing_;
};

}  // namespace sportapp::journal
