// What the replica asks for, done by the node's process; and what replication reads of its disk.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "ha/replication/message.hpp"
#include "sim/node_host.hpp"
#include "sim/node_running.hpp"

namespace sportapp::simulator {

using replication::Replica;

namespace {

constexpr Us kPromiseRetry = 500 * kMs;
constexpr Us kCopying = 3 * kMs;
constexpr Us kReading = 1 * kMs;

}  // namespace

void NodeHost::show_role() {
  const auto& replica = *running_->replica;
  const auto role = replica.decides() ? name() : replica.primary();
  if (role == running_->shown) return;
  running_->shown = role;
  world_.trace(name(), "is {}, promise {}: primary is {}", failover::to_string(replica.report(0).role),
               replica.node().promise().value, role.empty() ? "nobody" : role);
  running_->reception->look();
}

template <>
void NodeHost::perform(const replication::SavePromise& action) {
  running_->promises.push_back(action.epoch);
  if (running_->promises.size() == 1) save_promise();
}

void NodeHost::save_promise() {
  const auto epoch = running_->promises.front();
  disk_.write(
      process(),
      [this, epoch] {
        world_.checker.promised(name(), files_.promise, epoch);
        files_.promise = epoch;
      },
      [this, epoch](bool written) {
        const auto now = world_.timeline.now_ms();
        world_.trace(name(), "promise {} is {}on disk", epoch.value, written ? "" : "perhaps not ");
        if (written) {
          running_->promises.pop_front();
          if (!running_->promises.empty()) save_promise();
          running_->replica->promise_saved(now, epoch);
        } else {
          process().after(kPromiseRetry, [this] { save_promise(); });
          running_->replica->promise_failed(now, "the disk fails");
        }
        perform();
      });
}

template <>
void NodeHost::perform(const replication::Dial& action) {
  running_->dials.insert(action.node);
  dial(action.node);
}

template <>
void NodeHost::perform(const replication::HangUp& action) {
  running_->dials.erase(action.node);
  const auto found = running_->to_spare.find(action.node);
  if (found == running_->to_spare.end()) return;
  world_.network.hang_up(found->second, *this);
  running_->links.erase(found->second);
  running_->to_spare.erase(found);
}

template <>
void NodeHost::perform(const replication::Cut& action) {
  world_.trace(name(), "cuts the link to {}: {}", action.node, action.why);
  const auto found = running_->to_spare.find(action.node);
  if (found == running_->to_spare.end()) return;
  const auto link = found->second;
  world_.network.hang_up(link, *this);
  process().after(0, [this, link] { broken(link); });
}

template <>
void NodeHost::perform(const replication::ToSpare& action) {
  const auto found = running_->to_spare.find(action.node);
  if (found != running_->to_spare.end())
    world_.network.send(found->second, *this, replication::encode(action.message));
}

template <>
void NodeHost::perform(const replication::ToPrimary& action) {
  world_.network.send(action.link, *this, replication::encode(action.message));
}

template <>
void NodeHost::perform(const replication::CutPrimary& action) {
  world_.trace(name(), "cuts the link of the primary: {}", action.why);
  world_.network.hang_up(action.link, *this);
  process().after(0, [this, link = action.link] { broken(link); });
}

template <>
void NodeHost::perform(const replication::Lead& action) {
  world_.trace(name(), "leads under epoch {}", action.epoch.value);
  running_->journal->lead(action.epoch, action.alone);
}

template <>
void NodeHost::perform(const replication::StopLeading&) {
  world_.trace(name(), "stepped down");
  running_->journal->follow(
      [this] { tell([this](Replica& replica) { replica.stopped(world_.timeline.now_ms()); }); });
}

template <>
void NodeHost::perform(const replication::Release&) {
  const auto epoch = running_->replica->node().acting().epoch;
  world_.trace(name(), "releases a batch in epoch {}", epoch.value);
  world_.checker.released(name(), epoch, files_, running_->journal->known_to_batch().value());
  running_->journal->release();
}

template <>
void NodeHost::perform(const replication::RollBack&) {
  world_.trace(name(), "rolls its batch back");
  running_->journal->roll_back();
}

template <>
void NodeHost::perform(const replication::AppendToJournal& action) {
  running_->journal->append(action.entries, [this](const Result<Position>& head) {
    tell([this, head](Replica& replica) { replica.appended(world_.timeline.now_ms(), head); });
  });
}

template <>
void NodeHost::perform(const replication::InstallSnapshot&) {
  running_->journal->replace(running_->incoming, [this](const Result<Position>& head) {
    world_.trace(name(), "a copy is {}", head ? "in place" : "not put in place: " + head.error().what);
    tell([this, head](Replica& replica) { replica.installed(world_.timeline.now_ms(), head); });
  });
}

void NodeHost::after_the_worker(Us takes, std::function<void()> task) {
  const auto now = world_.timeline.now_us();
  running_->copied_until = std::max(running_->copied_until, now) + takes;
  process().after(running_->copied_until - now, std::move(task));
}

template <>
void NodeHost::perform(const replication::AcceptLoss&) {
  world_.trace(name(), "goes on with what is left of its journal");
  running_->journal->accept_loss();
}

template <>
void NodeHost::perform(const replication::MakeSnapshot& action) {
  after_the_worker(world_.random.between(1, kCopying), [this, action] {
    running_->snapshots[action.node] =
        ByteWriter().i64(files_.base.value).take() + replication::encode(files_.journal);
    world_.trace(name(), "a copy for {} is made, head {}", action.node, files_.head().seq.value);
    tell([this, action, head = files_.head()](Replica& replica) {
      replica.snapshot_made(world_.timeline.now_ms(), action.node, action.copy, head);
    });
  });
}

template <>
void NodeHost::perform(const replication::ReadChunk& action) {
  after_the_worker(world_.random.between(1, kReading), [this, action] {
    const auto found = running_->snapshots.find(action.node);
    auto bytes = found == running_->snapshots.end()
                     ? Result<std::string>(Error{Retry::kLater, "there is no copy for " + action.node})
                     : Result<std::string>(action.offset >= found->second.size()
                                               ? std::string()
                                               : found->second.substr(action.offset, action.bytes));
    tell([this, action, bytes = std::move(bytes)](Replica& replica) {
      replica.chunk_read(world_.timeline.now_ms(), action.node, action.copy, bytes);
    });
  });
}

template <>
void NodeHost::perform(const replication::DropSnapshot& action) {
  after_the_worker(0, [this, action] { running_->snapshots.erase(action.node); });
}

// In memory: what a process that ends leaves of it is not looked at again.
template <>
void NodeHost::perform(const replication::WriteChunk& action) {
  disk_.write(
      process(), [] {},
      [this, action](bool written) {
        if (written) {
          running_->incoming.resize(action.offset);
          running_->incoming += action.bytes;
        }
        tell([this, written](Replica& replica) {
          replica.chunk_written(world_.timeline.now_ms(),
                                written ? Result<void>() : Error{Retry::kLater, "the disk fails"});
        });
      });
}

void NodeHost::perform() {
  auto& replica = *running_->replica;
  for (auto actions = replica.take_actions(); !actions.empty(); actions = replica.take_actions()) {
    for (const auto& action : actions) std::visit([this](const auto& one) { perform(one); }, action);
  }
  show_role();
}

Result<std::optional<Hash>> NodeHost::hash_at(Seq seq) {
  if (seq < files_.base) return std::optional<Hash>();
  if (seq == Seq{}) return std::optional<Hash>(Hash{});
  if (seq > files_.head().seq) return std::optional<Hash>();
  return std::optional<Hash>(files_.at(seq).hash);
}

Result<std::vector<journal::Entry>> NodeHost::read(Seq after, std::size_t) {
  if (after < files_.base) return Error{Retry::kNever, "it is deleted"};
  std::vector<journal::Entry> entries;
  const auto first = static_cast<std::size_t>(after.value);
  const auto most = static_cast<std::size_t>(world_.settings.read_max);
  for (auto i = first; i < files_.journal.size() && entries.size() < most; ++i)
    entries.push_back(files_.journal[i]);
  return entries;
}

}  // namespace sportapp::simulator
