// Clients behind the gateway: each sends one command at a time, first to node a, then to the others, and
// again under the same key when it got no answer.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/node_host.hpp"

namespace sportapp::simulator {

class Clients : public Host {
 public:
  Clients(std::vector<std::string> nodes, const Surroundings& world);
  void start();
  // From now on each only wants answers to what it asked, and then one more to a last command.
  void finish() { finishing_ = true; }
  [[nodiscard]] bool finished() const;
  [[nodiscard]] std::size_t refused() const { return refused_; }  // answers "not now", so far
  // Some requests are still to be answered, though nobody may wait for it any more.
  [[nodiscard]] bool has_open() const { return !open_.empty(); }
  [[nodiscard]] std::string describe() const;

  void accepted(LinkId, const std::string&, Purpose) override {}
  void dialled(const std::string& to, Purpose purpose, std::optional<LinkId> link) override;
  void received(LinkId link, const std::string& bytes) override;
  void broken(LinkId link) override;

 private:
  struct Client {
    std::optional<Request> now;       // asks for this
    std::vector<Request> unanswered;  // gave up on these, for the time being
    std::size_t at = 0;               // the node asked
    int tries = 0;
    bool sent = false;
    bool last = false, done = false;
  };
  struct Upstream {
    LinkId link = 0;
    bool dialling = false;
  };
  void think(std::size_t client);
  void begin(std::size_t client);
  [[nodiscard]] Request make(std::size_t client);
  void send(std::size_t client);
  void failed(std::size_t client);
  void failed_at(const std::string& node);

  const std::vector<std::string> nodes_;
  Surroundings world_;
  std::vector<Client> clients_;
  std::map<std::string, Upstream> upstreams_;
  std::uint64_t keys_ = 0, requests_ = 0;
  std::map<std::uint64_t, std::size_t> sent_;  // request -> client
  std::map<std::uint64_t, LinkId> open_;       // sent on a connection that is still there
  std::size_t refused_ = 0;
  bool finishing_ = false;
};

}  // namespace sportapp::simulator
