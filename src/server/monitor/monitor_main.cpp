// Watches every process, decides who is primary of each service, and tells the gateway's clients how things
// are.
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "net/messaging/redis_address.hpp"
#include "server/monitor/config.hpp"
#include "server/monitor/failover.hpp"
#include "server/monitor/failover_routes.hpp"
#include "server/monitor/health.hpp"
#include "server/monitor/hung_processes.hpp"
#include "server/monitor/probes.hpp"
#include "server/service/process.hpp"

namespace {

using namespace sportapp;

// What the monitor is made of, wired up.
class Monitor {
 public:
  Monitor(service::Process& process, const monitor::Config& config)
      : process_(process), config_(config), hung_(config.control_socket, config.failover.kill_hung) {}

  Result<void> start() {
    const bool nodes = std::any_of(config_.targets.begin(), config_.targets.end(),
                                   [](const auto& target) { return target.link_port != 0; });
    if (nodes) {
      auto opened = monitor::Failover::open(config_, hung_);
      if (!opened) return opened.error();
      failover_ = std::move(*opened);
      monitor::add_failover_routes(process_.router(), *failover_, process_.loop());
      failover_->start();
      count();
    }
    auto targets = config_.targets;
    const auto key = load_key(config_.key_file);
    if (!key) return key.error();
    for (auto& target : targets) {
      if (target.kind == monitor::Kind::kRedis) target.password = messaging::redis_password(*key);
    }
    probes_ = std::make_unique<monitor::Probes>(
        std::move(targets), config_.failover.suspicion_ms,
        monitor::Probes::Hooks{
            .is_halted = [this](const std::string& name) { return hung_.is_halted(name); },
            .patience = [this](const std::string& name) { return hung_.patience(name); },
            .kill = [this](const std::string& name, const std::string& why) { hung_.kill(name, why); }});
    describe();
    return {};
  }

 private:
  void describe() {
    process_.describe("role", [] { return std::string("monitor"); });
    process_.describe("state", [] { return std::string("running"); });
    process_.router().add("GET", "/health", http::Audience::kPublic,
                          [this](const http::Request&, const http::Reply& reply) { tell_health(reply); });
  }

  void tell_health(const http::Reply& reply) const {
    using Sides = std::map<std::string, monitor::CommandsSide>;
    auto health = monitor::health_of(probes_->now(), failover_ ? failover_->sides() : Sides());
    http::Response response;
    response.status = health.ok ? 200 : 503;
    response.body = std::move(health.body);
    if (!health.ok) response.headers.emplace_back("Retry-After", "1");
    reply(std::move(response));
  }

  void count() {
    const auto gauge = [this](const char* name, const char* help) {
      return &prometheus::BuildGauge().Name(name).Help(help).Register(*process_.metrics()).Add({});
    };
    auto* suspicions = gauge("sportapp_failover_suspicions", "Times a node was silent for too long");
    auto* false_alarms =
        gauge("sportapp_failover_false_alarms", "Of these, those in which it answered after all");
    auto* promotions =
        gauge("sportapp_failover_promotions", "Times another node was made primary, for one was lost");
    process_.on_metrics([this, suspicions, false_alarms, promotions] {
      const auto totals = failover_->totals();
      suspicions->Set(static_cast<double>(totals.suspicions));
      false_alarms->Set(static_cast<double>(totals.false_alarms));
      promotions->Set(static_cast<double>(totals.promotions));
    });
  }

  service::Process& process_;
  const monitor::Config& config_;
  monitor::HungProcesses hung_;
  std::unique_ptr<monitor::Failover> failover_;  // nothing where every commands service stands alone
  std::unique_ptr<monitor::Probes> probes_;
};

int run(const monitor::Config& config) {
  service::Process process(config);
  Monitor monitor(process, config);
  if (auto started = monitor.start(); !started) {
    spdlog::error("{}", started.error().what);
    return 1;
  }
  return process.run();
}

}  // namespace

int main(int argc, char** argv) {
  const auto config = service::start_from_command_line(argc, argv, monitor::load_config);
  return config ? run(*config) : 2;
}
