// Asks every process whether it is ready, and tells the gateway's clients.
#include "monitor/ping.hpp"
#include "service/process.hpp"

namespace {

using namespace sportapp;

int run(monitor::Config config) {
  service::Process process(std::move(config.process));
  std::erase_if(config.targets, [](const auto& target) { return target.kind != monitor::Kind::kService; });
  const monitor::Pings pings(std::move(config.targets));
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
  monitor::Config config;
  const auto load = [&config](const std::filesystem::path& file) -> Result<service::Config> {
    auto read = monitor::load_config(file);
    if (!read) return read.error();
    config = std::move(*read);
    return config.process;
  };
  return service::start_from_command_line(argc, argv, load, status) ? run(std::move(config)) : status;
}
