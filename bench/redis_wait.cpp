// Load for Redis where a write counts once a replica has it: `redis_wait PORT CONNECTIONS SECONDS` keeps
// every connection busy with SET and WAIT 1, and prints one JSON object.
#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <poll.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kWaitMs = 10'000;  // a replica that has not confirmed by then counts as an error

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};

double ms_since(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

// One request at a time: two commands, whose answers come together.
class Connection {
 public:
  explicit Connection(int port) : context_(redisConnectNonBlock("127.0.0.1", port)) {
    if (!context_ || context_->err != 0) throw std::runtime_error(fmt::format("no Redis at port {}", port));
  }
  void send(const std::string& key) {
    began_ = SteadyClock::now();
    replies_ = 0;
    redisAppendCommand(context_.get(), "SET %s %s", key.c_str(), key.c_str());
    redisAppendCommand(context_.get(), "WAIT 1 %d", kWaitMs);
    write();
  }
  void write() {
    int done = 0;
    if (redisBufferWrite(context_.get(), &done) != REDIS_OK) throw std::runtime_error(context_->errstr);
    wrote_ = done != 0;
  }
  // Whether the request was answered.
  bool read() {
    if (redisBufferRead(context_.get()) != REDIS_OK) throw std::runtime_error(context_->errstr);
    void* raw = nullptr;
    while (replies_ < 2 && redisGetReplyFromReader(context_.get(), &raw) == REDIS_OK && raw != nullptr) {
      const std::unique_ptr<void, void (*)(void*)> reply(raw, freeReplyObject);
      const auto& said = *static_cast<const redisReply*>(raw);
      failed_ = ++replies_ == 1 ? said.type != REDIS_REPLY_STATUS : failed_ || said.integer < 1;
    }
    return replies_ == 2;
  }
  [[nodiscard]] pollfd wanted() const {
    return {context_->fd, static_cast<short>(wrote_ ? POLLIN : POLLIN | POLLOUT), 0};
  }
  [[nodiscard]] double took_ms() const { return ms_since(began_); }
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  const std::unique_ptr<redisContext, FreeContext> context_;
  SteadyClock::time_point began_;
  int replies_ = 0;
  bool failed_ = false, wrote_ = false;
};

class Load {
 public:
  Load(int port, int connections) {
    for (int i = 0; i < connections; ++i) connections_.emplace_back(std::make_unique<Connection>(port));
  }
  void run(int seconds) {
    for (auto& one : connections_) one->send(next_key());
    const auto start = SteadyClock::now();
    while (ms_since(start) < seconds * 1000.0) step();
    seconds_ = ms_since(start) / 1000;
  }
  void print() {
    std::sort(took_ms_.begin(), took_ms_.end());
    const auto at = [this](double part) {
      if (took_ms_.empty()) return 0.0;
      return took_ms_[std::min(took_ms_.size() - 1,
                               static_cast<std::size_t>(part * static_cast<double>(took_ms_.size())))];
    };
    const boost::json::object run{{"requests", took_ms_.size()},
                                  {"not_2xx", failed_},
                                  {"socket_errors", 0},
                                  {"timeouts", 0},
                                  {"seconds", seconds_},
                                  {"p50_ms", at(0.5)},
                                  {"p99_ms", at(0.99)},
                                  {"p999_ms", at(0.999)},
                                  {"max_ms", at(1)}};
    std::fputs((boost::json::serialize(run) + "\n").c_str(), stdout);
  }

 private:
  void step() {
    wanted_.clear();
    for (const auto& one : connections_) wanted_.push_back(one->wanted());
    if (poll(wanted_.data(), wanted_.size(), 100) < 0) throw std::runtime_error("poll failed");
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      auto& one = *connections_[i];
      if ((wanted_[i].revents & POLLOUT) != 0) one.write();
      if ((wanted_[i].revents & ~POLLOUT) == 0 || !one.read()) continue;
      took_ms_.push_back(one.took_ms());
      failed_ += one.failed() ? 1 : 0;
      one.send(next_key());
    }
  }
  std::string next_key() { return fmt::format("{:016x}", random_()); }

  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<pollfd> wanted_;
  std::vector<double> took_ms_;
  std::int64_t failed_ = 0;
  double seconds_ = 0;
  std::mt19937_64 random_{std::random_device{}()};
};

int number_in(std::string_view text) {
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || number < 1) {
    throw std::invalid_argument(fmt::format("'{}' is no number above 0", text));
  }
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: redis_wait PORT CONNECTIONS SECONDS\n", stderr);
    return 2;
  }
  try {
    Load load(number_in(argv[1]), number_in(argv[2]));
    load.run(number_in(argv[3]));
    load.print();
  } catch (const std::exception& exception) {
    std::fputs(fmt::format("redis_wait: {}\n", exception.what()).c_str(), stderr);
    return 1;
  }
}
