#include "ha/node/live_node.hpp"

#include <spdlog/spdlog.h>

#include <mutex>
#include <utility>

#include "ha/failover/report.hpp"
#include "ha/node/node_driver.hpp"
#include "net/link/endpoint.hpp"
#include "net/link/key.hpp"

namespace sportapp::node {
namespace {

using Replica = replication::Replica;

Error is_stopping() {
  return {Retry::kLater, "this process is stopping"};
}

}  // namespace

struct LiveNode::Impl {
  Impl(Options options_given, OnRole on_role_given, Hangs hangs_given)
      : own(std::move(options_given)), on_role(std::move(on_role_given)), hangs(std::move(hangs_given)) {}

  [[nodiscard]] link::Handler handler();
  void acted(const Replica& replica);
  void decide_gate(bool pass);
  void journal_failing();

  const Options own;
  const OnRole on_role;
  const Hangs hangs;
  std::unique_ptr<journal::Promise> promise;  // until the driver has it
  std::unique_ptr<link::Endpoint> endpoint;
  std::unique_ptr<NodeDriver> driver;  // its work ends before it does: by endpoint->stop()

  std::mutex journal_mutex;             // whatever the journal says is told after it is said how it began
  journal::Journal* journal = nullptr;  // from then on

  std::mutex gate_mutex;  // guards the next two
  Verdict verdict;        // of the batch that waits
  bool stopping = false;

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
  const auto now_ms = SystemClock().monotonic_ms();
  RoleView now{replica.decides(), replica.primary(), replica.node().acting().epoch, replica.report(now_ms),
               replica.peers()};
  bool changed = false;
  {
    const std::lock_guard lock(view_mutex);
    changed = now.decides != view.decides || now.primary != view.primary;
    view = now;
  }
  if (!changed) return;
  spdlog::info("role={} primary={} epoch={} promise={}", failover::to_string(now.report.role),
               now.decides ? own.node : now.primary, now.report.epoch.value, now.report.promise.value);
  on_role(now);
}

// The replica decides within the time it gives a spare: one that does not answer is dropped, an overruled
// primary gives up.
void LiveNode::Impl::decide_gate(bool pass) {
  Verdict waits;
  {
    const std::lock_guard lock(gate_mutex);
    waits = std::exchange(verdict, nullptr);
  }
  if (waits) waits(pass ? Result<void>() : Error{Retry::kLater, "another node is primary"});
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
  impl_->promise = std::move(*promise);
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
  impl->driver = std::make_unique<NodeDriver>(
      impl->own,
      NodeDriver::Outside{*impl->endpoint, journal, [impl](bool pass) { impl->decide_gate(pass); },
                          [impl](const Replica& replica) { impl->acted(replica); }, impl->hangs},
      std::move(impl->promise));
  {
    const std::lock_guard lock(impl->journal_mutex);
    impl->journal = &journal;
    if (!journal.status().failing.empty()) impl->journal_failing();
  }
  if (auto listening = impl->endpoint->listen(); !listening) return listening.error();
  impl->endpoint->post([impl] { impl->driver->tick(); });
  impl->endpoint->start();
  return {};
}

void LiveNode::stop() {
  Verdict waits;
  {
    const std::lock_guard lock(impl_->gate_mutex);
    impl_->stopping = true;
    waits = std::exchange(impl_->verdict, nullptr);
  }
  if (waits) waits(is_stopping());
  // The link's thread uses what the driver's stop() ends.
  if (impl_->endpoint) impl_->endpoint->stop();
  if (impl_->driver) impl_->driver->stop();
}

RoleView LiveNode::role() const {
  const std::lock_guard lock(impl_->view_mutex);
  return impl_->view;
}

void LiveNode::Impl::journal_failing() {
  using failover::Damage;
  const auto status = journal->status();
  const auto damage = !status.damaged ? Damage::kNone : status.shorter ? Damage::kShort : Damage::kBroken;
  const auto left = status.shorter.value_or(Position{});
  driver->tell([why = status.failing, damage, end = left](Replica& node, std::int64_t now_ms) {
    node.journal_failing(now_ms, why, damage, end);
  });
}

void LiveNode::journal_failing() {
  const std::lock_guard lock(impl_->journal_mutex);
  if (impl_->journal != nullptr) impl_->journal_failing();
}

void LiveNode::journal_recovered(const Position& head) {
  const std::lock_guard lock(impl_->journal_mutex);
  if (impl_->journal == nullptr) return;
  impl_->driver->tell([end = head](Replica& node, std::int64_t now_ms) { node.journal_able(now_ms, end); });
}

void LiveNode::before_commit(const journal::SharedEntries& entries, Verdict verdict) {
  bool stopping = false;
  {
    const std::lock_guard lock(impl_->gate_mutex);
    stopping = impl_->stopping;
    if (!stopping) impl_->verdict = std::move(verdict);
  }
  if (stopping) return verdict(is_stopping());
  impl_->driver->tell([entries](Replica& node, std::int64_t now_ms) { node.batch_opened(now_ms, entries); });
}

void LiveNode::committed(Position head) {
  impl_->driver->tell(
      [end = head](Replica& node, std::int64_t now_ms) { node.batch_committed(now_ms, end); });
}

void LiveNode::commit_failed() {
  impl_->driver->tell([](Replica& node, std::int64_t now_ms) {
    node.batch_failed(now_ms, "the journal could not confirm a write");
  });
}

}  // namespace sportapp::node
