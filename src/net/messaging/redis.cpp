#include "net/messaging/redis.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <vector>

namespace sportapp::messaging {
namespace {

timeval to_timeval(int timeout_ms) {
  return {.tv_sec = timeout_ms / 1000, .tv_usec = (timeout_ms % 1000) * 1000};
}

}  // namespace

Result<Redis> Redis::connect(const RedisAddress& address, int timeout_ms) {
  const auto name = address.name();
  const auto timeout = to_timeval(timeout_ms);
  std::unique_ptr<redisContext, Close> context(
      address.is_local_socket() ? redisConnectUnixWithTimeout(address.host.c_str(), timeout)
                                : redisConnectWithTimeout(address.host.c_str(), address.port, timeout));
  if (!context) return Error{Retry::kLater, name + ": no memory for a connection"};
  Redis redis(std::move(context), name);
  if (redis.context_->err != 0 || redisSetTimeout(redis.context_.get(), timeout) != REDIS_OK) {
    return redis.lost();
  }
  if (auto known = redis.log_in(address.password); !known) return known.error();
  return redis;
}

Result<void> Redis::log_in(const std::string& password) {
  if (password.empty()) return {};
  const std::array<std::string_view, 3> words{"AUTH", kRedisUser, password};
  const auto reply = command(words);
  if (!reply) return reply.error();
  if ((*reply)->type != REDIS_REPLY_ERROR) return {};
  return Error{Retry::kLater,
               fmt::format("{} does not take this instance's password: {}; is it another's? See "
                           "docs/streams.md",
                           name_, text_of(**reply))};
}

Redis::Redis(std::unique_ptr<redisContext, Close> context, std::string name)
    : context_(std::move(context)), name_(std::move(name)) {}

Error Redis::lost() const {
  const bool late = context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
  const char* why = late ? "no answer in time" : context_->errstr;
  return {Retry::kLater, fmt::format("{}: {}; see that it runs and answers", name_, why)};
}

Result<void> Redis::append(std::span<const std::string_view> words) {
  std::vector<const char*> starts;
  std::vector<std::size_t> lengths;
  for (const auto word : words) {
    starts.push_back(word.data());
    lengths.push_back(word.size());
  }
  const auto count = static_cast<int>(words.size());
  if (redisAppendCommandArgv(context_.get(), count, starts.data(), lengths.data()) != REDIS_OK) return lost();
  return {};
}

Result<void> Redis::flush() {
  for (int done = 0; done == 0;) {
    if (redisBufferWrite(context_.get(), &done) != REDIS_OK) return lost();
  }
  return {};
}

bool Redis::readable(int wait_ms) const {
  pollfd waited{.fd = context_->fd, .events = POLLIN, .revents = 0};
  return poll(&waited, 1, wait_ms) > 0;
}

Result<Reply> Redis::receive() {
  void* reply = nullptr;
  if (redisGetReply(context_.get(), &reply) != REDIS_OK) return lost();
  return Reply(static_cast<redisReply*>(reply));
}

Result<Reply> Redis::command(std::span<const std::string_view> words) {
  if (auto appended = append(words); !appended) return appended.error();
  return receive();
}

StreamEntry stream_entry(const redisReply& reply) {
  const auto parts = elements_of(reply);
  if (parts.size() != 2) return {};
  StreamEntry entry{text_of(*parts[0]), {}};
  const auto fields = elements_of(*parts[1]);
  if (fields.size() == 2 && text_of(*fields[0]) == "event") entry.line = text_of(*fields[1]);
  return entry;
}

std::string stream_id(Seq seq) {
  return fmt::format("{}-0", seq.value);
}

std::optional<Seq> seq_of(std::string_view stream_id) {
  Seq seq;
  const auto* end = stream_id.data() + stream_id.size();
  const auto parsed = std::from_chars(stream_id.data(), end, seq.value);
  if (parsed.ec != std::errc() || std::string_view(parsed.ptr, end) != "-0") return std::nullopt;
  return seq;
}

void block_broken_pipe_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace sportapp::messaging
