#include "server/monitor/failover_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/json_reading.hpp"
#include "ha/watch/record_json.hpp"

namespace sportapp::monitor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

}  // namespace

Result<std::unique_ptr<FailoverLog>> FailoverLog::open(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return Error{Retry::kLater,
                 fmt::format("cannot make the folder {}: {}", folder.string(), error.message())};
  }
  std::unique_ptr<FailoverLog> log(new FailoverLog(folder / "events.jsonl"));
  log->read(log->file_.string() + ".1");
  log->read(log->file_);
  return log;
}

FailoverLog::~FailoverLog() {
  if (fd_ >= 0) ::close(fd_);
}

// A line that a crash cut, or that somebody changed, is no reason to go without the others.
void FailoverLog::read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    const auto said = parse_object(line);
    const auto number = said ? number_in(*said, "number") : std::nullopt;
    if (!number) continue;
    last_ = std::max(last_, *number);
    lines_.push_back({*number, std::move(line)});
    if (lines_.size() > kKept) lines_.pop_front();
  }
}

void FailoverLog::add(std::int64_t wall_ms, const std::string& service, const failover::MonitorEvent& event) {
  std::unique_lock lock(mutex_);
  const json::object told{{"number", ++last_},
                          {"time_ms", wall_ms},
                          {"service", service},
                          {"rule", event.rule},
                          {"what", event.what},
                          {"cause", event.cause},
                          {"epoch", event.record.epoch.value},
                          {"record", watch::to_json(event.record)}};
  const auto line = json::serialize(told);
  lines_.push_back({last_, line});
  if (lines_.size() > kKept) lines_.pop_front();
  lock.unlock();
  if (!write(line + "\n")) {
    spdlog::error("an event of failover is not in {}: {}", file_.string(), std::strerror(errno));
  }
}

bool FailoverLog::write(const std::string& line) {
  if (fd_ >= 0 && size_ > kFileBytesMax) {
    ::close(std::exchange(fd_, -1));
    std::error_code ignored;  // then it grows on
    fs::rename(file_, file_.string() + ".1", ignored);
  }
  if (fd_ < 0) {
    fd_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd_ < 0) return false;
    std::error_code unknown;
    size_ = fs::file_size(file_, unknown);
    // What a crash cut gets an end of its own.
    if (!unknown && size_ > 0 && ::write(fd_, "\n", 1) != 1) return false;
  }
  size_ += line.size();
  return ::write(fd_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

std::vector<std::string> FailoverLog::after(std::int64_t number, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> found;
  for (const auto& line : lines_) {
    if (found.size() == limit) break;
    if (line.number > number) found.push_back(line.text);
  }
  return found;
}

}  // namespace sportapp::monitor
