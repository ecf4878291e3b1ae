#include "server/commands/commands.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <mutex>
#include <utility>

#include "base/clock.hpp"
#include "base/worker.hpp"
#include "ha/node/live_node.hpp"
#include "server/commands/backlog.hpp"
#include "server/commands/command_metrics.hpp"
#include "server/commands/command_routes.hpp"
#include "server/commands/config.hpp"
#include "server/commands/entry_retention.hpp"
#include "server/commands/node_options.hpp"
#include "server/commands/primary_duties.hpp"
#include "server/commands/reactor.hpp"
#include "server/commands/reactor_sources.hpp"
#include "server/commands/set_aside_routes.hpp"
#include "server/quarantine/in_hand.hpp"
#include "server/quarantine/quarantine.hpp"
#include "server/quarantine/trial.hpp"
#include "server/service/process.hpp"
#include "store/journal/journal.hpp"
#include "store/sqlite/memory.hpp"

namespace sportapp::commands {
namespace {

// What a commands process is made of, wired up. The journal ends while the loop is still there to take its
// last outcomes.
class Commands {
 public:
  Commands(const Config& config, service::Process& process, const domain::Domain& domain,
           const domain::Projection& projection)
      : config_(config),
        process_(process),
        domain_(domain),
        projection_(projection),
        metrics_(*process.metrics()),
        backlog_(file(), domain, clock_) {}

  Result<void> start();
  void stop();

 private:
  [[nodiscard]] std::filesystem::path file() const { return config_.data / "journal.db"; }
  // Whether other processes may be primary in its place.
  [[nodiscard]] bool is_node() const { return config_.link_port != 0; }
  [[nodiscard]] Result<void> prepare_node();
  void open_quarantine();
  [[nodiscard]] Result<void> open_journal();
  void add_routes();
  void begin_retention();
  [[nodiscard]] Result<void> begin();
  void has_role(const node::RoleView& role);
  [[nodiscard]] hold::PrimaryLocation location_of_primary(const node::RoleView& role) const;
  void begin_primary_duties();
  void end_primary_duties();
  [[nodiscard]] std::shared_ptr<PrimaryDuties> duties() const;
  void committed(std::vector<domain::CommittedEvent> events);
  void describe();
  [[nodiscard]] std::string trouble() const;
  void describe_sources();
  void describe_backlog();
  [[nodiscard]] messaging::RelayStatus relay_status() const;
  [[nodiscard]] std::vector<messaging::ConsumerStatus> reactor_status() const;
  void taken_in(std::string_view source, Seq position);

  const SystemClock clock_;
  const Config& config_;
  service::Process& process_;
  const domain::Domain& domain_;
  const domain::Projection& projection_;
  CommandMetrics metrics_;
  Backlog backlog_;
  InstanceKey key_;
  std::vector<Reactor::Source> sources_;
  const std::shared_ptr<Committed> committed_ = std::make_shared<Committed>(0);
  mutable std::mutex duties_mutex_;  // guards the pointer; the loop changes it, the journal's thread reads it
  std::shared_ptr<PrimaryDuties> duties_;
  std::unique_ptr<quarantine::Quarantine> quarantine_;  // outlives those who tell it what is in hand, or ask
  std::unique_ptr<node::LiveNode> node_;                // outlives the journal, whose gate it is
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<messaging::EventSource> for_feed_;
  std::unique_ptr<http::Forwarder> forwarder_;
  std::unique_ptr<CommandRoutes> routes_;
  std::unique_ptr<SetAsideRoutes> set_aside_routes_;
  std::unique_ptr<EntryRetention> entry_retention_;
  // Ends the primary's duties, which takes a second or two.
  std::unique_ptr<Worker> janitor_ = std::make_unique<Worker>();
};

Result<void> Commands::start() {
  open_quarantine();
  auto key = load_key(config_.key_file);
  if (!key) return key.error();
  key_ = *key;
  auto sources = feeds_followed(config_, domain_, key_, process_.credential());
  if (!sources) return sources.error();
  sources_ = std::move(*sources);
  if (is_node()) {
    if (auto prepared = prepare_node(); !prepared) return prepared;
  }
  if (auto opened = open_journal(); !opened) return opened;
  auto events = journal_->events();
  if (!events) return events.error();
  for_feed_ = std::move(*events);
  add_routes();
  begin_retention();
  describe();
  describe_sources();
  describe_backlog();
  return begin();
}

void Commands::stop() {
  if (node_) node_->stop();
  end_primary_duties();
  janitor_.reset();  // that uses the journal to its end
  entry_retention_.reset();
  journal_.reset();
}

Result<void> Commands::prepare_node() {
  node_ = std::make_unique<node::LiveNode>(
      node_options(config_), [this](const node::RoleView& role) { has_role(role); },
      [this] { return quarantine_->longest_in_hand_ms() > quarantine::kHangsAfterMs; });
  return node_->prepare();
}

Result<void> Commands::open_journal() {
  const auto& config = config_;
  journal::Options options;
  options.file = file();
  options.leading = !is_node();
  options.queue_max = static_cast<std::size_t>(config.queue_max);
  options.batch_max = static_cast<std::size_t>(config.batch_max);
  options.gate = node_.get();
  options.on_deciding = quarantine_->on_deciding();
  options.on_committed = [this](std::vector<domain::CommittedEvent> events) { committed(std::move(events)); };
  options.on_batch = [this](const journal::BatchReport& report) { metrics_.count(report); };
  if (is_node()) {
    options.on_failing = [this](const std::string&, bool) { node_->journal_failing(); };
    options.on_recovered = [this] { node_->journal_recovered(); };
  } else {
    options.on_recovered = [this] { committed_->store(journal_->status().head.value); };
  }
  auto journal = journal::Journal::open(std::move(options), domain_, clock_);
  if (!journal) return journal.error();
  journal_ = std::move(*journal);
  return {};
}

void Commands::open_quarantine() {
  const auto& config = config_;
  std::vector<std::string> others;
  for (const auto& peer : config.peers)
    others.push_back(fmt::format("{}-commands-{}", config.service, peer.node));
  quarantine_ = quarantine::Quarantine::open(
      {.folder = config.in_hand_folder, .name = config.name, .others = std::move(others), .journal = file()},
      clock_, process_.loop());
  quarantine_->add_to(process_.router());
}

void Commands::add_routes() {
  const auto& config = config_;
  forwarder_ = http::make_forwarder(process_.server(), {.node = config.node});
  const bool holds = config.hold_ms > 0;  // else: only given to a primary that is known
  routes_ = std::make_unique<CommandRoutes>(
      domain_, *journal_, *for_feed_, clock_, process_.loop(), *forwarder_, *quarantine_,
      CommandRoutes::Options{
          .hold_ms = holds ? config.hold_ms : static_cast<int>(config.limits.answer_timeout_ms),
          .has_peers = is_node(),
          .hold = {.count_max = static_cast<std::size_t>(config.queue_max), .holds = holds},
          .on_wait =
              [this](std::string_view source, std::int64_t for_ms) {
                if (const auto current = duties()) current->hurry(source, for_ms);
              },
          .on_feed_read = [this](Seq after) { entry_retention_->feed_asked(after); },
          .key = key_});
  routes_->add_to(process_.router());
  set_aside_routes_ = std::make_unique<SetAsideRoutes>(
      file(), domain_, *journal_, process_.loop(),
      [this]() -> const hold::PrimaryLocation& { return routes_->primary(); });
  set_aside_routes_->add_to(process_.router());
}

void Commands::begin_retention() {
  EntryRetention::Needs needs;
  needs.relay = [this]() -> std::optional<messaging::RelayStatus> {
    const auto current = duties();
    return current ? std::optional(current->relay()) : std::nullopt;
  };
  needs.peers = [this] {
    return node_ ? node_->role().peers : std::vector<replication::Replica::PeerView>();
  };
  needs.primary = [this]() -> const hold::PrimaryLocation& { return routes_->primary(); };
  entry_retention_ = std::make_unique<EntryRetention>(file(), config_.retention, *journal_, projection_,
                                                      clock_, process_.loop(), std::move(needs));
  entry_retention_->add_to(process_.router());
}

// A node of several waits to be told its role; one alone is primary.
Result<void> Commands::begin() {
  if (is_node()) {
    routes_->primary_is(hold::Nowhere{});
    return node_->start(*journal_);
  }
  committed_->store(journal_->status().head.value);
  begin_primary_duties();
  return {};
}

// On the link's thread.
void Commands::has_role(const node::RoleView& role) {
  // A new primary is alone in sync, or has all that the last one had: everything it holds counts.
  if (role.decides) committed_->store(role.report.head.seq.value);
  process_.loop().post([this, role] {
    routes_->primary_is(location_of_primary(role));
    role.decides ? begin_primary_duties() : end_primary_duties();
  });
}

hold::PrimaryLocation Commands::location_of_primary(const node::RoleView& role) const {
  if (role.decides) return hold::Here{};
  for (const auto& peer : config_.peers) {
    if (peer.node == role.primary) return hold::Elsewhere{peer.node, peer.local_socket, peer.host, peer.port};
  }
  return hold::Nowhere{};
}

void Commands::begin_primary_duties() {
  if (duties()) return;
  for (const auto& source : domain_.sources()) routes_->taken_in(source, journal_->consumed(source));
  const auto& config = config_;
  auto redis = config.redis;
  redis.password = messaging::redis_password(key_);
  PrimaryDuties::Options options{
      {redis, messaging::Seal(config.service, key_), config.stream_length_max},
      {redis, sources_, [this](std::string_view source, Seq position) { taken_in(source, position); },
       config.retention, key_},
      committed_};
  auto taken = PrimaryDuties::begin(std::move(options), domain_, *journal_);
  if (!taken) {
    spdlog::error("events are neither published nor taken in: {}", taken.error().what);
    return;
  }
  const std::lock_guard lock(duties_mutex_);
  duties_ = std::move(*taken);
}

void Commands::end_primary_duties() {
  std::shared_ptr<PrimaryDuties> left;
  {
    const std::lock_guard lock(duties_mutex_);
    left = std::exchange(duties_, nullptr);
  }
  if (left) janitor_->post([left = std::move(left)]() mutable { left.reset(); });
}

std::shared_ptr<PrimaryDuties> Commands::duties() const {
  const std::lock_guard lock(duties_mutex_);
  return duties_;
}

// On the journal's thread.
void Commands::committed(std::vector<domain::CommittedEvent> events) {
  committed_->store(events.back().seq.value);
  if (const auto current = duties()) current->committed(std::move(events));
}

void Commands::taken_in(std::string_view source, Seq position) {
  process_.loop().post([this, name = std::string(source), position] { routes_->taken_in(name, position); });
}

messaging::RelayStatus Commands::relay_status() const {
  const auto current = duties();
  return current ? current->relay() : messaging::RelayStatus{};
}

std::vector<messaging::ConsumerStatus> Commands::reactor_status() const {
  if (const auto current = duties()) return current->reactor();
  std::vector<messaging::ConsumerStatus> none;
  for (const auto& source : domain_.sources()) none.push_back({journal_->consumed(source), "nothing"});
  return none;
}

void Commands::describe() {
  process_.ready_when([this]() -> std::optional<std::string> {
    const auto status = journal_->status();
    if (!status.failing.empty()) return "the journal fails: " + status.failing;
    if (std::holds_alternative<hold::Nowhere>(routes_->primary())) return "no primary is known";
    return std::nullopt;
  });
  process_.describe("role", [this] { return hold::role(routes_->primary()); });
  process_.describe(
      "state", [this] { return std::string(journal_->status().failing.empty() ? "running" : "failing"); });
  process_.describe("journal", [this] {
    const auto status = journal_->status();
    return std::string(status.damaged ? "damaged" : status.failing.empty() ? "whole" : "failing");
  });
  process_.describe_number("checked_until", [this] { return journal_->status().checked_until.value; });
  process_.describe_number("position", [this] { return journal_->status().head.value; });
  process_.describe_number("base", [this] { return journal_->status().base.seq.value; });
  process_.describe("trouble", [this] { return trouble(); });
  process_.describe_number("published", [this] { return relay_status().published.value; });
  process_.describe_number("stream_mended", [this] { return relay_status().mended; });
  process_.describe("stream_mended_why", [this] { return relay_status().mended_why; });
  process_.describe_number("held", [this] { return static_cast<std::int64_t>(routes_->hold_counts().held); });
  process_.describe_number("forwarded", [this] { return routes_->hold_counts().forwarded; });
  process_.describe_number("quarantined",
                           [this] { return static_cast<std::int64_t>(quarantine_->quarantined().size()); });
  if (is_node()) {
    process_.describe_number("epoch", [this] { return node_->role().report.epoch.value; });
    process_.describe_number("promise", [this] { return node_->role().report.promise.value; });
  }
}

// What only a person can help.
std::string Commands::trouble() const {
  auto text = entry_retention_->trouble();
  const auto sources = domain_.sources();
  const auto status = reactor_status();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto more = trouble_of(sources[i], status[i]);
    text += (text.empty() || more.empty() ? "" : "; ") + more;
  }
  return text;
}

void Commands::describe_sources() {
  const auto sources = domain_.sources();
  for (std::size_t i = 0; i < sources.size(); ++i) {
    process_.describe("reading_" + sources[i], [this, i] { return reactor_status()[i].reading; });
    process_.describe_number("taken_in_" + sources[i],
                             [this, i] { return reactor_status()[i].position.value; });
    process_.describe_number("refused_" + sources[i], [this, i] { return reactor_status()[i].refused; });
    process_.describe("refused_" + sources[i] + "_why",
                      [this, i] { return reactor_status()[i].refused_why; });
  }
}

void Commands::describe_backlog() {
  process_.describe_number("set_aside", [this] { return backlog_.counts().set_aside; });
  if (backlog_.has_open()) {
    process_.describe_number("open", [this] { return backlog_.counts().open; });
    process_.describe_number("oldest_open_ms", [this] { return backlog_.counts().oldest_open_ms; });
  }
  process_.on_metrics([this] {
    metrics_.show(journal_->status(), relay_status());
    metrics_.show(backlog_.counts());
    metrics_.show(routes_->hold_counts());
    const auto status = reactor_status();
    for (std::size_t i = 0; i < sources_.size(); ++i) metrics_.show(sources_[i].service, status[i]);
  });
}

int run(const Config& config, const domain::Domain& domain, const domain::Projection& projection) {
  service::Process process(config);
  Commands commands(config, process, domain, projection);
  if (auto started = commands.start(); !started) {
    spdlog::error("{}", started.error().what);
    return 1;
  }
  const int status = process.run();
  commands.stop();
  return status;
}

}  // namespace

int run_commands(int argc, char** argv, const domain::Domain& domain, const domain::Projection& projection) {
  if (argc == 2 && std::string_view(argv[1]) == "--trial") return quarantine::run_trial(domain);
  const auto config = service::start_from_command_line(argc, argv, load_config);
  if (!config) return 2;
  sqlite::limit_memory(config->cache_mb);
  return run(*config, domain, projection);
}

}  // namespace sportapp::commands
