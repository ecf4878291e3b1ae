// Authenticated connections between the nodes of a service and the monitor, on a thread of their own. Asio
// stays inside this part's *.cpp and connection.hpp.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "net/link/key.hpp"
#include "net/link/links.hpp"

namespace sportapp::link {

struct Options {
  std::string name;  // this process's: letters, digits, . _ -
  Key key;
  std::string host = "127.0.0.1";   // for listen()
  std::uint16_t port = 0;           // 0 lets the system choose
  int handshake_ms = 1000;          // from the beginning of a connection until it is up
  std::size_t handshakes_max = 32;  // of connections from outside at one time; then the oldest goes
  std::size_t outstanding_max = std::size_t{64} << 20;  // bytes of one connection; more: it is closed
};

// Each is called on the endpoint's thread. What is not set is not called.
struct Handler {
  std::function<void(ConnectionId, const std::string& name, bool dialled)> on_up{};
  std::function<void(ConnectionId, Frame)> on_frame{};
  // It was up and broke. Not told of a connection that close() or hang_up() ended.
  std::function<void(ConnectionId, const std::string& name, const std::string& why)> on_down{};
  // A dialled one did not come up; it is tried on. `refused`: nobody listens there, so no process is there.
  std::function<void(const std::string& name, const std::string& why, bool refused)> on_unreachable{};
};

// A connection comes up only when both sides have proven that they have the key; whoever cannot costs one
// small buffer for a moment and a line in the log now and then.
class Endpoint final : public Links {
 public:
  Endpoint(Options options, Handler handler);
  ~Endpoint() override;  // stops

  // Before start(). Gives the port.
  [[nodiscard]] Result<std::uint16_t> listen();
  void start();
  // Not from the endpoint's thread. All connections end; no handler and no task is called any more.
  void stop();

  void dial(const std::string& name, const std::string& host, std::uint16_t port) override;
  void hang_up(const std::string& name) override;
  bool send(ConnectionId connection, const Frame& frame) override;
  void close(ConnectionId connection) override;
  // What was sent and not yet taken by the system. On the endpoint's thread, or before start().
  [[nodiscard]] std::size_t outstanding_bytes(ConnectionId connection) const;

  void post(Task task) override;
  TimerId after(std::int64_t delay_ms, Task task) override;
  void cancel(TimerId timer) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::link
