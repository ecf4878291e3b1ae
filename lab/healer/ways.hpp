// Ways between processes that can be spoilt: TCP proxies on loopback, all on one thread of their own.
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
#include "lab/healer/treatment.hpp"
#include "lab/healer/way_connection.hpp"

namespace sportapp::lab {

class Ways {
 public:
  // On which port of 127.0.0.1 the listener is now; asked at each connection, on the thread of the ways.
  // Nothing: there is none, and the connection is refused.
  using Target = std::function<std::optional<std::uint16_t>()>;
  // Connections at one time, of all ways; more are refused.
  static constexpr std::size_t kConnectionsMax = 400;

  [[nodiscard]] static Result<std::unique_ptr<Ways>> start();
  ~Ways();  // every connection breaks
  Ways(const Ways&) = delete;
  Ways& operator=(const Ways&) = delete;

  // A new way, and the port of 127.0.0.1 on which it takes connections.
  [[nodiscard]] Result<std::uint16_t> open(Target target);
  // From when this returns, every byte read is treated so. Any thread.
  [[nodiscard]] Result<void> treat(std::uint16_t port, Direction direction, const Treatment& treatment);
  // Every way passes.
  void heal();

 private:
  struct Way {
    std::uint16_t port = 0;
    int listener = -1;
    Target target;
    Lanes lanes;
    std::set<std::uint64_t> connections;
  };

  Ways(int epoll, int wake) : epoll_(epoll), wake_(wake) {}
  void run();
  void accept(Way& way);
  void dispatch(std::uint64_t tag, std::uint32_t events, std::int64_t now_us);
  void step(std::uint64_t id, std::int64_t now_us);
  void step_due(std::int64_t now_us);
  void set(Way& way, Direction direction, const Treatment& treatment);
  [[nodiscard]] int wait_ms(std::int64_t now_us) const;

  const int epoll_;
  const int wake_;
  std::mutex mutex_;  // for what follows; not held while waiting
  bool ending_ = false;
  std::uint64_t last_id_ = 0;
  std::vector<std::unique_ptr<Way>> ways_;
  std::unordered_map<std::uint64_t, std::unique_ptr<WayConnection>> connections_;
  std::unordered_map<std::uint64_t, Way*> way_of_;
  std::set<std::pair<std::int64_t, std::uint64_t>> due_;  // when, which connection
  std::thread thread_;
};

}  // namespace sportapp::lab
