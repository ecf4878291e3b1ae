// Asks every process whether it is ready, and tells the gateway's clients.
#include "monitor/ping.hpp"
#include "service/process.hpp"
#include "service/toml_reader.hpp"

namespace {

using namespace sportapp;

Result<service::Config> load(const std::filesystem::path& file, std::vector<monitor::Target>& targets) {
  auto reader = service::TomlReader::open(file);
  if (!reader) return reader.error();
  service::Config config;
  config.name = "monitor";
  reader->read("host", config.host);
  reader->read("port", config.port, 0, 65535);
  reader->read("log_file", config.log_file);
  reader->read("log_level", config.log_level);
  for (auto& process : reader->tables("process")) {
    monitor::Target target;
    std::string node;
    process.read("name", target.name);
    process.read("service", target.service);
    process.read("side", target.side);
    process.read("node", node);
    process.read("host", target.host);
    process.read("port", target.port, 1, 65535);
    targets.push_back(target);
  }
  if (auto read = reader->finish(); !read) return read.error();
  return config;
}

int run(service::Config config, std::vector<monitor::Target> targets) {
  service::Process process(std::move(config));
  const monitor::Pings pings(std::move(targets));
  process.describe("role", [] { return std::string("monitor"); });
  process.describe("state", [] { return std::string("running"); });
  process.router().add("GET", "/health", http::Audience::kPublic,
                       [&pings](const http::Request&, const http::Reply& reply) {
                         auto health = monitor::health_of(pings.now());
                         http::Response response;
                         response.status = health.ok ? 200 : 503;
                         response.body = std::move(health.body);
                         if (!health.ok) response.headers.emplace_back("Retry-After", "1");
                         reply(std::move(response));
                       });
  return process.run();
}

}  // namespace

int main(int argc, char** argv) {
  int status = 0;
  std::vector<monitor::Target> targets;
  auto config = service::start_from_command_line(
      argc, argv, [&targets](const std::filesystem::path& file) { return load(file, targets); }, status);
  return config ? run(std::move(*config), std::move(targets)) : status;
}
