// What every service process has: log, loop, health, metrics, an end that drains.
#pragma once
#include <prometheus/registry.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/http/server.hpp"
#include "server/service/config.hpp"

namespace sportapp::service {

class Process {
 public:
  explicit Process(ProcessConfig config);
  ~Process();
  [[nodiscard]] const ProcessConfig& config() const;
  [[nodiscard]] http::Router& router();
  // What this process shows to others of its instance, see http/authorization.hpp; empty without a key.
  [[nodiscard]] const std::string& credential() const;
  [[nodiscard]] Loop& loop();
  [[nodiscard]] http::Server& server();
  [[nodiscard]] std::shared_ptr<prometheus::Registry> metrics();
  // Called on the loop before metrics are given: brings gauges up to date.
  void on_metrics(std::function<void()> refresh);
  // /health/ready is 200 while every check gives nothing, else 503 with the reasons. Checks run on the loop.
  void ready_when(std::function<std::optional<std::string>()> check);
  // A member of the status document, computed on the loop: `role` and `state` as `sportapp status` shows
  // them.
  void describe(std::string name, std::function<std::string()> value);
  void describe_number(std::string name, std::function<std::int64_t()> value);
  // Listens, prints nothing, serves /health/live, /health/ready, /metrics, /internal/status and
  // /internal/routes until SIGTERM; gives the exit status.
  int run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::service
