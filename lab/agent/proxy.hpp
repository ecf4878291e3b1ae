// Links between processes that can be broken: TCP proxies on loopback, all on one thread of their own.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "lab/agent/link_rule.hpp"
#include "lab/agent/proxied_connection.hpp"

namespace sportapp::lab {

class Proxy {
 public:
  // On which port of 127.0.0.1 the listener is now; asked at each connection, on the thread of the proxy.
  // Nothing: there is none, and the connection is refused.
  using Target = std::function<std::optional<std::uint16_t>()>;
  // Connections at one time, of all links; more are refused.
  static constexpr std::size_t kConnectionsMax = 400;

  [[nodiscard]] static Result<std::unique_ptr<Proxy>> start();
  ~Proxy();  // every connection breaks
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // A new link, and the port of 127.0.0.1 on which it takes connections.
  [[nodiscard]] Result<std::uint16_t> open(Target target);
  // From when this returns, every byte read is treated so. Any thread.
  [[nodiscard]] Result<void> treat(std::uint16_t port, Direction direction, const LinkRule& rule);
  // Every link passes.
  void heal();

 private:
  struct Route {
    std::uint16_t port = 0;
    int listener = -1;
    Target target;
    Shapers shapers;
    std::set<std::uint64_t> connections;
  };

  Proxy(int epoll, int wake) : epoll_(epoll), wake_(wake) {}
  void run();
  void accept(Route& route);
  void dispatch(std::uint64_t tag, std::uint32_t events, std::int64_t now_us);
  void step(std::uint64_t id, std::int64_t now_us);
  void step_due(std::int64_t now_us);
  void set(Route& route, Direction direction, const LinkRule& rule);
  [[nodiscard]] int wait_ms(std::int64_t now_us) const;

  const int epoll_;
  const int wake_;
  std::mutex mutex_;  // for what follows; not held while waiting
  bool ending_ = false;
  std::uint64_t last_id_ = 0;
  std::vector<std::unique_ptr<Route>> routes_;
  std::unordered_map<std::uint64_t, std::unique_ptr<ProxiedConnection>> connections_;
  std::unordered_map<std::uint64_t, Route*> route_of_;
  std::set<std::pair<std::int64_t, std::uint64_t>> due_;  // when, which connection
  std::thread thread_;
};

}  // namespace sportapp::lab
