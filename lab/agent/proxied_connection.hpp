// One connection through a link. All calls on the thread of the proxy.
#pragma once
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lab/agent/proxy.hpp"
#include "lab/agent/traffic_shaper.hpp"

namespace sportapp::lab {

class ProxiedConnection : public std::enable_shared_from_this<ProxiedConnection> {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  // `near` was accepted. What it refers to must stay until it is over. It asks for its target only once both
  // directions get through.
  ProxiedConnection(Socket near, Shapers& shapers, const Proxy::Target& target);

  // Begins. `over` is called once, whatever ends it.
  void start(std::function<void()> over);
  // How a direction is treated changed.
  void treated(int direction, LinkAction before);
  // Does what can be done now.
  void advance();
  void close();

 private:
  enum class Phase { kAccepted, kDialling, kUp };
  struct Chunk {
    std::string bytes;
    std::size_t at = 0;  // what of it has passed
    std::int64_t due_us = 0;
  };
  struct End {
    explicit End(Socket it) : socket(std::move(it)) {}
    Socket socket;
    bool waits_to_read = false;
    bool waits_to_write = false;
    bool hung = false;  // the system says that it is gone; what it sent may still be read
    bool deaf = false;  // nothing can be written to it
  };
  // From ends_[i] to ends_[1 - i].
  struct Pipe {
    std::deque<Chunk> queue;
    std::size_t queued = 0;
    bool lost = false;   // something was swallowed: what comes later would be out of step
    bool ended = false;  // the sender has sent everything
    bool told = false;   // the receiver knows it
  };

  void dial();
  void dialled(bool connected);
  void hung(int end);
  void readable(int end);
  void pump(int direction);
  void give(int direction, std::int64_t now_us);
  [[nodiscard]] bool take(int direction, std::int64_t now_us);  // whether something came
  [[nodiscard]] bool may_take(int direction) const;
  [[nodiscard]] bool is_done() const;
  void tell_end(int direction);
  void cut();  // both ends see a broken connection
  void want(std::int64_t due_us);
  void watch();
  void watch_for_end(int end);
  void wait_to_read(int end);
  void wait_to_write(int end);
  void wait_until_due();

  Shapers& shapers_;
  const Proxy::Target& target_;
  std::function<void()> on_over_;
  Phase phase_ = Phase::kAccepted;
  boost::asio::steady_timer timer_;
  std::array<End, 2> ends_;
  std::array<Pipe, 2> pipes_;
  bool over_ = false;
  std::optional<std::int64_t> due_us_;  // when it wants to advance, whatever happens before
};

}  // namespace sportapp::lab
