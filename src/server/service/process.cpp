#include "server/service/process.hpp"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "net/http/document.hpp"
#include "net/http/problem.hpp"
#include "net/http/server.hpp"
#include "server/service/log.hpp"

namespace sportapp::service {
namespace {

namespace json = boost::json;
constexpr std::int64_t kSlowUs = 1'000'000;
const prometheus::Histogram::BucketBoundaries kSeconds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                       0.1,    0.25,  0.5,    1,     2.5,  5,     10};

// Requests by class of status, and how long they took.
class HttpMetrics {
 public:
  explicit HttpMetrics(prometheus::Registry& registry)
      : seconds_(prometheus::BuildHistogram()
                     .Name("sportapp_http_request_seconds")
                     .Help("From the whole request to its answer")
                     .Register(registry)
                     .Add({}, kSeconds)) {
    auto& family = prometheus::BuildCounter()
                       .Name("sportapp_http_requests_total")
                       .Help("Answered requests by status class")
                       .Register(registry);
    for (std::size_t i = 0; i < classes_.size(); ++i) {
      classes_[i] = &family.Add({{"status", fmt::format("{}xx", i + 1)}});
    }
  }
  void count(const http::Served& served) {
    const auto index = static_cast<std::size_t>(served.status / 100 - 1);
    if (index < classes_.size()) classes_[index]->Increment();
    seconds_.Observe(static_cast<double>(served.duration_us) / 1e6);
  }

 private:
  std::array<prometheus::Counter*, 5> classes_{};
  prometheus::Histogram& seconds_;
};

// Whoever asks for trouble's trace finds it under the id that the client was given.
void log_request(const http::Served& served) {
  const bool noteworthy = served.status >= 400 || served.duration_us > kSlowUs;
  const auto level = noteworthy ? spdlog::level::info : spdlog::level::debug;
  if (!spdlog::should_log(level)) return;
  spdlog::log(level, "request method={} path={} status={} duration_us={} request_id={}",
              log_value(served.request.method), log_value(served.request.path), served.status,
              served.duration_us, log_value(served.request.header("X-Request-Id")));
}

http::Response text(std::string body) {
  http::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = std::move(body);
  return response;
}

}  // namespace

struct Process::Impl {
  explicit Impl(ProcessConfig config_given)
      : config(std::move(config_given)),
        registry(std::make_shared<prometheus::Registry>()),
        http_metrics(*registry),
        connections(prometheus::BuildGauge()
                        .Name("sportapp_http_connections")
                        .Help("Open connections")
                        .Register(*registry)
                        .Add({})),
        server(config.limits, router, [this](const http::Served& served) {
          http_metrics.count(served);
          log_request(served);
        }) {}

  void load_key();
  void add_routes();
  http::Response ready() const;
  http::Response status() const;
  http::Response routes() const;

  ProcessConfig config;
  std::string credential;
  std::shared_ptr<prometheus::Registry> registry;
  HttpMetrics http_metrics;
  prometheus::Gauge& connections;
  http::Router router;
  http::Server server;
  std::vector<std::function<void()>> refreshers;
  std::vector<std::function<std::optional<std::string>()>> checks;
  std::vector<std::pair<std::string, std::function<json::value()>>> members;
};

http::Response Process::Impl::ready() const {
  json::array reasons;
  for (const auto& check : checks) {
    if (auto reason = check()) reasons.emplace_back(*reason);
  }
  if (reasons.empty()) return http::document({{"status", "ready"}});
  auto response = http::document({{"status", "not ready"}, {"reasons", std::move(reasons)}}, 503);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response Process::Impl::status() const {
  json::object object{{"name", config.name}, {"service", config.service}, {"side", config.side},
                      {"node", config.node}, {"pid", getpid()},           {"port", config.port}};
  for (const auto& [name, value] : members) object[name] = value();
  return http::document(object);
}

// Every route, for whoever checks what can be asked.
http::Response Process::Impl::routes() const {
  json::array listed;
  for (const auto& route : router.routes()) {
    listed.push_back(json::object{{"method", route.method},
                                  {"path", route.pattern},
                                  {"internal", route.audience == http::Audience::kInternal}});
  }
  return http::document({{"routes", std::move(listed)}});
}

// Without a key it serves its clients all the same.
void Process::Impl::load_key() {
  if (config.key_file.empty()) {
    spdlog::warn(
        "no key_file is configured: what is below /internal, and /metrics, are refused to everybody");
    return;
  }
  const auto key = sportapp::load_key(config.key_file);
  if (!key) {
    spdlog::error("what is below /internal, and /metrics, are refused to everybody: {}", key.error().what);
    return;
  }
  credential = http::internal_credential(*key);
  router.authorize_by(http::Authorization(*key));
}

void Process::Impl::add_routes() {
  using http::Audience;
  router.add("GET", "/health/live", Audience::kProbe, [](const http::Request&, const http::Reply& reply) {
    reply(http::document({{"status", "live"}}));
  });
  router.add("GET", "/health/ready", Audience::kProbe,
             [this](const http::Request&, const http::Reply& reply) { reply(ready()); });
  router.add("GET", "/internal/status", Audience::kInternal,
             [this](const http::Request&, const http::Reply& reply) { reply(status()); });
  router.add("GET", "/internal/routes", Audience::kInternal,
             [this](const http::Request&, const http::Reply& reply) { reply(routes()); });
  router.add("GET", "/metrics", Audience::kInternal, [this](const http::Request&, const http::Reply& reply) {
    connections.Set(server.connections());
    for (const auto& refresh : refreshers) refresh();
    reply(text(prometheus::TextSerializer().Serialize(registry->Collect())));
  });
}

Process::Process(ProcessConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {
  impl_->load_key();
  impl_->add_routes();
}
Process::~Process() = default;

const ProcessConfig& Process::config() const {
  return impl_->config;
}
http::Router& Process::router() {
  return impl_->router;
}
const std::string& Process::credential() const {
  return impl_->credential;
}
Loop& Process::loop() {
  return impl_->server;
}
http::Server& Process::server() {
  return impl_->server;
}
std::shared_ptr<prometheus::Registry> Process::metrics() {
  return impl_->registry;
}
void Process::on_metrics(std::function<void()> refresh) {
  impl_->refreshers.push_back(std::move(refresh));
}
void Process::ready_when(std::function<std::optional<std::string>()> check) {
  impl_->checks.push_back(std::move(check));
}
void Process::describe(std::string name, std::function<std::string()> value) {
  impl_->members.emplace_back(std::move(name), [value = std::move(value)] { return json::value(value()); });
}
void Process::describe_number(std::string name, std::function<std::int64_t()> value) {
  impl_->members.emplace_back(std::move(name), [value = std::move(value)] { return json::value(value()); });
}

int Process::run() {
  const auto listening = impl_->server.listen(impl_->config.host, impl_->config.port);
  if (!listening) {
    spdlog::error("{}", listening.error().what);
    return 1;
  }
  impl_->config.port = *listening;
  if (const auto& socket = impl_->config.local_socket; !socket.empty()) {
    if (auto local = impl_->server.listen_local(socket); !local) {
      spdlog::error("{}", local.error().what);
      return 1;
    }
  }
  impl_->server.on_signal([this] {
    spdlog::info("stopping, drain_ms={}", impl_->config.drain_ms);
    impl_->server.stop(impl_->config.drain_ms);
  });
  spdlog::info("serving host={} port={} pid={}", impl_->config.host, impl_->config.port, getpid());
  impl_->server.run();
  spdlog::info("stopped");
  return 0;
}

}  // namespace sportapp::service
