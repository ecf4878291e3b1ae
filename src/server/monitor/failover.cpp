#include "server/monitor/failover.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/clock.hpp"
#include "base/worker.hpp"
#include "ha/watch/record_store.hpp"
#include "ha/watch/service_driver.hpp"
#include "net/link/endpoint.hpp"
#include "net/link/key.hpp"
#include "server/monitor/failover_json.hpp"

namespace sportapp::monitor {
namespace {

constexpr std::int64_t kBeatMs = 500;

std::uint64_t random_run() {
  std::uint64_t run = 0;
  while (run == 0) randombytes_buf(&run, sizeof run);
  return run;
}

bool is_node(const Target& target) {
  return target.kind == Kind::kService && target.side == "commands" && target.link_port != 0;
}

}  // namespace

struct Failover::Impl {
  // What one service's driver asks for. Lives on the link's thread.
  class Service final : public watch::ServiceDriver::Outside {
   public:
    Service(Impl& impl, std::string name) : impl_(impl), name_(std::move(name)) {}

    void send(const std::string& node, const failover::Ping& ping) override {
      const auto connection = connections.find(node);
      if (connection != connections.end()) {
        impl_.endpoint->send(connection->second, {failover::kPingFrame, failover::encode(ping)});
      }
    }
    void save(const failover::Record& record) override { impl_.save(*this, record); }
    bool is_halted(const std::string& node) override { return impl_.hung.is_halted(processes.at(node)); }
    [[nodiscard]] std::int64_t patience(const std::string& node) const override {
      return impl_.hung.patience(processes.at(node));
    }
    void kill(const std::string& node, const std::string& why) override {
      impl_.hung.kill(processes.at(node), why);
    }
    void note(const failover::MonitorEvent& event) override { impl_.note(name_, event); }
    void note_floor(Epoch epoch, const Position& floor) override { impl_.note_floor(*this, epoch, floor); }

    [[nodiscard]] const std::string& name() const { return name_; }
    std::map<std::string, link::ConnectionId> connections;  // by node
    std::map<std::string, std::string> processes;           // by node
    std::vector<std::string> nodes;                         // in order of preference
    std::unique_ptr<watch::ServiceDriver> driver;

   private:
    Impl& impl_;
    const std::string name_;
  };
  struct Shown {
    std::string json;
    CommandsSide side;
    watch::ServiceDriver::Counts counts;
  };

  Impl(const Config& given, HungProcesses& hung_processes) : config(given), hung(hung_processes) {}

  Result<void> open();
  [[nodiscard]] Result<std::map<std::string, failover::Record>> load_records();
  void make_endpoint(const link::Key& key);
  void make_drivers(const std::map<std::string, failover::Record>& records);

  // On the link's thread.
  void up(link::ConnectionId connection, const std::string& process);
  void down(const std::string& process, const std::string& why);
  void frame(link::ConnectionId connection, const link::Frame& frame);
  void save(Service& service, const failover::Record& record);
  void note(const std::string& service, const failover::MonitorEvent& event);
  void note_floor(Service& service, Epoch epoch, const Position& floor);
  void tick();
  void show(Service& service);
  [[nodiscard]] std::pair<Service*, std::string> node_of(const std::string& process);
  [[nodiscard]] Result<Service*> find(const std::string& service);

  [[nodiscard]] std::int64_t now_ms() const { return clock.monotonic_ms(); }

  const SystemClock clock;
  const Config config;
  HungProcesses& hung;
  std::unique_ptr<watch::RecordStore> store;
  std::unique_ptr<FailoverLog> log;
  std::map<std::string, std::unique_ptr<Service>> services;
  std::map<link::ConnectionId, std::string> of_connection;  // the process
  std::int64_t tick_due_ms = 0;
  std::int64_t beat_due_ms = 0;

  mutable std::mutex mutex;  // for what follows
  std::map<std::string, Shown> shown;

  // Each hands the other work: the link stops first, then the disk ends.
  std::unique_ptr<Worker> disk;
  std::unique_ptr<link::Endpoint> endpoint;
};

Result<void> Failover::Impl::open() {
  const auto key = link::load_key(config.key_file);
  if (!key) return key.error();
  auto opened = watch::open_record_files(config.data);
  if (!opened) return opened.error();
  store = std::move(*opened);
  const auto records = load_records();
  if (!records) return records.error();
  auto events = FailoverLog::open(config.data);
  if (!events) return events.error();
  log = std::move(*events);
  disk = std::make_unique<Worker>();
  make_endpoint(*key);
  make_drivers(*records);
  return {};
}

// One that cannot be used is as good as lost, and costs no other service anything.
Result<std::map<std::string, failover::Record>> Failover::Impl::load_records() {
  auto loaded = store->load();
  if (!loaded) return loaded.error();
  std::map<std::string, failover::Record> records;
  for (auto& [service, record] : *loaded) {
    if (record) {
      records[service] = std::move(*record);
      continue;
    }
    const auto aside = store->put_aside(service);
    if (!aside) return aside.error();
    spdlog::error("{}; it is now {}, and the nodes are asked what they have", record.error().what,
                  aside->string());
  }
  return records;
}

void Failover::Impl::make_endpoint(const link::Key& key) {
  link::Options options;
  options.name = config.name;
  options.key = key;
  endpoint = std::make_unique<link::Endpoint>(
      std::move(options),
      link::Handler{
          .on_up = [this](link::ConnectionId connection, const std::string& name,
                          bool) { up(connection, name); },
          .on_frame = [this](link::ConnectionId connection, link::Frame given) { frame(connection, given); },
          .on_down = [this](link::ConnectionId, const std::string& name,
                            const std::string& why) { down(name, why); },
          .on_unreachable = [this](const std::string& name, const std::string& why,
                                   bool) { down(name, why); }});
}

void Failover::Impl::make_drivers(const std::map<std::string, failover::Record>& records) {
  for (const auto& target : config.targets) {
    if (!is_node(target)) continue;
    auto& service = services[target.service];
    if (!service) service = std::make_unique<Service>(*this, target.service);
    service->nodes.push_back(target.node);
    service->processes[target.node] = target.name;
    endpoint->dial(target.name, target.host, target.link_port);
  }
  for (auto& [name, service] : services) {
    failover::Monitor::Options options;
    options.service = name;
    options.nodes = service->nodes;
    options.run = random_run();
    options.fail_back_after_ms = config.failover.fail_back ? config.failover.fail_back_after_ms : -1;
    const auto record = records.find(name);
    service->driver = std::make_unique<watch::ServiceDriver>(
        std::move(options), record == records.end() ? failover::Record{} : record->second,
        config.failover.suspicion_ms, now_ms(), *service);
    show(*service);
  }
}

std::pair<Failover::Impl::Service*, std::string> Failover::Impl::node_of(const std::string& process) {
  for (auto& [name, service] : services) {
    for (const auto& [node, its_process] : service->processes) {
      if (its_process == process) return {service.get(), node};
    }
  }
  return {nullptr, {}};
}

void Failover::Impl::up(link::ConnectionId connection, const std::string& process) {
  const auto [service, node] = node_of(process);
  if (service == nullptr) return endpoint->close(connection);
  spdlog::info("{} is connected", process);
  of_connection[connection] = process;
  service->connections[node] = connection;
  service->driver->linked(now_ms(), node);
  show(*service);
}

void Failover::Impl::down(const std::string& process, const std::string& why) {
  const auto [service, node] = node_of(process);
  if (service == nullptr) return;
  const auto gone = service->connections.find(node);
  if (gone != service->connections.end()) {
    spdlog::warn("{} is no longer connected: {}", process, why);
    of_connection.erase(gone->second);
    service->connections.erase(gone);
  }
  service->driver->unlinked(now_ms(), node, why);
  show(*service);
}

void Failover::Impl::frame(link::ConnectionId connection, const link::Frame& frame) {
  const auto process = of_connection.find(connection);
  if (process == of_connection.end()) return;
  const auto echo = frame.type == failover::kEchoFrame
                        ? failover::decode_echo(frame.payload)
                        : Result<failover::Echo>(Error{Retry::kNever, "sends what is no echo"});
  if (!echo) {
    spdlog::error("{}: {}", process->second, echo.error().what);
    const auto name = process->second;
    endpoint->close(connection);
    return down(name, echo.error().what);
  }
  const auto [service, node] = node_of(process->second);
  service->driver->answered(now_ms(), node, *echo);
}

// The pings of others go on meanwhile.
void Failover::Impl::save(Service& service, const failover::Record& record) {
  disk->post([this, &service, record] {
    const auto saved = store->save(service.name(), record);
    if (!saved) spdlog::error("{}", saved.error().what);
    endpoint->post([this, &service, epoch = record.epoch, ok = saved.has_value()] {
      if (ok) {
        service.driver->saved(now_ms(), epoch);
      } else {
        service.driver->not_saved(now_ms(), epoch);
      }
      show(service);
    });
  });
}

void Failover::Impl::note(const std::string& service, const failover::MonitorEvent& event) {
  spdlog::warn("{}: {} ({}), by rule {}", service, event.what, event.cause, event.rule);
  disk->post([this, service, event] { log->add(clock.wall_ms(), service, event); });
}

void Failover::Impl::note_floor(Service& service, Epoch epoch, const Position& floor) {
  disk->post([this, &service, epoch, floor] {
    const auto noted = store->note_floor(service.name(), epoch, floor);
    if (!noted) spdlog::error("{}", noted.error().what);
    endpoint->post([this, &service, ok = noted.has_value()] { service.driver->floor_noted(now_ms(), ok); });
  });
}

void Failover::Impl::tick() {
  const auto now = now_ms();
  const auto late = now - tick_due_ms;
  const bool overslept = late > watch::ServiceDriver::kLateMs;
  tick_due_ms = now + watch::ServiceDriver::kPingMs;
  if (now >= beat_due_ms) {
    beat_due_ms = now + kBeatMs;
    hung.beat();
  }
  for (auto& [name, service] : services) {
    if (now >= service->driver->next_tick_ms() || overslept) {
      service->driver->tick(now, overslept ? late : 0);
      show(*service);
    }
    tick_due_ms = std::min(tick_due_ms, std::max(now + 1, service->driver->next_tick_ms()));
  }
  endpoint->after(tick_due_ms - now, [this] { tick(); });
}

void Failover::Impl::show(Service& service) {
  const auto& core = service.driver->core();
  Shown now{boost::json::serialize(to_json(service.name(), *service.driver, now_ms())),
            {core.record().primary, trouble_of(core), !core.serving() && !core.alarm().empty()},
            service.driver->counts()};
  const std::lock_guard lock(mutex);
  shown[service.name()] = std::move(now);
}

Result<Failover::Impl::Service*> Failover::Impl::find(const std::string& service) {
  const auto found = services.find(service);
  if (found != services.end()) return found->second.get();
  std::vector<std::string_view> known;
  for (const auto& [name, one] : services) known.push_back(name);
  return Error{Retry::kNever,
               fmt::format("unknown service '{}'; known: {}", service, fmt::join(known, ", "))};
}

Failover::Failover(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Failover>> Failover::open(const Config& config, HungProcesses& hung) {
  auto impl = std::make_unique<Impl>(config, hung);
  if (auto opened = impl->open(); !opened) return opened.error();
  return std::unique_ptr<Failover>(new Failover(std::move(impl)));
}

Failover::~Failover() {
  impl_->endpoint->stop();
  impl_->disk.reset();  // what it still does posts to the endpoint, in vain
}

void Failover::start() {
  impl_->tick_due_ms = impl_->now_ms();
  impl_->endpoint->post([impl = impl_.get()] { impl->tick(); });
  impl_->endpoint->start();
}

std::string Failover::status_json() const {
  const auto sum = totals();
  const std::lock_guard lock(impl_->mutex);
  std::string services;
  for (const auto& [name, shown] : impl_->shown) services += (services.empty() ? "" : ",") + shown.json;
  return fmt::format(R"({{"services":[{}],"suspicions":{},"false_alarms":{},"promotions":{}}})", services,
                     sum.suspicions, sum.false_alarms, sum.promotions);
}

std::map<std::string, CommandsSide> Failover::sides() const {
  const std::lock_guard lock(impl_->mutex);
  std::map<std::string, CommandsSide> sides;
  for (const auto& [name, shown] : impl_->shown) sides[name] = shown.side;
  return sides;
}

FailoverTotals Failover::totals() const {
  const std::lock_guard lock(impl_->mutex);
  FailoverTotals totals;
  for (const auto& [name, shown] : impl_->shown) {
    totals.suspicions += shown.counts.suspicions;
    totals.false_alarms += shown.counts.false_alarms;
    totals.promotions += shown.counts.promotions;
  }
  return totals;
}

const FailoverLog& Failover::log() const {
  return *impl_->log;
}

void Failover::switch_over(const std::string& service, const std::string& to, Done done) {
  impl_->endpoint->post([impl = impl_.get(), service, to, done = std::move(done)] {
    const auto found = impl->find(service);
    if (!found) return done(found.error());
    const auto begun = (*found)->driver->switch_over(impl->now_ms(), to);
    impl->show(**found);  // first: whoever has the answer looks at once
    done(begun);
  });
}

void Failover::force(const std::string& service, const std::string& node, Done done) {
  impl_->endpoint->post([impl = impl_.get(), service, node, done = std::move(done)] {
    const auto found = impl->find(service);
    if (!found) return done(found.error());
    const auto begun = (*found)->driver->force(impl->now_ms(), node);
    impl->show(**found);  // first: whoever has the answer looks at once
    done(begun);
  });
}

}  // namespace sportapp::monitor
