#include "server/service/config.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <string_view>

#include "server/service/log.hpp"

namespace sportapp::service {
namespace {

constexpr std::int64_t kBytesMax = std::int64_t{1} << 30;

void read_limits(TomlReader limits, http::Limits& target) {
  limits.read("connections", target.connections, 1);
  limits.read("body_bytes", target.body_bytes, 1, kBytesMax);
  limits.read("header_bytes", target.header_bytes, 256, kBytesMax);
  limits.read("idle_timeout_ms", target.idle_timeout_ms, 1);
  limits.read("request_timeout_ms", target.request_timeout_ms, 1);
  limits.read("answer_timeout_ms", target.answer_timeout_ms, 1);
}

}  // namespace

void read_process_config(TomlReader& reader, ProcessConfig& config) {
  reader.read("service", config.service);
  reader.read("side", config.side);
  reader.read("node", config.node);
  reader.read("host", config.host);
  reader.read("port", config.port, 0, kPortMax);
  reader.read("local_socket", config.local_socket);
  reader.read("data", config.data);
  reader.read("key_file", config.key_file);
  reader.read("log_file", config.log_file);
  reader.read("log_level", config.log_level);
  reader.read("drain_ms", config.drain_ms);
  reader.read("cache_mb", config.cache_mb, 1);
  auto redis = reader.table("redis");
  redis.read("host", config.redis.host);
  redis.read("port", config.redis.port, 1, kPortMax);
  read_limits(reader.table("limits"), config.limits);
  config.name = config.service + "-" + config.side + "-" + config.node;
}

std::optional<std::filesystem::path> config_file_of(int argc, char** argv) {
  ::umask(S_IRWXG | S_IRWXO);  // what the process writes holds names and e-mail addresses
  if (argc == 3 && std::string_view(argv[1]) == "--config") return argv[2];
  fmt::print(stderr, "usage: {} --config FILE.toml   (a process of SportApp; `sportapp up` starts it)\n",
             argv[0]);
  return std::nullopt;
}

void refuse(const Error& error) {
  fmt::print(stderr, "{}\n", error.what);
}

bool begin_log(const ProcessConfig& config) {
  const auto log = start_log(config.name, config.log_file, config.log_level);
  if (!log) refuse(log.error());
  return static_cast<bool>(log);
}

}  // namespace sportapp::service
