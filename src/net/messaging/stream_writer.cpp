#include "net/messaging/stream_writer.hpp"

#include <fmt/format.h>

#include <array>

namespace sportapp::messaging {
namespace {

constexpr int kConnectMs = 400;

bool has_wrong_type(const redisReply& reply) {
  return reply.type == REDIS_REPLY_ERROR && text_of(reply).starts_with("WRONGTYPE");
}

bool is_missing(const redisReply& reply) {
  return reply.type == REDIS_REPLY_ERROR && text_of(reply).starts_with("ERR no such key");
}

bool says_old(std::string_view error) {
  return error.find("equal or smaller") != std::string_view::npos;
}

}  // namespace

StreamWriter::StreamWriter(RedisAddress redis, Seal seal, std::int64_t length_max)
    : address_(std::move(redis)), seal_(std::move(seal)), length_max_(std::to_string(length_max)) {}

Result<void> StreamWriter::connect() {
  auto connected = Redis::connect(address_, kConnectMs);
  if (!connected) return connected.error();
  redis_.emplace(std::move(*connected));
  return {};
}

Error StreamWriter::refused(std::string_view what) const {
  return {Retry::kLater,
          fmt::format("{} refuses to work on the stream {}: {}", address_.name(), seal_.service(), what)};
}

Result<Reply> StreamWriter::accepted(std::initializer_list<std::string_view> words) {
  auto reply = redis_->command({words.begin(), words.size()});
  if (reply && (*reply)->type == REDIS_REPLY_ERROR) return refused(text_of(**reply));
  return reply;
}

Result<std::optional<StreamWriter::Summary>> StreamWriter::summary() {
  const std::array<std::string_view, 3> words{"XINFO", "STREAM", seal_.service()};
  auto reply = redis_->command(words);
  if (!reply) return reply.error();
  if (has_wrong_type(**reply)) return std::optional(Summary{.is_stream = false});
  if (is_missing(**reply)) return std::optional<Summary>();
  if ((*reply)->type == REDIS_REPLY_ERROR) return refused(text_of(**reply));
  Summary summary;
  const auto fields = elements_of(**reply);
  for (std::size_t at = 0; at + 1 < fields.size(); at += 2) {
    const auto name = text_of(*fields[at]);
    if (name == "length") summary.entries = fields[at + 1]->integer;
    if (name == "last-generated-id") summary.last_id = text_of(*fields[at + 1]);
    if (name == "entries-added") summary.added = fields[at + 1]->integer;
  }
  return std::optional(std::move(summary));
}

Result<std::vector<StreamWriter::Entry>> StreamWriter::entries(Seq after, std::size_t limit) {
  const auto from = "(" + stream_id(after);
  const auto count = std::to_string(limit);
  auto reply = accepted({"XRANGE", seal_.service(), from, "+", "COUNT", count});
  if (!reply) return reply.error();
  std::vector<Entry> found;
  for (const auto* element : elements_of(**reply)) {
    const auto entry = stream_entry(*element);
    found.push_back({seq_of(entry.id), std::string(entry.line)});
  }
  return found;
}

Result<void> StreamWriter::clear() {
  auto reply = accepted({"DEL", seal_.service()});
  if (!reply) return reply.error();
  return {};
}

// All are sent before the first answer is read: one round trip a batch.
Result<StreamWriter::Published> StreamWriter::publish(std::span<const domain::CommittedEvent> events) {
  for (const auto& event : events) {
    const auto id = stream_id(event.seq);
    const auto line = seal_.encode(event);
    const std::array<std::string_view, 8> words{"XADD", seal_.service(), "MAXLEN", "~", length_max_,
                                                id,     "event",         line};
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
