#include "server/monitor/config.hpp"

#include <fmt/format.h>

#include <utility>

namespace sportapp::monitor {
namespace {

using service::kPortMax;

Result<Kind> kind_of(const std::string& text, const std::string& name) {
  if (text == "service") return Kind::kService;
  if (text == "redis") return Kind::kRedis;
  if (text == "gateway") return Kind::kGateway;
  return Error{Retry::kNever,
               fmt::format("[[process]] {}: unknown kind '{}'; known: service, redis, gateway", name, text)};
}

Result<Target> target_from(service::TomlReader& table) {
  Target target;
  std::string kind = "service";
  table.read("kind", kind);
  table.read("name", target.name);
  table.read("service", target.service);
  table.read("side", target.side);
  table.read("node", target.node);
  table.read("host", target.host);
  table.read("port", target.port, 0, kPortMax);
  table.read("link_port", target.link_port, 0, kPortMax);
  const auto read = kind_of(kind, target.name);
  if (!read) return read.error();
  target.kind = *read;
  return target;
}

}  // namespace

Result<Config> load_config(const std::filesystem::path& file) {
  auto reader = service::TomlReader::open(file);
  if (!reader) return reader.error();
  Config config;
  config.name = "monitor";
  reader->read("host", config.host);
  reader->read("port", config.port, 0, kPortMax);
  reader->read("log_file", config.log_file);
  reader->read("log_level", config.log_level);
  reader->read("data", config.data);
  reader->read("key_file", config.key_file);
  reader->read("control_socket", config.control_socket);
  auto failover = reader->table("failover");
  failover.read("suspicion_ms", config.failover.suspicion_ms, 1);
  failover.read("fail_back", config.failover.fail_back);
  failover.read("fail_back_after_ms", config.failover.fail_back_after_ms);
  failover.read("kill_hung", config.failover.kill_hung);
  for (auto& process : reader->tables("process")) {
    auto target = target_from(process);
    if (!target) return Error{Retry::kNever, file.string() + ": " + target.error().what};
    config.targets.push_back(std::move(*target));
  }
  if (auto read = reader->finish(); !read) return read.error();
  return config;
}

}  // namespace sportapp::monitor
