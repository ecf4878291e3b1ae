// HTTP/1.1 server on Boost.Beast; Asio stays inside its *.cpp and session.hpp.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/loop.hpp"
#include "base/result.hpp"
#include "net/http/router.hpp"

namespace boost::asio {
class io_context;
}

namespace sportapp::http {

struct Limits {
  int connections = 4096;                // more: accepted, answered 503 and closed
  std::size_t body_bytes = 64 * 1024;    // more: 413
  std::size_t header_bytes = 16 * 1024;  // request line and headers; more: 431
  int idle_timeout_ms = 75'000;          // between requests: closed in silence
  int request_timeout_ms = 10'000;       // from first byte to whole request: 408
  int answer_timeout_ms = 30'000;  // handler has not answered: 503; client does not take a piece: closed
};

// For metrics and the access log; called on the loop thread after each answer.
struct Served {
  const Request& request;  // as far as it was read: method and path may be empty where it was refused
  int status;
  std::int64_t duration_us;  // from the request's first byte to the answer's last
};

// The process's loop and its server in one. All of it lives on the thread that calls run().
class Server final : public Loop {
 public:
  Server(Limits limits, const Router& router, std::function<void(const Served&)> on_served);
  ~Server() override;

  // Port 0 lets the system choose; gives the port.
  [[nodiscard]] Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
  // A local socket beside it, cheaper than TCP for who is on this machine. A file that is there is replaced.
  [[nodiscard]] Result<void> listen_local(const std::filesystem::path& path);
  // Until stop() has drained or SIGTERM/SIGINT asked for it.
  void run();
  // No new connections; requests under way are answered (`Connection: close`) within drain_ms, then run()
  // ends. Loop thread.
  void stop(int drain_ms);
  void on_signal(std::function<void()> handler);  // SIGTERM or SIGINT, on the loop thread

  void post(Task task) override;
  TimerId after(std::int64_t delay_ms, Task task) override;
  void cancel(TimerId timer) override;
  [[nodiscard]] int connections() const;
  // For what else does its input and output on this loop.
  [[nodiscard]] boost::asio::io_context& io();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::http
