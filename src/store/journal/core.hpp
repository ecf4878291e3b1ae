// The rules of a journal: what becomes of commands, of entries of another's journal, and of failures. No
// thread, and nothing waits: whoever steps it hands in work with the time, and its files, its gate and those
// who asked are told what comes of it. The same code runs in the process and in the simulator. One thread.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "domain/domain.hpp"
#include "store/journal/files.hpp"
#include "store/journal/inbox.hpp"
#include "store/journal/live_file.hpp"
#include "store/journal/options.hpp"
#include "store/journal/view.hpp"

namespace sportapp::journal {

class Core {
 public:
  static constexpr std::int64_t kRecoverEveryMs = 500;

  // What is not shared must outlive it.
  struct Around {
    const Options& options;
    const Clock& clock;
    Files& files;
    std::shared_ptr<Inbox> inbox;  // also what the gate says when the journal is gone has a place
    View& view;
    Durable& readers;
  };
  explicit Core(const Around& around);

  // Opens the files. Before anything else.
  void start();
  // What it can carry out now; nothing while its files are at work for it.
  [[nodiscard]] Able able() const;
  // By this time, monotonic, it is to be stepped although there is no work.
  [[nodiscard]] std::optional<std::int64_t> due_ms() const;
  // Carries out `work`, which it is able to, if there is any, and whatever is due.
  void step(std::optional<Work> work);
  // No step comes any more: what waits at the gate is rolled back and answered.
  void stop();
  // None where it is failing.
  [[nodiscard]] Writer* writer() { return writer_.get(); }

 private:
  // The batch that was decided last, until it is answered.
  struct Open {
    Batch batch{};
    std::vector<Outcome> outcomes{};
    SharedEntries entries{};
    std::int64_t began_us = 0, decided_us = 0;
    bool may_be_answered = false, is_written = false;
    Hash previous{};  // of the entry before it; once it is written
  };

  [[nodiscard]] bool open_writer();
  void decide(Batch batch);
  void gate_said(Verdict& verdict);
  void commit();
  void committed(std::optional<WriteFailed> failed);
  void commit_failed(const WriteFailed& failed);
  void answer();
  void hand_out(Open open);
  void became_durable();
  void settle(const Settled& upto);
  void mark();
  void stop_leading(const Error& error);
  void fail(const WriteFailed& failed, bool committing);
  void begin_failing(const WriteFailed& failed);
  void begin_failing(Fault why);
  void is_failing(Fault why);
  void recover();
  void perform(Turn& turn);
  void perform(Append& given);
  void perform(Replace& given);
  void perform(Trim& given);
  void perform(FoundDamaged& found);
  void perform(AcceptLoss& accept);
  void appended(const Settled& before, const Append& given, const std::optional<WriteFailed>& failed);
  [[nodiscard]] Result<Position> replace(const std::filesystem::path& file);
  [[nodiscard]] Result<Trimmed> trim(const TrimRequest& request);

  const Options& options_;
  const Clock& clock_;
  Files& files_;
  const std::shared_ptr<Inbox> inbox_;
  View& view_;
  Durable& readers_;

  std::unique_ptr<Writer> writer_;  // none: failing
  std::optional<Fault> fault_;      // why
  std::optional<Error> unmarked_;   // the mark could not be written: it fails with the end of the step
  Position durable_;
  Settled settled_;
  Epoch epoch_;
  std::int64_t recover_at_ms_ = 0;
  std::optional<Open> open_;
  std::uint64_t batches_ = 0;  // the number of the last that was decided
  bool at_gate_ = false;       // something is still to be said of it there
  bool writing_ = false;       // the files are at work
};

}  // namespace sportapp::journal
