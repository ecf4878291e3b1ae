#include "lab/load/load.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "lab/load/runner.hpp"
#include "lab/load/warm_up.hpp"
#include "net/http/client_loop.hpp"
#include "net/http/open_files.hpp"

namespace sportapp::lab {

struct Load::Impl {
  Impl(LoadOptions options_given, std::unique_ptr<RequestLogWriter> log_given)
      : options(std::move(options_given)), log(std::move(log_given)), maker(options) {}

  Result<void> log_before();
  void run();
  // Whether it has, within that time.
  bool wait_until_finished(std::int64_t within_ms);

  const LoadOptions options;
  const std::unique_ptr<RequestLogWriter> log;
  RequestMaker maker;
  std::vector<Request> before;  // of the warm-up, with times of the monotonic clock
  http::ClientLoop loop;
  std::unique_ptr<LoadRunner> runner;  // lives and ends on the thread, but for its counts
  std::int64_t started_us = 0;
  std::optional<Error> error_before;
  std::thread thread;
  std::mutex mutex;
  std::condition_variable changed;
  bool finished = false;  // under the mutex
};

Result<void> Load::Impl::log_before() {
  for (auto& request : before) {
    for (auto* time_us : {&request.due_us, &request.sent_us, &request.answered_us}) *time_us -= started_us;
    request.number = static_cast<std::int64_t>(&request - before.data()) + 1;
    if (auto added = log->add(request); !added) return added;
  }
  return {};
}

void Load::Impl::run() {
  loop.post([this] { runner->begin(static_cast<std::int64_t>(before.size())); });
  loop.run();
  const std::lock_guard lock(mutex);
  finished = true;
  changed.notify_all();
}

bool Load::Impl::wait_until_finished(std::int64_t within_ms) {
  std::unique_lock lock(mutex);
  return changed.wait_for(lock, std::chrono::milliseconds(within_ms), [this] { return finished; });
}

Load::Load(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Load::~Load() {
  if (!impl_->thread.joinable()) return;
  impl_->loop.post([impl = impl_.get()] { impl->runner->give_up(); });
  impl_->thread.join();
}

Result<std::unique_ptr<Load>> Load::prepare(LoadOptions options, const std::filesystem::path& log,
                                            int within_ms) {
  if (auto good = checked(options); !good) return good.error();
  auto writer = RequestLogWriter::create(log);
  if (!writer) return writer.error();
  http::make_room_for_files(options.rate_per_s > 0 ? options.connections_max : options.clients);
  auto impl = std::make_unique<Impl>(std::move(options), *std::move(writer));
  if (impl->options.mix.orders > 0) {
    auto shop = warm_up(impl->options, within_ms,
                        [&](Request request) { impl->before.push_back(std::move(request)); });
    if (!shop) return shop.error();
    impl->maker.open(*std::move(shop));
  }
  return std::unique_ptr<Load>(new Load(std::move(impl)));
}

void Load::begin() {
  auto& load = *impl_;
  load.started_us = monotonic_us();
  if (auto logged = load.log_before(); !logged) load.error_before = logged.error();
  const auto make = load.options.rate_per_s > 0 ? make_open_loop : make_closed_loop;
  load.runner = make(load.loop, load.options, load.maker, *load.log, load.started_us);
  load.thread = std::thread([&load] { load.run(); });
}

std::int64_t Load::started_us() const {
  return impl_->started_us;
}

std::int64_t Load::now_us() const {
  return monotonic_us() - impl_->started_us;
}

void Load::poison(std::string what) {
  impl_->loop.post([impl = impl_.get(), what = std::move(what)] { impl->runner->poison(what); });
}

void Load::stop() {
  impl_->loop.post([impl = impl_.get()] { impl->runner->stop(); });
}

LoadCounts Load::counts() const {
  return impl_->runner->counts();
}

bool Load::finished() const {
  return impl_->wait_until_finished(0);
}

Result<void> Load::wait(int within_ms) {
  if (!impl_->wait_until_finished(within_ms)) {
    impl_->loop.post([impl = impl_.get()] { impl->runner->give_up(); });
  }
  if (impl_->thread.joinable()) impl_->thread.join();
  if (impl_->error_before) return *impl_->error_before;
  if (const auto& error = impl_->runner->error()) return *error;
  return impl_->log->flush();
}

}  // namespace sportapp::lab
