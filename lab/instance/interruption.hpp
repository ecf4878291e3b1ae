// Ctrl-C as a wish to end that every wait of the lab heeds.
#pragma once
#include <atomic>
#include <cstdint>
#include <stop_token>
#include <thread>

#include "base/process/signals.hpp"

namespace sportapp::lab {

// SIGINT, SIGTERM and SIGHUP. To be made on the main thread before there are others, so that all of them
// leave the signals to it.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  // A second signal while this is set ends the process at once: the fault agent then does the rest.
  [[nodiscard]] std::stop_token token() const { return wish_.get_token(); }

 private:
  void watch(const std::stop_token& over);
  process::Signals signals_;
  std::stop_source wish_;
  std::jthread thread_;  // last: it uses the others
};

// Until then, or until it is wished to stop; false when it is.
bool pause(const std::stop_token& stop, std::int64_t ms);

}  // namespace sportapp::lab
