#include "net/http/client_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "net/http/loop_timers.hpp"

namespace sportapp::http {
namespace asio = boost::asio;

struct ClientLoop::Impl {
  asio::io_context io{1};  // one thread runs it
  LoopTimers timers{io};
};

ClientLoop::ClientLoop() : impl_(std::make_unique<Impl>()) {}

ClientLoop::~ClientLoop() = default;

void ClientLoop::run() {
  const auto guard = asio::make_work_guard(impl_->io);
  impl_->io.run();
}

void ClientLoop::end() {
  impl_->io.stop();
}

void ClientLoop::post(Task task) {
  asio::post(impl_->io, [task = std::move(task)] { run_guarded(task); });
}

Loop::TimerId ClientLoop::after(std::int64_t delay_ms, Task task) {
  return impl_->timers.after(delay_ms, std::move(task));
}

Loop::TimerId ClientLoop::at(std::int64_t at_us, Task task) {
  return impl_->timers.at(at_us, std::move(task));
}

void ClientLoop::cancel(TimerId timer) {
  impl_->timers.cancel(timer);
}

asio::io_context& ClientLoop::io() {
  return impl_->io;
}

}  // namespace sportapp::http
