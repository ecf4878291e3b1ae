// What the monitor did about failures: DATA/monitor/events.jsonl, a JSON object a line.
#pragma once
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ha/failover/monitor.hpp"

namespace sportapp::monitor {

class FailoverLog {
 public:
  static constexpr std::uintmax_t kFileBytesMax = 4 << 20;  // then it becomes events.jsonl.1, and that goes
  static constexpr std::size_t kKept = 2000;                // in memory, for those who ask

  [[nodiscard]] static Result<std::unique_ptr<FailoverLog>> open(const std::filesystem::path& folder);
  ~FailoverLog();
  FailoverLog(const FailoverLog&) = delete;
  FailoverLog& operator=(const FailoverLog&) = delete;

  // One thread. A disk that takes it not is told in the process's log; it is kept in memory all the same.
  void add(std::int64_t wall_ms, const std::string& service, const failover::MonitorEvent& event);
  // Those with a higher number, oldest first, each a JSON object; any thread.
  [[nodiscard]] std::vector<std::string> after(std::int64_t number, std::size_t limit) const;

 private:
  struct Line {
    std::int64_t number;
    std::string text;
  };
  explicit FailoverLog(std::filesystem::path file) : file_(std::move(file)) {}
  void read(const std::filesystem::path& file);
  [[nodiscard]] bool write(const std::string& line);

  const std::filesystem::path file_;
  int fd_ = -1;
  std::uintmax_t size_ = 0;
  mutable std::mutex mutex_;  // for what follows
  std::deque<Line> lines_;
  std::int64_t last_ = 0;
};

}  // namespace sportapp::monitor
