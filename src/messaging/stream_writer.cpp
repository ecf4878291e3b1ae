#include "messaging/stream_writer.hpp"

#include <fmt/format.h>

#include <array>

namespace sportapp::messaging {
namespace {

constexpr int kTimeoutMs = 400;

bool has_wrong_type(const redisReply& reply) {
  return reply.type == REDIS_REPLY_ERROR && text_of(reply).starts_with("WRONGTYPE");
}

bool says_old(std::string_view error) {
  return error.find("equal or smaller") != std::string_view::npos;
}

}  // namespace

StreamWriter::StreamWriter(RedisAddress redis, std::string stream, std::int64_t length_max)
    : address_(std::move(redis)), stream_(std::move(stream)), length_max_(std::to_string(length_max)) {}

Result<void> StreamWriter::connect() {
  auto connected = Redis::connect(address_, kTimeoutMs);
  if (!connected) return connected.error();
  redis_.emplace(std::move(*connected));
  return {};
}

Error StreamWriter::refused(std::string_view what) const {
  return {Retry::kLater, fmt::format("Redis {}:{} refuses to work on the stream {}: {}", address_.host,
                                     address_.port, stream_, what)};
}

Result<Reply> StreamWriter::accepted(std::initializer_list<std::string_view> words) {
  auto reply = redis_->command({words.begin(), words.size()});
  if (reply && (*reply)->type == REDIS_REPLY_ERROR) return refused(text_of(**reply));
  return reply;
}

Result<void> StreamWriter::ping() {
  auto reply = accepted({"PING"});
  if (!reply) return reply.error();
  return {};
}

Result<std::optional<StreamWriter::Last>> StreamWriter::last() {
  const std::array<std::string_view, 6> words{"XREVRANGE", stream_, "+", "-", "COUNT", "1"};
  auto reply = redis_->command(words);
  if (!reply) return reply.error();
  if (has_wrong_type(**reply)) return std::optional<Last>(Last{});
  if ((*reply)->type == REDIS_REPLY_ERROR) return refused(text_of(**reply));
  const auto entries = elements_of(**reply);
  if (entries.empty()) return std::optional<Last>();
  const auto entry = stream_entry(*entries[0]);
  Last last{seq_of(entry.id), std::string(entry.line)};
  return std::optional<Last>(std::move(last));
}

Result<void> StreamWriter::clear() {
  auto reply = accepted({"DEL", stream_});
  if (!reply) return reply.error();
  return {};
}

// All are sent before the first answer is read: one round trip a batch.
Result<StreamWriter::Published> StreamWriter::publish(std::span<const domain::CommittedEvent> events) {
  for (const auto& event : events) {
    const auto id = stream_id(event.seq);
    const auto line = encode(event);
    const std::array<std::string_view, 8> words{"XADD",      stream_, "MAXLEN", "~",
                                                length_max_, id,      "event",  line};
    if (auto appended = redis_->append(words); !appended) return appended.error();
  }
  Published published;
  for (std::size_t i = 0; i < events.size(); ++i) {
    auto reply = redis_->receive();
    if (!reply) return reply.error();
    if ((*reply)->type != REDIS_REPLY_ERROR) {
      ++published.accepted;
    } else if (says_old(text_of(**reply)) || has_wrong_type(**reply)) {
      published.conflict = true;
    } else {
      return refused(text_of(**reply));
    }
  }
  return published;
}

}  // namespace sportapp::messaging
