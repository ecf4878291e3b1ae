// What a Journal is made of. For journal.cpp and journal_thread.cpp only.
#pragma once
#include <SQLiteCpp/Exception.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include "store/journal/background_check.hpp"
#include "store/journal/inbox.hpp"
#include "store/journal/journal.hpp"
#include "store/journal/live_file.hpp"
#include "store/journal/opener.hpp"
#include "store/journal/writer.hpp"

namespace sportapp::journal {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Journal::Impl {
  Impl(Options options_given, const domain::Domain& domain_given, const Clock& clock_given)
      : options(std::move(options_given)),
        domain(domain_given),
        clock(clock_given),
        inbox({options.queue_max, options.batch_max, options.leading, options.gate != nullptr}),
        opener(options.file, domain),
        epoch(options.epoch) {
    for (const auto& source : domain.sources()) durably_consumed[source] = messaging::beginning();
    readers->unreadable = true;
  }

  const Options options;
  const domain::Domain& domain;
  const Clock& clock;
  const std::shared_ptr<Durable> readers = std::make_shared<Durable>();
  Inbox inbox;

  mutable std::mutex mutex;  // guards what follows, up to the thread's own
  Position durable;
  Consumed durably_consumed;
  Position base;
  Settled settled;
  bool damaged = false;
  std::optional<Position> shorter;

  // Owned by the journal's thread.
  Opener opener;
  std::unique_ptr<Writer> writer;  // none: failing
  std::optional<Fault> fault;      // why
  std::optional<Error> unmarked;   // the mark could not be written: it fails once that was answered
  Epoch epoch;
  SteadyTime recover_at{};

  std::thread thread;
  std::unique_ptr<BackgroundCheck> background;

  [[nodiscard]] bool open_writer();
  void start();
  void run();
  void commit(Batch batch);
  void became_durable();
  void settle(const Settled& upto);
  void mark();
  void hand_out(Batch batch, std::vector<Outcome> outcomes, const SharedEntries& entries, Hash previous);
  void stop_leading(Batch batch, const Error& error);
  void fail(Batch batch, const SQLite::Exception& exception, bool committing);
  [[nodiscard]] Error begin_failing(const SQLite::Exception& exception);
  void begin_failing(Fault why);
  void is_failing(Fault why);
  void recover();
  void perform(Turn& turn);
  void perform(Append& given);
  void perform(Replace& given);
  void perform(Trim& given);
  void perform(FoundDamaged& found);
  void perform(AcceptLoss& accept);
  Result<Trimmed> trim(const TrimRequest& request);
  Result<Position> append(std::span<const Entry> entries);
  Result<Position> replace(const std::filesystem::path& file);
};

}  // namespace sportapp::journal
