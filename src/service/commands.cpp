#include "service/commands.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "base/clock.hpp"
#include "journal/journal.hpp"
#include "messaging/relay.hpp"
#include "service/backlog.hpp"
#include "service/command_metrics.hpp"
#include "service/command_routes.hpp"
#include "service/process.hpp"
#include "service/reactor.hpp"
#include "service/set_aside_routes.hpp"

namespace sportapp::service {
namespace {

// The feeds of the services that the domain follows, as the configuration gives them.
Result<std::vector<Reactor::Source>> followed(const Config& config, const domain::Domain& domain) {
  std::vector<Reactor::Source> sources;
  for (const auto& name : domain.sources()) {
    std::vector<FeedAddress> nodes;
    for (const auto& source : config.sources) {
      if (source.service == name && source.port != 0) nodes.push_back({source.host, source.port});
    }
    if (nodes.empty()) {
      return Error{Retry::kNever, fmt::format("the configuration lacks [[source]] {}: where the commands "
                                              "process of {} is, whose events {} takes in",
                                              name, name, config.service)};
    }
    sources.push_back({name, [nodes] { return messaging::make_http_feed(nodes); }});
  }
  return sources;
}

// What a commands process is made of, wired up. The journal ends while the loop is still there to take its
// last outcomes.
class Commands {
 public:
  Commands(Process& process, const domain::Domain& domain)
      : process_(process), domain_(domain), metrics_(*process.metrics()), backlog_(file(), domain, clock_) {}

  Result<void> start();
  void stop() {
    reactor_.reset();
    journal_.reset();
  }

 private:
  [[nodiscard]] std::filesystem::path file() const { return process_.config().data / "journal.db"; }
  [[nodiscard]] Result<void> open_journal();
  void add_routes();
  [[nodiscard]] Result<void> start_relay();
  [[nodiscard]] Result<void> start_reactor();
  void describe();
  void describe_backlog();
  void taken_in(std::string_view source, Seq position);

  const SystemClock clock_;
  Process& process_;
  const domain::Domain& domain_;
  CommandMetrics metrics_;
  Backlog backlog_;
  std::unique_ptr<messaging::Relay> relay_;  // outlives the journal, which hands it events
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<messaging::EventSource> for_feed_;
  std::unique_ptr<http::Forwarder> forwarder_;
  std::unique_ptr<CommandRoutes> routes_;
  std::unique_ptr<SetAsideRoutes> set_aside_routes_;
  std::unique_ptr<Reactor> reactor_;
};

Result<void> Commands::start() {
  if (auto opened = open_journal(); !opened) return opened;
  if (auto started = start_relay(); !started) return started;
  auto events = journal_->events();
  if (!events) return events.error();
  for_feed_ = std::move(*events);
  add_routes();
  if (auto started = start_reactor(); !started) return started;
  describe();
  describe_backlog();
  return {};
}

void Commands::add_routes() {
  const auto& config = process_.config();
  forwarder_ = http::make_forwarder(process_.server(), {.node = config.node});
  routes_ = std::make_unique<CommandRoutes>(
      domain_, *journal_, *for_feed_, clock_, process_.loop(), *forwarder_,
      CommandRoutes::Options{.hold_ms = config.hold_ms,
                             .has_peers = !config.peers.empty(),
                             .hold = {.count_max = static_cast<std::size_t>(config.queue_max)}});
  routes_->add_to(process_.router());
  set_aside_routes_ =
      std::make_unique<SetAsideRoutes>(file(), domain_, *journal_, process_.loop(),
                                       [this]() -> const Whereabouts& { return routes_->primary(); });
  set_aside_routes_->add_to(process_.router());
}

Result<void> Commands::open_journal() {
  const auto& config = process_.config();
  auto journal = journal::Journal::open(
      {.file = file(),
       .queue_max = static_cast<std::size_t>(config.queue_max),
       .batch_max = static_cast<std::size_t>(config.batch_max),
       .on_committed =
           [this](std::vector<domain::CommittedEvent> events) { relay_->committed(std::move(events)); },
       .on_batch = [this](const journal::BatchReport& report) { metrics_.count(report); }},
      domain_, clock_);
  if (!journal) return journal.error();
  journal_ = std::move(*journal);
  return {};
}

Result<void> Commands::start_relay() {
  const auto& config = process_.config();
  auto events = journal_->events();
  if (!events) return events.error();
  relay_ = std::make_unique<messaging::Relay>(
      messaging::Relay::Options{config.redis, config.service, config.stream_length_max}, std::move(*events));
  return {};
}

Result<void> Commands::start_reactor() {
  auto sources = followed(process_.config(), domain_);
  if (!sources) return sources.error();
  reactor_ = std::make_unique<Reactor>(
      Reactor::Options{process_.config().redis, std::move(*sources),
                       [this](std::string_view source, Seq position) { taken_in(source, position); }},
      domain_, *journal_);
  return {};
}

void Commands::taken_in(std::string_view source, Seq position) {
  process_.loop().post([this, name = std::string(source), position] { routes_->taken_in(name, position); });
}

void Commands::describe() {
  process_.ready_when([this]() -> std::optional<std::string> {
    const auto status = journal_->status();
    return status.failing.empty() ? std::nullopt
                                  : std::optional("the journal cannot write: " + status.failing);
  });
  process_.describe("role", [this] { return role(routes_->primary()); });
  process_.describe(
      "state", [this] { return std::string(journal_->status().failing.empty() ? "running" : "failing"); });
  process_.describe_number("position", [this] { return journal_->status().head.value; });
  process_.describe_number("published", [this] { return relay_->status().published.value; });
  process_.describe_number("held", [this] { return static_cast<std::int64_t>(routes_->hold_counts().held); });
  process_.describe_number("forwarded", [this] { return routes_->hold_counts().forwarded; });
  const auto sources = domain_.sources();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    process_.describe("reading_" + sources[i], [this, i] { return reactor_->status()[i].reading; });
    process_.describe_number("taken_in_" + sources[i],
                             [this, i] { return reactor_->status()[i].position.value; });
  }
}

void Commands::describe_backlog() {
  process_.describe_number("set_aside", [this] { return backlog_.counts().set_aside; });
  if (backlog_.has_open()) {
    process_.describe_number("open", [this] { return backlog_.counts().open; });
    process_.describe_number("oldest_open_ms", [this] { return backlog_.counts().oldest_open_ms; });
  }
  process_.on_metrics([this] {
    metrics_.show(journal_->status(), relay_->status());
    metrics_.show(backlog_.counts());
    metrics_.show(routes_->hold_counts());
    const auto sources = domain_.sources();
    const auto status = reactor_->status();
    for (std::size_t i = 0; i < sources.size(); ++i) metrics_.show(sources[i], status[i]);
  });
}

int run(Config config, const domain::Domain& domain) {
  Process process(std::move(config));
  Commands commands(process, domain);
  if (auto started = commands.start(); !started) {
    spdlog::error("{}", started.error().what);
    return 1;
  }
  const int status = process.run();
  commands.stop();
  return status;
}

}  // namespace

int run_commands(int argc, char** argv, const domain::Domain& domain) {
  int status = 0;
  auto config = start_from_command_line(argc, argv, load_config, status);
  return config ? run(std::move(*config), domain) : status;
}

}  // namespace sportapp::service
