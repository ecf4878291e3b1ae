#include "ha/node/live_node.hpp"

#include <spdlog/spdlog.h>

#include <mutex>
#include <random>
#include <utility>

#include "ha/failover/report.hpp"
#include "ha/node/node_driver.hpp"
#include "ha/node/node_folder.hpp"
#include "ha/node/node_log.hpp"
#include "net/link/endpoint.hpp"
#include "net/link/key.hpp"

namespace sportapp::node {
namespace {

using Replica = replication::Replica;

// So old is what role() says at most; what the process acts on is told at once. The driver ticks as often.
constexpr std::int64_t kViewOldMs = 50;

std::uint64_t random_run() {
  std::random_device random;
  return (std::uint64_t{random()} << 32 | random()) | 1U;
}

Replica::Options replica_options(const Options& given) {
  Replica::Options options{given.node, {}, random_run(), {}};
  options.limits.late_ms = given.spare_late_ms;
  for (const auto& peer : given.peers) options.others.push_back(peer.node);
  return options;
}

}  // namespace

struct LiveNode::Impl {
  Impl(Options options_given, OnRole on_role_given, Hangs hangs_given)
      : own(std::move(options_given)), on_role(std::move(on_role_given)), hangs(std::move(hangs_given)) {}

  [[nodiscard]] link::Handler handler();
  void acted(const Replica& replica);

  const Options own;
  const OnRole on_role;
  const Hangs hangs;
  const SystemClock clock;
  std::unique_ptr<NodeFolder> folder;
  std::unique_ptr<link::Endpoint> endpoint;
  std::unique_ptr<NodeLog> log;
  std::unique_ptr<NodeDriver> driver;  // its work ends before it does: by endpoint->stop()

  // The link's thread only: as last told.
  bool decided = false;
  std::string primary;
  std::int64_t viewed_ms = 0;

  std::mutex told_mutex;       // guards the next: whatever the journal says is told after it is said how it
  NodeDriver* told = nullptr;  // began

  mutable std::mutex view_mutex;  // guards the next
  RoleView view;
};

link::Handler LiveNode::Impl::handler() {
  link::Handler handler;
  handler.on_up = [this](link::ConnectionId connection, const std::string& name, bool dialled) {
    driver->up(connection, name, dialled);
  };
  handler.on_frame = [this](link::ConnectionId connection, const link::Frame& frame) {
    driver->frame(connection, frame);
  };
  handler.on_down = [this](link::ConnectionId connection, const std::string&, const std::string&) {
    driver->down(connection);
  };
  return handler;
}

void LiveNode::Impl::acted(const Replica& replica) {
  const auto now_ms = clock.monotonic_ms();
  const bool changed = replica.decides() != decided || replica.primary() != primary;
  if (!changed && now_ms - viewed_ms < kViewOldMs) return;
  decided = replica.decides();
  primary = replica.primary();
  viewed_ms = now_ms;
  RoleView now{decided, primary, replica.node().acting().epoch, replica.report(now_ms), replica.peers()};
  {
    const std::lock_guard lock(view_mutex);
    view = now;
  }
  if (!changed) return;
  spdlog::info("role={} primary={} epoch={} promise={}", failover::to_string(now.report.role),
               now.decides ? own.node : now.primary, now.report.epoch.value, now.report.promise.value);
  on_role(now);
}

LiveNode::LiveNode(Options options, OnRole on_role, Hangs hangs)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(on_role), std::move(hangs))) {}

LiveNode::~LiveNode() {
  stop();
}

Result<void> LiveNode::prepare() {
  auto key = link::load_key(impl_->own.key_file);
  if (!key) return key.error();
  auto promise = journal::Promise::open(impl_->own.data);
  if (!promise) return promise.error();
  impl_->folder = std::make_unique<NodeFolder>(impl_->own.data, std::move(*promise));
  link::Options options;
  options.name = impl_->own.process;
  options.key = *key;
  options.host = impl_->own.host;
  options.port = impl_->own.link_port;
  impl_->endpoint = std::make_unique<link::Endpoint>(options, impl_->handler());
  return {};
}

Result<void> LiveNode::start(journal::Journal& journal) {
  auto* impl = impl_.get();
  impl->log = std::make_unique<NodeLog>([&journal] { return journal.entries(); },
                                        [&journal] { return journal.status().settled; });
  impl->driver = std::make_unique<NodeDriver>(
      impl->own,
      NodeDriver::Outside{*impl->endpoint, journal, *impl->log, *impl->folder, impl->clock,
                          [impl](const Replica& replica) { impl->acted(replica); }, impl->hangs},
      replica_options(impl->own), impl->folder->promised());
  {
    const std::lock_guard lock(impl->told_mutex);
    impl->told = impl->driver.get();
    if (!journal.status().failing.empty()) impl->driver->journal_failing();
  }
  if (auto listening = impl->endpoint->listen(); !listening) return listening.error();
  impl->endpoint->post([impl] { impl->driver->tick(); });
  impl->endpoint->start();
  return {};
}

void LiveNode::stop() {
  if (impl_->driver) impl_->driver->close_gate();
  if (impl_->endpoint) impl_->endpoint->stop();
  impl_->folder.reset();
}

RoleView LiveNode::role() const {
  const std::lock_guard lock(impl_->view_mutex);
  return impl_->view;
}

void LiveNode::journal_failing() {
  const std::lock_guard lock(impl_->told_mutex);
  if (impl_->told != nullptr) impl_->told->journal_failing();
}

void LiveNode::journal_recovered() {
  const std::lock_guard lock(impl_->told_mutex);
  if (impl_->told != nullptr) impl_->told->journal_recovered();
}

void LiveNode::before_commit(const journal::SharedEntries& entries, Verdict verdict) {
  impl_->driver->before_commit(entries, std::move(verdict));
}

void LiveNode::committed(Position head) {
  impl_->driver->committed(head);
}

void LiveNode::commit_failed() {
  impl_->driver->commit_failed();
}

}  // namespace sportapp::node
