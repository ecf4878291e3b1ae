#include "ha/node/node_driver.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "ha/failover/report.hpp"

namespace sportapp::node {
namespace {

constexpr int kTickMs = 50;
constexpr int kPromiseRetryMs = 500;

Position head_of(const journal::ReplicatedJournal& journal) {
  const auto status = journal.status();
  return {status.head, status.head_hash};
}

}  // namespace

NodeDriver::NodeDriver(const Options& options, Outside outside, const Replica::Options& replica,
                       Epoch promise)
    : options_(options),
      outside_(std::move(outside)),
      replica_(replica, promise, head_of(outside_.journal), outside_.log, now_ms()) {}

void NodeDriver::tell(std::function<void(Replica&, std::int64_t)> input) {
  outside_.links.post([this, input = std::move(input)] {
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
  outside_.links.close(connection);
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
  outside_.links.send(connection, {failover::kEchoFrame, failover::encode(echo)});
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
  outside_.links.after(kTickMs, [this] { tick(); });
}

void NodeDriver::perform() {
  for (auto actions = replica_.take_actions(); !actions.empty(); actions = replica_.take_actions()) {
    for (const auto& action : actions) std::visit([this](const auto& one) { perform(one); }, action);
  }
  outside_.acted(replica_);
}

void NodeDriver::perform(const replication::SavePromise& action) {
  promises_.push_back(action.epoch);
  if (promises_.size() == 1) save_promise();
}

void NodeDriver::save_promise() {
  outside_.disk.promise(promises_.front(), [this](const Result<void>& saved) {
    outside_.links.post([this, saved] { promise_saved(saved); });
  });
}

void NodeDriver::promise_saved(const Result<void>& saved) {
  if (saved) {
    const auto epoch = promises_.front();
    promises_.pop_front();
    if (!promises_.empty()) save_promise();
    replica_.promise_saved(now_ms(), epoch);
  } else {
    outside_.links.after(kPromiseRetryMs, [this] { save_promise(); });
    replica_.promise_failed(now_ms(), saved.error().what);
  }
  perform();
}

void NodeDriver::perform(const replication::Dial& action) {
  const auto& to = peer(action.node);
  outside_.links.dial(to.process, to.host, to.link_port);
}

void NodeDriver::perform(const replication::HangUp& action) {
  if (const auto found = to_spare_.find(action.node); found != to_spare_.end()) {
    connections_.erase(found->second);
    to_spare_.erase(found);
  }
  outside_.links.hang_up(peer(action.node).process);
}

void NodeDriver::perform(const replication::Cut& action) {
  spdlog::warn("link to {} cut: {}", peer(action.node).process, action.why);
  const auto found = to_spare_.find(action.node);
  if (found == to_spare_.end()) return;
  outside_.links.close(found->second);
  connections_.erase(found->second);
  to_spare_.erase(found);
}

void NodeDriver::perform(const replication::ToSpare& action) {
  const auto found = to_spare_.find(action.node);
  if (found == to_spare_.end()) return;
  outside_.links.send(found->second, {replication::kMessageFrame, replication::encode(action.message)});
}

void NodeDriver::perform(const replication::ToPrimary& action) {
  outside_.links.send(link::ConnectionId{static_cast<std::int64_t>(action.link)},
                      {replication::kMessageFrame, replication::encode(action.message)});
}

void NodeDriver::perform(const replication::CutPrimary& action) {
  spdlog::warn("link of the primary cut: {}", action.why);
  const link::ConnectionId connection{static_cast<std::int64_t>(action.link)};
  outside_.links.close(connection);
  connections_.erase(connection);
}

void NodeDriver::perform(const replication::Lead& action) {
  outside_.journal.lead(action.epoch, action.alone);
}

void NodeDriver::perform(const replication::StopLeading&) {
  outside_.journal.follow([this] { tell([](Replica& node, std::int64_t now_ms) { node.stopped(now_ms); }); });
}

void NodeDriver::perform(const replication::Release& action) {
  gate_.pass(action.confirmed ? Pass::kAnswer : Pass::kWrite);
}

void NodeDriver::perform(const replication::Confirm&) {
  gate_.pass(Pass::kAnswer);
}

void NodeDriver::perform(const replication::RollBack&) {
  gate_.roll_back();
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
  const auto go_on = [wanted] { return wanted->load(); };
  outside_.disk.make_copy(action.node, go_on, [this, action](const Result<Position>& end) {
    tell([action, end](Replica& node, std::int64_t now_ms) {
      node.snapshot_made(now_ms, action.node, action.copy, end);
    });
  });
}

void NodeDriver::perform(const replication::ReadChunk& action) {
  outside_.disk.read_copy(action.node, action.offset, action.bytes,
                          [this, action](Result<std::string> bytes) {
                            tell([action, bytes = std::move(bytes)](Replica& node, std::int64_t now_ms) {
                              node.chunk_read(now_ms, action.node, action.copy, bytes);
                            });
                          });
}

void NodeDriver::perform(const replication::DropSnapshot& action) {
  if (const auto found = wanted_.find(action.node); found != wanted_.end()) *found->second = false;
  outside_.disk.drop_copy(action.node);
}

void NodeDriver::perform(const replication::WriteChunk& action) {
  outside_.disk.write_incoming(action.offset, action.bytes, [this](const Result<void>& written) {
    tell([written](Replica& node, std::int64_t now_ms) { node.chunk_written(now_ms, written); });
  });
}

void NodeDriver::perform(const replication::InstallSnapshot&) {
  outside_.disk.finish_incoming([this](const Result<std::filesystem::path>& copy) {
    if (!copy) return installed(copy.error());
    spdlog::warn("this journal is replaced by a copy of the primary's; the old one is kept beside it");
    outside_.journal.replace(*copy, [this](const Result<Position>& head) { installed(head); });
  });
}

void NodeDriver::installed(const Result<Position>& head) {
  tell([end = head](Replica& node, std::int64_t now_ms) { node.installed(now_ms, end); });
}

void NodeDriver::before_commit(const journal::SharedEntries& entries, Verdict verdict) {
  if (!gate_.wait(std::move(verdict))) return;
  tell([entries](Replica& node, std::int64_t now_ms) { node.batch_opened(now_ms, entries); });
}

void NodeDriver::committed(Position head) {
  tell([end = head](Replica& node, std::int64_t now_ms) { node.batch_committed(now_ms, end); });
}

void NodeDriver::commit_failed() {
  tell([](Replica& node, std::int64_t now_ms) {
    node.batch_failed(now_ms, "the journal could not confirm a write");
  });
}

void NodeDriver::journal_failing() {
  using failover::Damage;
  const auto status = outside_.journal.status();
  const auto damage = !status.damaged ? Damage::kNone : status.shorter ? Damage::kShort : Damage::kBroken;
  const auto left = status.shorter.value_or(Position{});
  tell([why = status.failing, damage, end = left](Replica& node, std::int64_t now_ms) {
    node.journal_failing(now_ms, why, damage, end);
  });
}

void NodeDriver::journal_recovered() {
  tell([end = head_of(outside_.journal)](Replica& node, std::int64_t now_ms) {
    node.journal_able(now_ms, end);
  });
}

}  // namespace sportapp::node
