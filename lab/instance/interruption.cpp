#include "lab/instance/interruption.hpp"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace sportapp::lab {
namespace {

constexpr int kLookEveryMs = 200;
constexpr int kInterrupted = 3;

}  // namespace

Interruption::Interruption() : thread_([this](const std::stop_token& over) { watch(over); }) {}
Interruption::~Interruption() = default;

void Interruption::watch(const std::stop_token& over) {
  while (!over.stop_requested()) {
    for (const int signal : signals_.wait(kLookEveryMs)) {
      if (signal == SIGCHLD) continue;
      if (!wish_.request_stop()) ::_exit(kInterrupted);
    }
  }
}

bool pause(const std::stop_token& stop, std::int64_t ms) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, std::chrono::milliseconds(ms), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace sportapp::lab
