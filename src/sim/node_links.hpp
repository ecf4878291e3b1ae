// The links of a node over the simulated network, as its driver uses them.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>

#include "net/link/links.hpp"
#include "sim/network.hpp"

namespace sportapp::simulator {

// Pings and messages of replication; requests are Reception's. Timers cannot be cancelled: the driver does
// not do it.
class NodeLinks final : public link::Links {
 public:
  struct Handler {
    std::function<void(link::ConnectionId, const std::string& name, bool dialled)> on_up;
    std::function<void(link::ConnectionId)> on_down;
    std::function<void(link::ConnectionId, const link::Frame&)> on_frame;
  };
  // `hop`: what it takes from thread to thread.
  NodeLinks(Host& host, Network& network, Us hop, Handler handler)
      : host_(host), network_(network), hop_(hop), handler_(std::move(handler)) {}

  void accepted(LinkId link, const std::string& from, Purpose purpose);
  void dialled(const std::string& to, std::optional<LinkId> link);
  void received(LinkId link, const std::string& bytes);
  void broken(LinkId link);

  void dial(const std::string& name, const std::string& host, std::uint16_t port) override;
  void hang_up(const std::string& name) override;
  bool send(link::ConnectionId connection, const link::Frame& frame) override;
  void close(link::ConnectionId connection) override;
  void post(Task task) override { host_.process().after(hop_, std::move(task)); }
  TimerId after(std::int64_t delay_ms, Task task) override {
    host_.process().after(delay_ms * kMs, std::move(task));
    return 0;
  }
  void cancel(TimerId) override {}

 private:
  struct Connection {
    Purpose purpose = Purpose::kPing;
    std::string other;
    bool dialled = false;
  };
  void redial(const std::string& name, Us delay);

  Host& host_;
  Network& network_;
  const Us hop_;
  const Handler handler_;
  std::map<LinkId, Connection> connections_;
  std::set<std::string> dials_;     // to whom a link is to be kept
  std::set<std::string> dialling_;  // those that are being dialled
};

}  // namespace sportapp::simulator
