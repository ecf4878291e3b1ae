#include "service/live_node.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <utility>

#include "base/clock.hpp"
#include "failover/report.hpp"
#include "journal/copy.hpp"
#include "journal/promise.hpp"
#include "link/endpoint.hpp"
#include "link/key.hpp"
#include "service/node_log.hpp"
#include "service/worker.hpp"

namespace sportapp::service {
namespace {

using failover::Position;
using Replica = replication::Replica;

constexpr int kTickMs = 50;
constexpr int kPromiseRetryMs = 500;
constexpr std::chrono::seconds kGateSlice{1};

std::uint64_t random_run() {
  std::random_device random;
  return (std::uint64_t{random()} << 32 | random()) | 1U;
}

Position position_of(const journal::Head& head) {
  return {head.seq, head.hash};
}

Result<Position> position_of(const Result<journal::Head>& head) {
  if (!head) return head.error();
  return position_of(*head);
}

}  // namespace

struct LiveNode::Impl {
  Impl(const Config& config_given, OnRole on_role_given);

  [[nodiscard]] std::string process_of(const std::string& node) const {
    return fmt::format("{}-{}-{}", config.service, config.side, node);
  }
  [[nodiscard]] const PeerAddress* peer_named(const std::string& process) const;
  [[nodiscard]] std::int64_t now_ms() const { return clock.monotonic_ms(); }

  // On the link's thread.
  void up(link::ConnectionId connection, const std::string& name, bool dialled);
  void down(link::ConnectionId connection);
  void end(link::ConnectionId connection);  // of our own accord
  void frame(link::ConnectionId connection, link::Frame frame);
  void ping(link::ConnectionId connection, const link::Frame& frame);
  void message(link::ConnectionId connection, const link::Frame& frame);
  void tick();
  void perform();
  void perform(const replication::SavePromise& action);
  void perform(const replication::Dial& action);
  void perform(const replication::HangUp& action);
  void perform(const replication::Cut& action);
  void perform(const replication::ToSpare& action);
  void perform(const replication::ToPrimary& action);
  void perform(const replication::CutPrimary& action);
  void perform(const replication::Lead& action);
  void perform(const replication::StopLeading& action);
  void perform(const replication::Release& action);
  void perform(const replication::RollBack& action);
  void perform(const replication::AppendToJournal& action);
  void perform(const replication::MakeSnapshot& action);
  void perform(const replication::DropSnapshot& action);
  void perform(const replication::InstallSnapshot& action);
  void show_role();
  // Hands something to the replica, on the link's thread, and does what it asks for then.
  template <class Input>
  void tell(Input input) {
    endpoint->post([this, input = std::move(input)]() mutable {
      input(*replica);
      perform();
    });
  }
  void decide_gate(bool pass);

  const Config config;
  const OnRole on_role;
  const SystemClock clock;
  std::unique_ptr<link::Endpoint> endpoint;
  journal::Journal* journal = nullptr;

  // The link thread's own.
  struct Connection {
    std::string name;
    std::string node;  // empty: the monitor's
    bool dialled = false;
  };
  std::map<link::ConnectionId, Connection> connections;
  std::map<std::string, link::ConnectionId> to_spare;  // by node
  std::unique_ptr<NodeLog> log;
  std::unique_ptr<Replica> replica;

  // The promise worker's own, once started.
  std::unique_ptr<journal::Promise> promise;

  std::mutex gate_mutex;  // guards the next three
  std::condition_variable gate_changed;
  std::optional<bool> verdict;
  bool stopping = false;

  mutable std::mutex view_mutex;
  RoleView view;

  std::atomic<bool> copying_may_go_on{true};
  std::unique_ptr<Worker> promise_worker, copy_worker;
};

LiveNode::Impl::Impl(const Config& config_given, OnRole on_role_given)
    : config(config_given), on_role(std::move(on_role_given)) {}

const PeerAddress* LiveNode::Impl::peer_named(const std::string& process) const {
  for (const auto& peer : config.peers) {
    if (process_of(peer.node) == process) return &peer;
  }
  return nullptr;
}

void LiveNode::Impl::up(link::ConnectionId connection, const std::string& name, bool dialled) {
  const auto* peer = peer_named(name);
  const auto node = peer == nullptr ? std::string() : peer->node;
  connections[connection] = {name, node, dialled};
  if (!dialled) return;
  to_spare[node] = connection;
  replica->linked(now_ms(), node);
  perform();
}

void LiveNode::Impl::down(link::ConnectionId connection) {
  const auto found = connections.find(connection);
  if (found == connections.end()) return;
  const auto gone = found->second;
  connections.erase(found);
  if (gone.node.empty()) return;
  if (gone.dialled) {
    // One that was hung up may go after the next one came.
    const auto current = to_spare.find(gone.node);
    if (current == to_spare.end() || current->second != connection) return;
    to_spare.erase(current);
    replica->unlinked(now_ms(), gone.node);
  } else {
    replica->link_down(now_ms(), static_cast<std::uint64_t>(connection.value));
  }
  perform();
}

void LiveNode::Impl::end(link::ConnectionId connection) {
  endpoint->close(connection);
  down(connection);
}

void LiveNode::Impl::frame(link::ConnectionId connection, link::Frame frame) {
  switch (frame.type) {
    case failover::kPingFrame:
      return ping(connection, frame);
    case replication::kMessageFrame:
      return message(connection, frame);
    default:
      spdlog::error("a frame of type {} is not known here; do all processes have one version?", frame.type);
      end(connection);
  }
}

void LiveNode::Impl::ping(link::ConnectionId connection, const link::Frame& frame) {
  const auto ping = failover::decode_ping(frame.payload);
  if (!ping) {
    spdlog::error("monitor: {}", ping.error().what);
    return end(connection);
  }
  const auto echo = replica->pinged(now_ms(), *ping);
  endpoint->send(connection, {failover::kEchoFrame, failover::encode(echo)});
  perform();
}

void LiveNode::Impl::message(link::ConnectionId connection, const link::Frame& frame) {
  const auto found = connections.find(connection);
  if (found == connections.end() || found->second.node.empty()) return end(connection);
  auto message = replication::decode(frame.payload);
  if (!message) {
    spdlog::error("{}: {}", found->second.name, message.error().what);
    return end(connection);
  }
  if (found->second.dialled) {
    replica->answered(now_ms(), found->second.node, *message);
  } else {
    replica->received(now_ms(), static_cast<std::uint64_t>(connection.value), found->second.node,
                      std::move(*message));
  }
  perform();
}

void LiveNode::Impl::tick() {
  replica->tick(now_ms());
  perform();
  endpoint->after(kTickMs, [this] { tick(); });
}

void LiveNode::Impl::perform() {
  for (auto actions = replica->take_actions(); !actions.empty(); actions = replica->take_actions()) {
    for (const auto& action : actions) std::visit([this](const auto& one) { perform(one); }, action);
  }
  show_role();
}

void LiveNode::Impl::perform(const replication::SavePromise& action) {
  promise_worker->post([this, epoch = action.epoch] {
    auto saved = promise->raise(epoch);
    for (; !saved; saved = promise->raise(epoch)) {
      tell([this, why = saved.error().what](Replica& node) { node.promise_failed(now_ms(), why); });
      std::unique_lock lock(gate_mutex);
      if (gate_changed.wait_for(lock, std::chrono::milliseconds(kPromiseRetryMs),
                                [this] { return stopping; })) {
        return;
      }
    }
    tell([this, epoch](Replica& node) { node.promise_saved(now_ms(), epoch); });
  });
}

void LiveNode::Impl::perform(const replication::Dial& action) {
  const auto* peer = peer_named(process_of(action.node));
  endpoint->dial(process_of(action.node), peer->host, peer->link_port);
}

void LiveNode::Impl::perform(const replication::HangUp& action) {
  if (const auto found = to_spare.find(action.node); found != to_spare.end()) {
    connections.erase(found->second);
    to_spare.erase(found);
  }
  endpoint->hang_up(process_of(action.node));
}

void LiveNode::Impl::perform(const replication::Cut& action) {
  spdlog::warn("link to {} cut: {}", process_of(action.node), action.why);
  const auto found = to_spare.find(action.node);
  if (found == to_spare.end()) return;
  endpoint->close(found->second);
  connections.erase(found->second);
  to_spare.erase(found);
}

void LiveNode::Impl::perform(const replication::ToSpare& action) {
  const auto found = to_spare.find(action.node);
  if (found == to_spare.end()) return;
  endpoint->send(found->second, {replication::kMessageFrame, replication::encode(action.message)});
}

void LiveNode::Impl::perform(const replication::ToPrimary& action) {
  endpoint->send(link::ConnectionId{static_cast<std::int64_t>(action.link)},
                 {replication::kMessageFrame, replication::encode(action.message)});
}

void LiveNode::Impl::perform(const replication::CutPrimary& action) {
  spdlog::warn("link of the primary cut: {}", action.why);
  const link::ConnectionId connection{static_cast<std::int64_t>(action.link)};
  endpoint->close(connection);
  connections.erase(connection);
}

void LiveNode::Impl::perform(const replication::Lead& action) {
  journal->lead(action.epoch);
}

void LiveNode::Impl::perform(const replication::StopLeading&) {
  journal->follow([this] { tell([this](Replica& node) { node.stopped(now_ms()); }); });
}

void LiveNode::Impl::perform(const replication::Release&) {
  decide_gate(true);
}

void LiveNode::Impl::perform(const replication::RollBack&) {
  decide_gate(false);
}

void LiveNode::Impl::perform(const replication::AppendToJournal& action) {
  journal->append(action.entries, [this](Result<journal::Head> head) {
    tell([this, head = position_of(head)](Replica& node) { node.appended(now_ms(), head); });
  });
}

void LiveNode::Impl::perform(const replication::MakeSnapshot& action) {
  spdlog::info("copying the journal for {}", process_of(action.node));
  copy_worker->post([this, node = action.node, to = log->outgoing(action.node)] {
    const auto copied =
        journal::copy_journal(config.data / "journal.db", to, [this] { return copying_may_go_on.load(); });
    auto head = copied ? Result<Position>(position_of(copied->head)) : Result<Position>(copied.error());
    tell([this, node, head](Replica& replica_told) { replica_told.snapshot_made(now_ms(), node, head); });
  });
}

void LiveNode::Impl::perform(const replication::DropSnapshot& action) {
  log->drop_outgoing(action.node);
}

void LiveNode::Impl::perform(const replication::InstallSnapshot&) {
  const auto installed = [this](Result<journal::Head> head) {
    tell([this, head = position_of(head)](Replica& node) { node.installed(now_ms(), head); });
  };
  auto file = log->finish_incoming();
  if (!file) return installed(file.error());
  spdlog::warn("this journal is replaced by a copy of the primary's; the old one is kept beside it");
  journal->replace(*file, installed);
}

void LiveNode::Impl::show_role() {
  RoleView now{replica->decides(), replica->primary(), replica->node().acting().epoch,
               replica->report(now_ms()), replica->peers()};
  bool changed = false;
  {
    const std::lock_guard lock(view_mutex);
    changed = now.decides != view.decides || now.primary != view.primary;
    view = now;
  }
  if (!changed) return;
  spdlog::info("role={} primary={} epoch={} promise={}", failover::to_string(now.report.role),
               now.decides ? config.node : now.primary, now.report.epoch.value, now.report.promise.value);
  on_role(now);
}

void LiveNode::Impl::decide_gate(bool pass) {
  {
    const std::lock_guard lock(gate_mutex);
    verdict = pass;
  }
  gate_changed.notify_all();
}

LiveNode::LiveNode(const Config& config, OnRole on_role)
    : impl_(std::make_unique<Impl>(config, std::move(on_role))) {}

LiveNode::~LiveNode() {
  stop();
}

Result<void> LiveNode::prepare() {
  auto key = link::load_key(impl_->config.key_file);
  if (!key) return key.error();
  auto promise = journal::Promise::open(impl_->config.data);
  if (!promise) return promise.error();
  impl_->promise = std::move(*promise);
  auto* impl = impl_.get();
  link::Options options;
  options.name = impl->config.name;
  options.key = *key;
  options.host = impl->config.host;
  options.port = impl->config.link_port;
  impl->endpoint = std::make_unique<link::Endpoint>(
      options,
      link::Handler{.on_up = [impl](link::ConnectionId connection, const std::string& name,
                                    bool dialled) { impl->up(connection, name, dialled); },
                    .on_frame = [impl](link::ConnectionId connection,
                                       link::Frame frame) { impl->frame(connection, std::move(frame)); },
                    .on_down = [impl](link::ConnectionId connection, const std::string&,
                                      const std::string&) { impl->down(connection); }});
  return {};
}

Result<void> LiveNode::start(journal::Journal& journal) {
  auto* impl = impl_.get();
  impl->journal = &journal;
  impl->log = std::make_unique<NodeLog>(impl->config.data, [&journal] { return journal.entries(); });
  impl->promise_worker = std::make_unique<Worker>();
  impl->copy_worker = std::make_unique<Worker>();
  const auto status = journal.status();
  Replica::Options options{impl->config.node, {}, random_run(), {}};
  for (const auto& peer : impl->config.peers) options.others.push_back(peer.node);
  impl->replica =
      std::make_unique<Replica>(std::move(options), impl->promise->value(),
                                Position{status.head, status.head_hash}, *impl->log, impl->now_ms());
  if (auto listening = impl->endpoint->listen(); !listening) return listening.error();
  impl->endpoint->start();
  impl->endpoint->post([impl] { impl->tick(); });
  return {};
}

void LiveNode::stop() {
  {
    const std::lock_guard lock(impl_->gate_mutex);
    impl_->stopping = true;
  }
  impl_->gate_changed.notify_all();
  impl_->copying_may_go_on = false;
  impl_->promise_worker.reset();
  impl_->copy_worker.reset();
  if (impl_->endpoint) impl_->endpoint->stop();
}

RoleView LiveNode::role() const {
  const std::lock_guard lock(impl_->view_mutex);
  return impl_->view;
}

void LiveNode::journal_failing(const std::string& why) {
  impl_->tell([impl = impl_.get(), why](Replica& node) { node.journal_failing(impl->now_ms(), why); });
}

void LiveNode::journal_recovered() {
  impl_->tell([impl = impl_.get()](Replica& node) {
    const auto status = impl->journal->status();
    node.journal_able(impl->now_ms(), {status.head, status.head_hash});
  });
}

Result<void> LiveNode::before_commit(std::span<const journal::Entry> entries) {
  auto* impl = impl_.get();
  const Error stopping{Retry::kLater, "this process is stopping"};
  {
    const std::lock_guard lock(impl->gate_mutex);
    if (impl->stopping) return stopping;
    impl->verdict.reset();
  }
  auto batch = std::make_shared<std::vector<journal::Entry>>(entries.begin(), entries.end());
  impl->tell([impl, batch](Replica& node) { node.batch_opened(impl->now_ms(), std::move(*batch)); });
  std::unique_lock lock(impl->gate_mutex);
  while (!impl->verdict && !impl->stopping) {
    // The replica decides in any case: a spare that does not answer is dropped, an overruled primary gives
    // up.
    impl->gate_changed.wait_for(lock, kGateSlice);
  }
  if (!impl->verdict) return stopping;
  if (!*impl->verdict) return Error{Retry::kLater, "another node is primary"};
  return {};
}

void LiveNode::committed(journal::Head head) {
  impl_->tell([impl = impl_.get(), position = position_of(head)](Replica& node) {
    node.batch_committed(impl->now_ms(), position);
  });
}

void LiveNode::commit_failed() {
  impl_->tell([impl = impl_.get()](Replica& node) {
    node.batch_failed(impl->now_ms(), "the journal could not confirm a write");
  });
}

}  // namespace sportapp::service
