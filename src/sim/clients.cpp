#include "sim/clients.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sportapp::simulator {
namespace {

constexpr Us kPause = 20 * kMs;  // after all nodes were tried
constexpr int kTriesMax = 12;

}  // namespace

Clients::Clients(std::vector<std::string> nodes, const Surroundings& world)
    : Host("clients", world.timeline),
      nodes_(std::move(nodes)),
      world_(world),
      clients_(static_cast<std::size_t>(world.settings.clients)) {
  world_.network.join(*this);
}

void Clients::start() {
  process().start();
  for (std::size_t i = 0; i < clients_.size(); ++i) think(i);
}

bool Clients::finished() const {
  return std::all_of(clients_.begin(), clients_.end(), [](const Client& client) { return client.done; });
}

std::string Clients::describe() const {
  std::string text;
  for (const auto& client : clients_) {
    if (client.now) {
      text += fmt::format("asks {} for {}; ", nodes_[client.at], simulator::describe(*client.now));
    } else if (!client.done) {
      text += fmt::format("is about to ask, {} unanswered; ", client.unanswered.size());
    }
  }
  return text;
}

void Clients::think(std::size_t client) {
  process().after(world_.random.between(0, world_.settings.think_most), [this, client] { begin(client); });
}

void Clients::begin(std::size_t index) {
  auto& client = clients_[index];
  if (client.last) {
    client.done = true;
    return;
  }
  client.now = make(index);
  client.at = 0;
  client.tries = 0;
  world_.checker.asked(*client.now);
  world_.trace(name(), "{} asks: {}", index, simulator::describe(*client.now));
  send(index);
}

Request Clients::make(std::size_t index) {
  auto& client = clients_[index];
  auto& random = world_.random;
  if (!client.unanswered.empty() && (finishing_ || random.percent(60))) {
    auto again = client.unanswered.back();
    client.unanswered.pop_back();
    return again;
  }
  Request request;
  // As keys of the program's own begin: no deletion of entries forgets it, soon as that comes here.
  request.key = fmt::format(" k{}", ++keys_);
  client.last = finishing_;
  request.read = !client.last && random.percent(25);
  const bool contested = request.read || random.percent(35);
  request.name = contested && !client.last ? fmt::format("n{}", random.below(world_.settings.names))
                                           : fmt::format("own{}", keys_);
  return request;
}

void Clients::send(std::size_t index) {
  auto& client = clients_[index];
  client.sent = false;
  const auto& node = nodes_[client.at];
  auto& upstream = upstreams_[node];
  if (upstream.link == 0) {
    if (!std::exchange(upstream.dialling, true)) world_.network.dial(*this, node, Purpose::kRequest);
    return;  // goes on when that is done
  }
  client.sent = true;
  const auto id = client.now->id = ++requests_;
  sent_[id] = index;
  open_[id] = upstream.link;
  world_.network.send(upstream.link, *this, encode(*client.now));
  process().after(world_.random.between(kMs, world_.settings.patience_most), [this, id] {
    const auto found = sent_.find(id);
    if (found == sent_.end()) return;
    const auto late = found->second;
    sent_.erase(found);
    failed(late);
  });
}

// No answer of that node: the next one is asked, under the same key.
void Clients::failed(std::size_t index) {
  auto& client = clients_[index];
  client.sent = false;
  if (++client.tries >= kTriesMax) {
    client.unanswered.push_back(*std::exchange(client.now, std::nullopt));
    client.last = false;
    return think(index);
  }
  client.at = (client.at + 1) % nodes_.size();
  if (client.at != 0) return send(index);
  process().after(kPause, [this, index] {
    if (clients_[index].now && !clients_[index].sent) send(index);
  });
}

void Clients::dialled(const std::string& to, Purpose, std::optional<LinkId> link) {
  auto& upstream = upstreams_[to];
  upstream.dialling = false;
  upstream.link = link.value_or(0);
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    auto& client = clients_[i];
    if (!client.now || client.sent || nodes_[client.at] != to) continue;
    if (link) {
      send(i);
    } else {
      failed(i);
    }
  }
}

void Clients::broken(LinkId link) {
  std::erase_if(open_, [&](const auto& one) { return one.second == link; });
  for (auto& [node, upstream] : upstreams_) {
    if (upstream.link != link) continue;
    upstream.link = 0;
    failed_at(node);
  }
}

void Clients::failed_at(const std::string& node) {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    auto& client = clients_[i];
    if (!client.now || !client.sent || nodes_[client.at] != node) continue;
    sent_.erase(client.now->id);
    failed(i);
  }
}

void Clients::received(LinkId, const std::string& bytes) {
  const auto reply = decode_reply(bytes).value();
  if (open_.erase(reply.request) == 0)
    throw Violation(fmt::format("request {} is answered twice", reply.request));
  if (reply.said == Said::kNotPrimary)
    throw Violation(fmt::format("request {} is answered as if by one node to another", reply.request));
  const auto found = sent_.find(reply.request);
  if (found == sent_.end()) return;  // too late
  const auto index = found->second;
  sent_.erase(found);
  if (reply.said == Said::kNotNow) {
    ++refused_;
    return failed(index);
  }
  world_.trace(name(), "{} is told: {} for {}", index, simulator::describe(reply.said, reply.id),
               simulator::describe(*clients_[index].now));
  clients_[index].now.reset();
  think(index);
}

}  // namespace sportapp::simulator
