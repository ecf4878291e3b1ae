// One connection through a link. All calls on the thread of the proxy, or under its lock.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "lab/agent/link_rule.hpp"

namespace sportapp::lab {

// One direction of a link: how its bytes are treated, and how many may pass now where they are limited.
class TrafficShaper {
 public:
  [[nodiscard]] const LinkRule& rule() const { return rule_; }
  void treat(const LinkRule& rule);
  // Nothing gets through, so that not even a connection can be made.
  [[nodiscard]] bool holds() const {
    return rule_.action == LinkAction::kDrop || rule_.action == LinkAction::kStall;
  }
  [[nodiscard]] bool passes() const { return !holds() && rule_.action != LinkAction::kClose; }
  // Bytes that may pass now, at most `wanted`; of none, `due_us` is when to ask again.
  [[nodiscard]] std::size_t allowance(std::size_t wanted, std::int64_t now_us, std::int64_t& due_us);
  void passed(std::size_t bytes);

 private:
  LinkRule rule_;
  std::int64_t tokens_ = 0;  // bytes, where limited
  std::int64_t refilled_us_ = 0;
};

// Of each direction: 0 there, 1 back.
using Shapers = std::array<TrafficShaper, 2>;

class ProxiedConnection {
 public:
  // Owns `near`, the accepted socket; adds its sockets to `epoll`, with the tags tag(id, 0) and tag(id, 1).
  ProxiedConnection(std::uint64_t id, int epoll, int near, Shapers& shapers);
  ~ProxiedConnection();
  ProxiedConnection(const ProxiedConnection&) = delete;
  ProxiedConnection& operator=(const ProxiedConnection&) = delete;

  [[nodiscard]] static std::uint64_t tag(std::uint64_t id, int end) {
    return id << 2 | 2U | static_cast<unsigned>(end);
  }

  // It is to be led on to its target, which is asked for only then.
  [[nodiscard]] bool wants_target() const;
  void dial(std::optional<std::uint16_t> target);
  void happened(int end, std::uint32_t events);
  // How a direction is treated changed.
  void treated(int direction, LinkAction before);
  // Does what can be done now.
  void step(std::int64_t now_us);
  [[nodiscard]] bool is_over() const { return over_; }
  // When it wants to be stepped, whatever happens before.
  [[nodiscard]] std::optional<std::int64_t> due_us() const { return due_us_; }

 private:
  enum class Phase { kAccepted, kDialling, kUp };
  struct Chunk {
    std::string bytes;
    std::size_t at = 0;  // what of it has passed
    std::int64_t due_us = 0;
  };
  struct End {
    int fd = -1;
    std::uint32_t events = 0;  // waited for
    bool hung = false;         // the system says that it is gone; what it sent may still be read
    bool deaf = false;         // nothing can be written to it
  };
  // From ends_[i] to ends_[1 - i].
  struct Pipe {
    std::deque<Chunk> queue;
    std::size_t queued = 0;
    bool lost = false;   // something was swallowed: what comes later would be out of step
    bool ended = false;  // the sender has sent everything
    bool told = false;   // the receiver knows it
    bool blocked = false;
  };

  void hang(End& end);
  void pump(int direction, std::int64_t now_us);
  void give(int direction, std::int64_t now_us);
  [[nodiscard]] bool take(int direction, std::int64_t now_us);  // whether something came
  [[nodiscard]] bool may_take(int direction) const;
  void tell_end(int direction);
  void cut();  // both ends see a broken connection
  void want(std::int64_t due_us);
  void watch();
  void wait_for(int end, std::uint32_t events);

  const std::uint64_t id_;
  const int epoll_;
  Shapers& lanes_;
  Phase phase_ = Phase::kAccepted;
  std::array<End, 2> ends_;
  std::array<Pipe, 2> pipes_;
  bool over_ = false;
  std::optional<std::int64_t> due_us_;
};

}  // namespace sportapp::lab
