// Deletes what is old in a node's journal, by policy, and keeps what it meant in the base model beside it.
// All in the background, on a thread of its own; the journal's thread only deletes, a little at a time.
#pragma once
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "store/journal/journal.hpp"
#include "store/projection/base_model.hpp"
#include "store/projection/read_model.hpp"
#include "store/retention/retention_policy.hpp"

namespace sportapp::retention {

class Retention {
 public:
  struct Options {
    std::filesystem::path journal;  // its file; the base model is beside it
    retention::RetentionPolicy policy;
    // Entries after it are needed yet: the rule's other readers. Nothing: none is. Any thread.
    std::function<std::optional<Seq>()> needed_after{};
  };
  // All must outlive it.
  Retention(Options options, journal::Journal& journal, const domain::Projection& projection,
            const Clock& clock);
  ~Retention();
  Retention(const Retention&) = delete;
  Retention& operator=(const Retention&) = delete;

  // Why nothing is deleted though the policy would, or read models cannot begin with the base model; empty:
  // all is well. Any thread.
  [[nodiscard]] std::string trouble() const;

 private:
  void run(const std::stop_token& stop);
  // How long to rest until the next.
  [[nodiscard]] std::int64_t step(const std::stop_token& stop);
  [[nodiscard]] Result<bool> ready(const journal::JournalStatus& status);
  [[nodiscard]] Result<bool> fits(const std::filesystem::path& file, const journal::JournalStatus& status);
  [[nodiscard]] Result<void> take_over_next(const journal::JournalStatus& status);
  [[nodiscard]] Result<void> open_model(const journal::JournalStatus& status);
  [[nodiscard]] Seq allowed(const journal::JournalStatus& status);
  [[nodiscard]] Seq seen_long_ago(const journal::JournalStatus& status);
  [[nodiscard]] Result<std::size_t> keep(Seq upto);
  [[nodiscard]] Result<std::int64_t> trim(const journal::JournalStatus& status, Seq limit,
                                          const std::stop_token& stop);
  void tell(std::string trouble);

  const Options options_;
  journal::Journal& journal_;
  const domain::Projection& projection_;
  const Clock& clock_;
  const std::filesystem::path file_, next_;

  // The thread's own.
  std::unique_ptr<journal::EntryReader> entries_;
  std::unique_ptr<projection::ReadModel> model_;  // none: not found to fit yet
  Hash kept_hash_{};                              // of the last entry that it has
  std::int64_t opened_ = -1;                      // the journal's, to which all this belongs
  struct Seen {
    std::int64_t at_ms = 0;
    Seq settled;
  };
  std::deque<Seen> seen_;
  std::size_t at_once_;

  mutable std::mutex mutex_;  // for the next
  std::string trouble_;

  std::jthread thread_;  // last: ends before the rest
};

}  // namespace sportapp::retention
