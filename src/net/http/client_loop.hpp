#pragma once
#include <cstdint>
#include <memory>

#include "base/loop.hpp"

namespace boost::asio {
class io_context;
}

namespace sportapp::http {

// The loop of whoever asks others and serves nobody. All of it lives on the thread that calls run().
class ClientLoop final : public Loop {
 public:
  ClientLoop();
  ~ClientLoop() override;

  void run();  // until end()
  void end();  // any thread

  void post(Task task) override;  // bounded by whoever posts
  TimerId after(std::int64_t delay_ms, Task task) override;
  TimerId at(std::int64_t at_us, Task task);  // on the monotonic clock; loop thread
  void cancel(TimerId timer) override;
  [[nodiscard]] boost::asio::io_context& io();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::http
