#include "server/service/log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace sportapp::service {
namespace {

constexpr std::size_t kFileBytesMax = 10 * 1024 * 1024;
constexpr std::size_t kFilesMax = 5;

bool is_plain(char c) {
  return c > ' ' && c != '"' && c != '\\' && c != '=' && c != 0x7f;
}

}  // namespace

bool is_log_level(const std::string& level) {
  return level == "off" || spdlog::level::from_str(level) != spdlog::level::off;  // what is none reads as off
}

Result<void> start_log(const std::string& process, const std::filesystem::path& file,
                       const std::string& level) {
  if (!is_log_level(level)) {
    return Error{Retry::kNever, fmt::format("unknown log level '{}'; known: {}", level, kLogLevels)};
  }
  try {
    spdlog::sink_ptr sink;
    if (file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(file.string(), kFileBytesMax, kFilesMax);
    }
    auto logger = std::make_shared<spdlog::logger>(process, std::move(sink));
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %n %v");
    logger->set_level(spdlog::level::from_str(level));
    // What a killed process said last is what one wants to read.
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
  } catch (const spdlog::spdlog_ex& failed) {
    return Error{Retry::kLater, std::string(failed.what()) + "; make the log's folder writable"};
  }
  return {};
}

std::string log_value(std::string_view value) {
  if (!value.empty() && std::all_of(value.begin(), value.end(), is_plain)) return std::string(value);
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

}  // namespace sportapp::service
