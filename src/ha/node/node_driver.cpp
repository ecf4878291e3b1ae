#include "ha/node/node_driver.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "ha/failover/report.hpp"
#include "ha/node/node_copy.hpp"
#include "store/projection/base_model.hpp"

namespace sportapp::node {
namespace {

constexpr int kTickMs = 50;
constexpr std::chrono::milliseconds kPromiseRetry{500};

std::uint64_t random_run() {
  std::random_device random;
  return (std::uint64_t{random()} << 32 | random()) | 1U;
}

Position head_of(const journal::Journal& journal) {
  const auto status = journal.status();
  return {status.head, status.head_hash};
}

replication::Replica::Options replica_options(const Options& given) {
  replication::Replica::Options options{given.node, {}, random_run(), {}};
  options.limits.late_ms = given.spare_late_ms;
  for (const auto& peer : given.peers) options.others.push_back(peer.node);
  return options;
}

}  // namespace

NodeDriver::NodeDriver(const Options& options, Outside outside, std::unique_ptr<journal::Promise> promise)
    : options_(options),
      outside_(std::move(outside)),
      log_([this] { return outside_.journal.entries(); },
           [this] { return outside_.journal.status().settled; }),
      promise_(std::move(promise)),
      replica_(replica_options(options), promise_->value(), head_of(outside_.journal), log_, now_ms()),
      outgoing_(options.data),
      incoming_(options.data / "incoming.db"),
      promise_worker_(std::make_unique<Worker>()),
      outgoing_worker_(std::make_unique<Worker>()),
      incoming_worker_(std::make_unique<Worker>()) {}

void NodeDriver::stop() {
  {
    const std::lock_guard lock(stop_mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  promise_worker_.reset();
  outgoing_worker_.reset();
  incoming_worker_.reset();
}

void NodeDriver::tell(std::function<void(Replica&, std::int64_t)> input) {
  outside_.endpoint.post([this, input = std::move(input)] {
    input(replica_, now_ms());
    perform();
  });
}

// The replica names none but these.
const Peer& NodeDriver::peer(const std::string& node) const {
  return *std::find_if(options_.peers.begin(), options_.peers.end(),
                       [&](const Peer& one) { return one.node == node; });
}

const Peer* NodeDriver::peer_of(const std::string& process) const {
  for (const auto& peer : options_.peers) {
    if (peer.process == process) return &peer;
  }
  return nullptr;
}

void NodeDriver::up(link::ConnectionId connection, const std::string& name, bool dialled) {
  const auto* peer = peer_of(name);
  const auto node = peer == nullptr ? std::string() : peer->node;
  connections_[connection] = {name, node, dialled};
  if (!dialled) return;
  to_spare_[node] = connection;
  replica_.linked(now_ms(), node);
  perform();
}

void NodeDriver::down(link::ConnectionId connection) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  const auto gone = found->second;
  connections_.erase(found);
  if (monitor_ == connection) monitor_.reset();
  if (gone.node.empty()) return;
  if (gone.dialled) {
    // One that was hung up may go after the next one came.
    const auto current = to_spare_.find(gone.node);
    if (current == to_spare_.end() || current->second != connection) return;
    to_spare_.erase(current);
    replica_.unlinked(now_ms(), gone.node);
  } else {
    replica_.link_down(now_ms(), static_cast<std::uint64_t>(connection.value));
  }
  perform();
}

void NodeDriver::end(link::ConnectionId connection) {
  outside_.endpoint.close(connection);
  down(connection);
}

void NodeDriver::frame(link::ConnectionId connection, const link::Frame& frame) {
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

void NodeDriver::ping(link::ConnectionId connection, const link::Frame& frame) {
  if (outside_.hangs && outside_.hangs()) return;
  if (!connections_.contains(connection)) return;
  const auto ping = failover::decode_ping(frame.payload);
  if (!ping) {
    spdlog::error("monitor: {}", ping.error().what);
    return end(connection);
  }
  // What an earlier run of the monitor has on its way may be older than the record of now.
  const auto before = std::exchange(monitor_, connection);
  if (before && *before != connection) end(*before);
  const auto echo = replica_.pinged(now_ms(), *ping);
  outside_.endpoint.send(connection, {failover::kEchoFrame, failover::encode(echo)});
  perform();
}

void NodeDriver::message(link::ConnectionId connection, const link::Frame& frame) {
  const auto found = connections_.find(connection);
  if (found == connections_.end() || found->second.node.empty()) return end(connection);
  auto message = replication::decode(frame.payload);
  if (!message) {
    spdlog::error("{}: {}", found->second.name, message.error().what);
    return end(connection);
  }
  if (found->second.dialled) {
    replica_.answered(now_ms(), found->second.node, *message);
  } else {
    replica_.received(now_ms(), static_cast<std::uint64_t>(connection.value), found->second.node,
                      std::move(*message));
  }
  perform();
}

void NodeDriver::tick() {
  replica_.tick(now_ms());
  perform();
  outside_.endpoint.after(kTickMs, [this] { tick(); });
}

void NodeDriver::perform() {
  for (auto actions = replica_.take_actions(); !actions.empty(); actions = replica_.take_actions()) {
    for (const auto& action : actions) std::visit([this](const auto& one) { perform(one); }, action);
  }
  outside_.acted(replica_);
}

void NodeDriver::perform(const replication::SavePromise& action) {
  promise_worker_->post([this, epoch = action.epoch] { save_promise(epoch); });
}

// The disk may have been repaired under it: what was open is then another file. One with less is not ours.
void NodeDriver::reopen_promise() {
  auto opened = journal::Promise::open(options_.data);
  // One that is lost is recreated by what is promised now.
  const bool fits = opened && ((*opened)->lost() || (*opened)->value() >= promise_->value());
  if (fits) promise_ = std::move(*opened);
}

void NodeDriver::save_promise(Epoch epoch) {
  for (auto saved = promise_->raise(epoch); !saved; saved = promise_->raise(epoch)) {
    tell(
        [why = saved.error().what](Replica& node, std::int64_t now_ms) { node.promise_failed(now_ms, why); });
    std::unique_lock lock(stop_mutex_);
    if (stopped_.wait_for(lock, kPromiseRetry, [this] { return stopping_.load(); })) return;
    reopen_promise();
  }
  tell([epoch](Replica& node, std::int64_t now_ms) { node.promise_saved(now_ms, epoch); });
}

void NodeDriver::perform(const replication::Dial& action) {
  const auto& to = peer(action.node);
  outside_.endpoint.dial(to.process, to.host, to.link_port);
}

void NodeDriver::perform(const replication::HangUp& action) {
  if (const auto found = to_spare_.find(action.node); found != to_spare_.end()) {
    connections_.erase(found->second);
    to_spare_.erase(found);
  }
  outside_.endpoint.hang_up(peer(action.node).process);
}

void NodeDriver::perform(const replication::Cut& action) {
  spdlog::warn("link to {} cut: {}", peer(action.node).process, action.why);
  const auto found = to_spare_.find(action.node);
  if (found == to_spare_.end()) return;
  outside_.endpoint.close(found->second);
  connections_.erase(found->second);
  to_spare_.erase(found);
}

void NodeDriver::perform(const replication::ToSpare& action) {
  const auto found = to_spare_.find(action.node);
  if (found == to_spare_.end()) return;
  outside_.endpoint.send(found->second, {replication::kMessageFrame, replication::encode(action.message)});
}

void NodeDriver::perform(const replication::ToPrimary& action) {
  outside_.endpoint.send(link::ConnectionId{static_cast<std::int64_t>(action.link)},
                         {replication::kMessageFrame, replication::encode(action.message)});
}

void NodeDriver::perform(const replication::CutPrimary& action) {
  spdlog::warn("link of the primary cut: {}", action.why);
  const link::ConnectionId connection{static_cast<std::int64_t>(action.link)};
  outside_.endpoint.close(connection);
  connections_.erase(connection);
}

void NodeDriver::perform(const replication::Lead& action) {
  outside_.journal.lead(action.epoch, action.alone);
}

void NodeDriver::perform(const replication::StopLeading&) {
  outside_.journal.follow([this] { tell([](Replica& node, std::int64_t now_ms) { node.stopped(now_ms); }); });
}

void NodeDriver::perform(const replication::Release&) {
  outside_.decide_gate(true);
}

void NodeDriver::perform(const replication::RollBack&) {
  outside_.decide_gate(false);
}

void NodeDriver::perform(const replication::AppendToJournal& action) {
  outside_.journal.append(action.entries, [this](const Result<Position>& head) {
    tell([end = head](Replica& node, std::int64_t now_ms) { node.appended(now_ms, end); });
  });
}

void NodeDriver::perform(const replication::AcceptLoss&) {
  outside_.journal.accept_loss();
}

void NodeDriver::perform(const replication::MakeSnapshot& action) {
  spdlog::info("copying the journal for {}", peer(action.node).process);
  const auto wanted = std::make_shared<std::atomic<bool>>(true);
  wanted_[action.node] = wanted;
  outgoing_worker_->post([this, action, wanted] {
    const auto end = outgoing_.make(action.node, [&] { return *wanted && !stopping_; });
    tell([action, end](Replica& node, std::int64_t now_ms) {
      node.snapshot_made(now_ms, action.node, action.copy, end);
    });
  });
}

void NodeDriver::perform(const replication::ReadChunk& action) {
  outgoing_worker_->post([this, action] {
    auto bytes = outgoing_.read(action.node, action.offset, action.bytes);
    tell([action, bytes = std::move(bytes)](Replica& node, std::int64_t now_ms) {
      node.chunk_read(now_ms, action.node, action.copy, bytes);
    });
  });
}

// Also to delete a large file takes its time.
void NodeDriver::perform(const replication::DropSnapshot& action) {
  if (const auto found = wanted_.find(action.node); found != wanted_.end()) *found->second = false;
  outgoing_worker_->post([this, action] { outgoing_.drop(action.node); });
}

void NodeDriver::perform(const replication::WriteChunk& action) {
  incoming_worker_->post([this, action] {
    const auto written = incoming_.write(action.offset, action.bytes);
    tell([written](Replica& node, std::int64_t now_ms) { node.chunk_written(now_ms, written); });
  });
}

void NodeDriver::perform(const replication::InstallSnapshot&) {
  incoming_worker_->post([this] {
    const auto installed = [this](const Result<Position>& head) {
      tell([end = head](Replica& node, std::int64_t now_ms) { node.installed(now_ms, end); });
    };
    const auto copy = incoming_.finish();
    if (!copy) return installed(copy.error());
    if (auto apart = take_apart(*copy, projection::next_base_of(options_.data / "journal.db")); !apart)
      return installed(apart.error());
    spdlog::warn("this journal is replaced by a copy of the primary's; the old one is kept beside it");
    outside_.journal.replace(*copy, installed);
  });
}

}  // namespace sportapp::node
