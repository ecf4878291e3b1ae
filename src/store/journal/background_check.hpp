// Reads all of a journal now and then while it is used, slowly, so that damage is found before what is
// damaged is needed.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "domain/domain.hpp"
#include "store/journal/background_pace.hpp"
#include "store/journal/live_file.hpp"

namespace sportapp::journal {

// A thread of its own of the lowest priority, over connections of its own that each hold the file for one
// page of it only, so that the WAL can shrink. Each entry is held against the chain of hashes and is looked
// for by its key; the state and the unique values against what the entries imply, where none were deleted.
class BackgroundCheck {
 public:
  struct Owner {
    // On the check's thread: the file was so when it had been opened so often.
    std::function<void(std::string what, std::int64_t opened)> damaged;
    std::function<bool()> was_complete;  // everything was checked when the file was opened last
  };
  // `domain` must outlive it.
  BackgroundCheck(std::filesystem::path file, std::shared_ptr<const Durable> durable,
                  const domain::Domain& domain, BackgroundPace pace, Owner owner);
  ~BackgroundCheck();
  BackgroundCheck(const BackgroundCheck&) = delete;
  BackgroundCheck& operator=(const BackgroundCheck&) = delete;

  // Up to it the file that is open was found right. Any thread.
  [[nodiscard]] std::int64_t checked_until() const { return checked_until_.load(); }

 private:
  class Round;
  void run(const std::stop_token& stop);
  void rest(const std::stop_token& stop, std::chrono::milliseconds time);
  [[nodiscard]] std::chrono::milliseconds round(const std::stop_token& stop);

  const std::filesystem::path file_;
  const std::shared_ptr<const Durable> durable_;
  const domain::Domain& domain_;
  const BackgroundPace pace_;
  const Owner owner_;
  std::atomic<std::int64_t> checked_until_{0};
  std::int64_t opened_ = 0;  // of the round under way
  std::jthread thread_;
};

}  // namespace sportapp::journal
