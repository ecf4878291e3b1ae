// The clients of an experiment: they send, never again what failed, and log each request.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "lab/load/options.hpp"

namespace sportapp::lab {

struct LoadCounts {
  std::int64_t due = 0;    // so far
  std::int64_t ended = 0;  // of them have their outcome
  std::int64_t acknowledged = 0;
};

// On a thread of its own.
class Load {
 public:
  // Makes the log's file, and what orders need where the mix has any: a user, some products, and an order for
  // each of them that is taken, within that time. These requests are in the log too, due before 0.
  [[nodiscard]] static Result<std::unique_ptr<Load>> prepare(LoadOptions options,
                                                             const std::filesystem::path& log, int within_ms);
  ~Load();  // gives up what is under way
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void begin();  // once
  // When it began, on CLOCK_MONOTONIC; and since then.
  [[nodiscard]] std::int64_t started_us() const;
  [[nodiscard]] std::int64_t now_us() const;

  // All four from any thread, once it has begun.
  // Sends a request that ends the process which executes it, over a connection of its own; crash, hang or
  // memory.
  void poison(std::string what);
  void stop();
  [[nodiscard]] LoadCounts counts() const;
  // Whether it has come to an end; before stop() it does so only if its log cannot be written.
  [[nodiscard]] bool finished() const;

  // After stop(): until every request has its outcome, for timeout_ms of the options at most by their own
  // rule. What is left after within_ms is given up and logged as such. An error: the log is not whole.
  [[nodiscard]] Result<void> wait(int within_ms);

 private:
  struct Impl;
  explicit Load(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::lab
