#include "sim/node_host.hpp"

#include <fmt/format.h>

#include <utility>

#include "ha/replication/message.hpp"
#include "sim/node_running.hpp"

namespace sportapp::simulator {

using replication::Replica;

namespace {

constexpr Us kTick = 25 * kMs;
constexpr Us kNodeRedial = 20 * kMs;

}  // namespace

NodeHost::NodeHost(std::string name, std::vector<std::string> others, const Surroundings& world)
    : Host(std::move(name), world.timeline),
      others_(std::move(others)),
      world_(world),
      disk_(world.timeline, world.random) {
  world_.network.join(*this);
  world_.checker.watch(this->name(), files_);
}

NodeHost::~NodeHost() = default;

void NodeHost::start() {
  if (process().up() || kept_down_) return;
  world_.trace(name(), "starts: promise {}, {} entries", files_.promise.value, files_.journal.size());
  process().start();
  running_ = std::make_unique<Running>();
  running_->journal = std::make_unique<SimJournal>(process(), disk_, files_, world_.checker,
                                                   world_.settings.hop, journal_owner());
  running_->reception =
      std::make_unique<Reception>(*this, world_.network, world_.timeline, reception_owner());
  Replica::Options options{name(), others_, world_.random.next() | 1U, {}};
  options.limits.chunk_bytes = world_.settings.chunk_bytes;
  options.limits.window_messages = world_.settings.window_messages;
  options.limits.near_bytes = world_.settings.near_bytes;
  replication::Log& log = *this;
  running_->replica = std::make_unique<Replica>(std::move(options), files_.promise, files_.head(), log,
                                                world_.timeline.now_ms());
  if (const auto damage = files_.damage(); damage != failover::Damage::kNone) {
    world_.trace(name(), "its journal is damaged");
    running_->journal->be_damaged();
    running_->replica->journal_failing(world_.timeline.now_ms(), "its journal is damaged", damage,
                                       files_.head());
  }
  tick();
}

void NodeHost::end(const std::string& why) {
  if (!process().up()) return;
  world_.trace(name(), "ends: {}", why);
  world_.network.ended(*this);
  process().end();
  disk_.process_ended();
  running_.reset();
}

void NodeHost::lose_disk() {
  change_files("has lost its disk", [](NodeFiles& files) { files = {}; });
}

void NodeHost::change_files(const std::string& how, const std::function<void(NodeFiles&)>& change) {
  world_.trace(name(), "{}", how);
  change(files_);
  world_.checker.lost_disk(name());
}

void NodeHost::hang() {
  world_.trace(name(), "hangs");
  process().hang();
}

void NodeHost::thaw() {
  if (!process().hung()) return;
  world_.trace(name(), "goes on");
  process().thaw();
}

void NodeHost::stall(const std::string& why) {
  if (!process().up()) return;
  tell([this, why](Replica& replica) { replica.process_stalled(world_.timeline.now_ms(), why); });
}

const Replica* NodeHost::replica() const {
  return running_ ? running_->replica.get() : nullptr;
}

std::string NodeHost::describe() const {
  if (!running_)
    return fmt::format("{}: down, {} entries, promise {}", name(), files_.journal.size(),
                       files_.promise.value);
  const auto report = running_->replica->report(world_.timeline.now_ms());
  return fmt::format("{}: {}{} epoch {} promise {} head {} {} wish {} {}", name(),
                     failover::to_string(report.role), process().hung() ? " (hangs)" : "", report.epoch.value,
                     report.promise.value, report.head.seq.value, report.able ? "able" : report.why,
                     static_cast<int>(report.wish.kind), report.wish.node);
}

void NodeHost::tick() {
  running_->replica->tick(world_.timeline.now_ms());
  perform();
  running_->reception->look();
  if (world_.settings.trims_percent > 0 && world_.random.percent(world_.settings.trims_percent))
    running_->journal->trim(world_.random.between(1, 100));
  process().after(kTick, [this] { tick(); });
}

void NodeHost::tell(std::function<void(Replica&)> input) {
  process().after(world_.settings.hop, [this, input = std::move(input)] {
    input(*running_->replica);
    perform();
  });
}

SimJournal::Owner NodeHost::journal_owner() {
  const auto now = [this] { return world_.timeline.now_ms(); };
  SimJournal::Owner owner;
  owner.opened = [this, now](const journal::SharedEntries& entries) {
    tell([now, entries](Replica& replica) { replica.batch_opened(now(), entries); });
  };
  owner.committed = [this, now](Position head) {
    tell([now, head](Replica& replica) { replica.batch_committed(now(), head); });
  };
  owner.commit_failed = [this, now] {
    tell([now](Replica& replica) { replica.batch_failed(now(), "a commit failed"); });
  };
  owner.failing = [this, now](const std::string& why) {
    world_.trace(name(), "journal fails: {}", why);
    tell([now, why](Replica& replica) { replica.journal_failing(now(), why); });
  };
  owner.recovered = [this, now](Position head) {
    world_.trace(name(), "journal writes again, head {}", head.seq.value);
    tell([now, head](Replica& replica) { replica.journal_able(now(), head); });
  };
  owner.wall_ms = [this, now] { return now() + clock_off_ms_; };
  return owner;
}

Reception::Owner NodeHost::reception_owner() {
  return {[this] { return running_->replica->decides(); }, [this] { return running_->replica->primary(); },
          [this](Command command) { running_->journal->submit(std::move(command)); },
          [this](const Request& request, Said said, std::int64_t id) {
            world_.trace(name(), "answers {}: {}", simulator::describe(request),
                         simulator::describe(said, id));
            world_.checker.answered(name(), request, said, id);
          }};
}

void NodeHost::accepted(LinkId link, const std::string& from, Purpose purpose) {
  running_->links[link] = {purpose, from, true};
}

void NodeHost::dialled(const std::string& to, Purpose purpose, std::optional<LinkId> link) {
  if (link) running_->links[*link] = {purpose, to, false};
  if (purpose == Purpose::kRequest) return running_->reception->dialled(to, link);
  running_->dialling.erase(to);
  if (!running_->dials.contains(to)) {
    if (link) world_.network.hang_up(*link, *this);
    return;
  }
  if (!link) {
    process().after(kNodeRedial, [this, to] { dial(to); });
    return;
  }
  running_->to_spare[to] = *link;
  running_->replica->linked(world_.timeline.now_ms(), to);
  perform();
}

void NodeHost::dial(const std::string& node) {
  auto& running = *running_;
  if (!running.dials.contains(node) || running.to_spare.contains(node)) return;
  if (running.dialling.insert(node).second) world_.network.dial(*this, node, Purpose::kReplication);
}

void NodeHost::received(LinkId link, const std::string& bytes) {
  const auto found = running_->links.find(link);
  if (found == running_->links.end()) return;
  switch (found->second.purpose) {
    case Purpose::kPing:
      return ping(link, bytes);
    case Purpose::kReplication:
      return replication_message(link, bytes);
    case Purpose::kRequest:
      if (found->second.accepted) {
        running_->reception->request(link, decode_request(bytes).value());
      } else {
        running_->reception->reply(link, decode_reply(bytes).value());
      }
  }
}

void NodeHost::ping(LinkId link, const std::string& bytes) {
  const auto ping = failover::decode_ping(bytes).value();
  const auto echo = running_->replica->pinged(world_.timeline.now_ms(), ping);
  world_.network.send(link, *this, failover::encode(echo));
  perform();
}

void NodeHost::replication_message(LinkId link, const std::string& bytes) {
  auto message = replication::decode(bytes).value();
  const auto connection = running_->links.at(link);
  world_.trace(name(), "from {}: {}", connection.other, replication::describe(message));
  const auto now = world_.timeline.now_ms();
  if (connection.accepted) {
    running_->replica->received(now, link, connection.other, std::move(message));
  } else {
    const auto current = running_->to_spare.find(connection.other);
    if (current == running_->to_spare.end() || current->second != link) return;
    running_->replica->answered(now, connection.other, message);
  }
  perform();
}

void NodeHost::broken(LinkId link) {
  const auto found = running_->links.find(link);
  if (found == running_->links.end()) return;
  const auto gone = found->second;
  running_->links.erase(found);
  if (gone.purpose == Purpose::kRequest) return running_->reception->broken(link);
  if (gone.purpose == Purpose::kPing) return;
  world_.trace(name(), "link {} {} breaks", gone.accepted ? "from" : "to", gone.other);
  const auto now = world_.timeline.now_ms();
  if (gone.accepted) {
    running_->replica->link_down(now, link);
  } else {
    const auto current = running_->to_spare.find(gone.other);
    if (current == running_->to_spare.end() || current->second != link) return;
    running_->to_spare.erase(current);
    process().after(kNodeRedial, [this, node = gone.other] { dial(node); });
    running_->replica->unlinked(now, gone.other);
  }
  perform();
}

}  // namespace sportapp::simulator
