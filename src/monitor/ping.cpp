#include "monitor/ping.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "http/client.hpp"

namespace sportapp::monitor {
namespace {

constexpr std::chrono::milliseconds kEvery{200};
constexpr int kTimeoutMs = 1000;

std::string trouble_of(http::Client& client) {
  const auto answer = client.get("/health/ready");
  if (!answer) return answer.error().what;
  if (answer->status == 200) return {};
  return fmt::format("answers {} {}", answer->status, answer->body);
}

}  // namespace

struct Pings::Impl {
  mutable std::mutex mutex;  // guards what follows, up to the threads
  std::condition_variable wake;
  bool stopping = false;
  std::vector<Watched> watched;
  std::vector<std::thread> threads;

  void watch(std::size_t index, const Target& target) {
    http::Client client(target.host, target.port, kTimeoutMs);
    std::unique_lock lock(mutex);
    while (!stopping) {
      lock.unlock();
      auto trouble = trouble_of(client);
      lock.lock();
      auto& known = watched[index].trouble;
      if (known.empty() != trouble.empty()) {
        spdlog::info("{} is {}", target.name, trouble.empty() ? "ready" : "not ready: " + trouble);
      }
      known = std::move(trouble);
      wake.wait_for(lock, kEvery, [this] { return stopping; });
    }
  }
};

Pings::Pings(std::vector<Target> targets) : impl_(std::make_unique<Impl>()) {
  for (const auto& target : targets) {
    impl_->watched.push_back({target.name, target.service, target.side, "not asked yet"});
  }
  for (std::size_t i = 0; i < targets.size(); ++i) {
    impl_->threads.emplace_back([impl = impl_.get(), i, target = targets[i]] { impl->watch(i, target); });
  }
}

Pings::~Pings() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_all();
  for (auto& thread : impl_->threads) thread.join();
}

std::vector<Watched> Pings::now() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->watched;
}

}  // namespace sportapp::monitor
