// A blocking connection to Redis in which no wait is without bound.
#pragma once
#include <hiredis/hiredis.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "domain/domain.hpp"
#include "net/messaging/redis_address.hpp"

namespace sportapp::messaging {

struct ReplyDelete {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
// An error that Redis answered is a reply too (REDIS_REPLY_ERROR).
using Reply = std::unique_ptr<redisReply, ReplyDelete>;

// After an error, which always means that the connection is lost, the object is good for nothing but its end.
class Redis {
 public:
  // timeout_ms bounds connecting, each send, and each wait for a part of an answer. Logs in where there is a
  // password.
  [[nodiscard]] static Result<Redis> connect(const RedisAddress& address, int timeout_ms);

  // Queued for the next flush() or receive().
  [[nodiscard]] Result<void> append(std::span<const std::string_view> words);
  [[nodiscard]] Result<void> flush();
  // Whether an answer (or the end of the connection) comes within wait_ms; for one that was not begun yet.
  [[nodiscard]] bool readable(int wait_ms) const;
  [[nodiscard]] Result<Reply> receive();
  [[nodiscard]] Result<Reply> command(std::span<const std::string_view> words);

 private:
  struct Close {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  Redis(std::unique_ptr<redisContext, Close> context, std::string name);
  [[nodiscard]] Result<void> log_in(const std::string& password);
  [[nodiscard]] Error lost() const;

  std::unique_ptr<redisContext, Close> context_;
  std::string name_;  // for errors: Redis 127.0.0.1:6379
};

[[nodiscard]] inline std::string_view text_of(const redisReply& reply) {
  return {reply.str, reply.str == nullptr ? 0 : reply.len};
}
[[nodiscard]] inline std::span<redisReply* const> elements_of(const redisReply& reply) {
  return {reply.element, reply.type == REDIS_REPLY_ARRAY ? reply.elements : 0};
}

// An entry of a service's stream, as it came: nothing of it is checked but its shape.
struct StreamEntry {
  std::string_view id;
  std::string_view line;  // of the field `event`; empty where there is none
};
// Of one element of an answer to XREAD or XREVRANGE; points into it.
[[nodiscard]] StreamEntry stream_entry(const redisReply& reply);
// Entries are numbered <seq>-0; any other id is not ours.
[[nodiscard]] std::string stream_id(Seq seq);
[[nodiscard]] std::optional<Seq> seq_of(std::string_view stream_id);

// A write to a lost connection is to be an error, not the signal that ends the process; for threads that use
// Redis.
void block_broken_pipe_signal();

}  // namespace sportapp::messaging
