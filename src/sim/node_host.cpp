#include "sim/node_host.hpp"

#include <fmt/format.h>

#include <utility>

#include "ha/replication/message.hpp"
#include "sim/node_running.hpp"

namespace sportapp::simulator {

using replication::Replica;

namespace {

constexpr Us kTick = 25 * kMs;

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
  running_ = std::make_unique<Running>(
      *this, options(),
      NodeLinks::Handler{[this](link::ConnectionId connection, const std::string& name, bool dialled) {
                           running_->driver->up(connection, name, dialled);
                         },
                         [this](link::ConnectionId connection) { running_->driver->down(connection); },
                         [this](link::ConnectionId connection, const link::Frame& frame) {
                           running_->driver->frame(connection, frame);
                         }});
  running_->journal.start(journal_owner());
  running_->reception = std::make_unique<Reception>(*this, world_.network, world_.timeline, reception_owner(),
                                                    world_.settings.hop);
  make_driver();
  running_->driver->tick();
  tick();
}

node::Options NodeHost::options() const {
  node::Options options;
  options.node = options.process = name();
  for (const auto& other : others_) options.peers.push_back({other, other});
  return options;
}

void NodeHost::make_driver() {
  Replica::Options options{name(), others_, world_.random.next() | 1U, {}};
  options.limits.chunk_bytes = world_.settings.chunk_bytes;
  options.limits.window_messages = world_.settings.window_messages;
  options.limits.near_bytes = world_.settings.near_bytes;
  auto& running = *running_;
  running.driver = std::make_unique<node::NodeDriver>(
      running.options,
      node::NodeDriver::Outside{running.links, running.journal, *this, running.disk, running.clock,
                                [this](const Replica&) { show_role(); }},
      options, files_.promise);
  if (running.journal.status().failing.empty()) return;
  world_.trace(name(), "its journal cannot be used: {}", running.journal.status().failing);
  running.driver->journal_failing();
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
  running_->driver->tell(
      [why](Replica& replica, std::int64_t now_ms) { replica.process_stalled(now_ms, why); });
}

const Replica* NodeHost::replica() const {
  return running_ ? &running_->driver->replica() : nullptr;
}

std::string NodeHost::describe() const {
  if (!running_)
    return fmt::format("{}: down, {} entries, promise {}", name(), files_.journal.size(),
                       files_.promise.value);
  const auto report = replica()->report(world_.timeline.now_ms());
  return fmt::format("{}: {}{} epoch {} promise {} head {} {} wish {} {}", name(),
                     failover::to_string(report.role), process().hung() ? " (hangs)" : "", report.epoch.value,
                     report.promise.value, report.head.seq.value, report.able ? "able" : report.why,
                     static_cast<int>(report.wish.kind), report.wish.node);
}

void NodeHost::tick() {
  running_->reception->look();
  if (world_.settings.trims_percent > 0 && world_.random.percent(world_.settings.trims_percent))
    running_->journal.trim(world_.random.between(1, 100));
  process().after(kTick, [this] { tick(); });
}

SimJournal::Owner NodeHost::journal_owner() {
  SimJournal::Owner owner;
  owner.gate = [this] { return running_->driver.get(); };
  owner.failing = [this] {
    world_.trace(name(), "journal fails: {}", running_->journal.status().failing);
    running_->driver->journal_failing();
  };
  owner.recovered = [this] {
    world_.trace(name(), "journal writes again, head {}", files_.head().seq.value);
    running_->driver->journal_recovered();
  };
  owner.decided = [this](const journal::SharedEntries& entries) {
    running_->known = world_.checker.known();
    running_->open = entries;
  };
  owner.may_be_written = [this] {
    const auto& record = replica()->node().acting();
    world_.checker.may_be_written(name(), record.in_sync, running_->open);
  };
  owner.may_be_answered = [this] { released(); };
  owner.taken = [this](const journal::SharedEntries& entries) { world_.checker.taken(name(), entries); };
  owner.trimmed = [this](Position upto) { world_.checker.trimmed(upto); };
  return owner;
}

void NodeHost::released() {
  const auto epoch = replica()->node().acting().epoch;
  world_.trace(name(), "releases a batch in epoch {}", epoch.value);
  world_.checker.released(name(), epoch, files_, running_->known, running_->open);
}

Reception::Owner NodeHost::reception_owner() {
  return {[this] { return replica()->decides(); }, [this] { return replica()->primary(); },
          [this](Command command) { running_->journal.submit(std::move(command)); },
          [this](const Request& request, Said said, std::int64_t id) {
            world_.trace(name(), "answers {}: {}", simulator::describe(request),
                         simulator::describe(said, id));
            world_.checker.answered(name(), request, said, id);
          }};
}

void NodeHost::show_role() {
  const auto role = replica()->decides() ? name() : replica()->primary();
  if (role == running_->shown) return;
  running_->shown = role;
  world_.trace(name(), "is {}, promise {}: primary is {}", failover::to_string(replica()->report(0).role),
               replica()->node().promise().value, role.empty() ? "nobody" : role);
  running_->reception->look();
}

void NodeHost::accepted(LinkId link, const std::string& from, Purpose purpose) {
  if (purpose == Purpose::kRequest) {
    running_->requests[link] = true;
  } else {
    running_->links.accepted(link, from, purpose);
  }
}

void NodeHost::dialled(const std::string& to, Purpose purpose, std::optional<LinkId> link) {
  if (purpose != Purpose::kRequest) return running_->links.dialled(to, link);
  if (link) running_->requests[*link] = false;
  running_->reception->dialled(to, link);
}

void NodeHost::received(LinkId link, const std::string& bytes) {
  const auto found = running_->requests.find(link);
  if (found == running_->requests.end()) return running_->links.received(link, bytes);
  if (found->second) {
    running_->reception->request(link, decode_request(bytes).value());
  } else {
    running_->reception->reply(link, decode_reply(bytes).value());
  }
}

void NodeHost::broken(LinkId link) {
  if (running_->requests.erase(link) == 0) return running_->links.broken(link);
  running_->reception->broken(link);
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
