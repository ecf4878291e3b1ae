#include "messaging/stream_reader.hpp"

#include <fmt/format.h>

#include <array>

#include "base/clock.hpp"

namespace sportapp::messaging {
namespace {

constexpr int kConnectTimeoutMs = 300;
constexpr std::string_view kBlockMs = "200";
constexpr int kSilenceMaxMs = 5000;  // then a new connection is made

std::int64_t now_ms() {
  return SystemClock().monotonic_ms();
}

// The one event that an entry must hold, or why it does not.
Result<domain::CommittedEvent> event_of(const StreamEntry& entry, Seq expected) {
  const auto seq = seq_of(entry.id);
  if (!seq) return Error{Retry::kNever, fmt::format("the stream's entry {} is none of a relay", entry.id)};
  if (*seq != expected) {
    return Error{Retry::kNever,
                 fmt::format("the stream has event {} where {} comes next", seq->value, expected.value)};
  }
  auto event = decode(entry.line);
  if (!event) {
    return Error{Retry::kNever, fmt::format("the stream's entry {}: {}", entry.id, event.error().what)};
  }
  if (event->seq != expected) {
    return Error{Retry::kNever,
                 fmt::format("the stream's entry {} holds event {}", entry.id, event->seq.value)};
  }
  return event;
}

void take(std::span<redisReply* const> entries, Seq position, StreamReader::Answer& answer) {
  for (const auto* element : entries) {
    const auto entry = stream_entry(*element);
    // An answer to an old question, or somebody who publishes twice.
    if (const auto seq = seq_of(entry.id); seq && *seq <= position) continue;
    auto event = event_of(entry, position.next());
    if (!event) {
      answer.broken = event.error().what;
      return;
    }
    position = event->seq;
    answer.events.push_back(std::move(*event));
  }
}

}  // namespace

StreamReader::StreamReader(RedisAddress redis, std::string stream, std::size_t batch_max)
    : address_(std::move(redis)), stream_(std::move(stream)), batch_max_(std::to_string(batch_max)) {}

Result<StreamReader::Answer> StreamReader::ask(Seq position, int wait_ms) {
  if (auto connected = connect(); !connected) return connected.error();
  if (!asked_) {
    if (auto sent = send(position); !sent) return lost(sent.error());
  }
  if (!redis_->readable(wait_ms)) return no_answer();
  auto reply = redis_->receive();
  if (!reply) return lost(reply.error());
  asked_ = false;
  if ((*reply)->type == REDIS_REPLY_ERROR) {
    return lost({Retry::kLater, fmt::format("Redis {}:{} refuses to read the stream {}: {}", address_.host,
                                            address_.port, stream_, text_of(**reply))});
  }
  back_off_.reset();
  Answer answer;
  for (const auto* stream : elements_of(**reply)) {
    const auto parts = elements_of(*stream);
    if (parts.size() == 2) take(elements_of(*parts[1]), position, answer);
  }
  return answer;
}

Result<StreamReader::Answer> StreamReader::no_answer() {
  const auto waited_ms = now_ms() - asked_at_ms_;
  if (waited_ms > kSilenceMaxMs) {
    return lost({Retry::kLater, fmt::format("Redis {}:{} does not answer", address_.host, address_.port)});
  }
  return Answer{
      .state = waited_ms < kAnswerMaxMs ? State::kWaiting : State::kSilent, .events = {}, .broken = {}};
}

Result<void> StreamReader::connect() {
  if (redis_) return {};
  if (now_ms() < retry_at_ms_) return failure_;
  auto connected = Redis::connect(address_, kConnectTimeoutMs);
  if (!connected) return lost(connected.error());
  redis_.emplace(std::move(*connected));
  return {};
}

Result<void> StreamReader::send(Seq position) {
  const auto after = stream_id(position);
  const std::array<std::string_view, 8> words{"XREAD",    "BLOCK",   kBlockMs, "COUNT",
                                              batch_max_, "STREAMS", stream_,  after};
  if (auto appended = redis_->append(words); !appended) return appended.error();
  if (auto flushed = redis_->flush(); !flushed) return flushed.error();
  asked_ = true;
  asked_at_ms_ = now_ms();
  return {};
}

Error StreamReader::lost(Error error) {
  redis_.reset();
  asked_ = false;
  retry_at_ms_ = now_ms() + back_off_.next_ms();
  failure_ = std::move(error);
  return failure_;
}

}  // namespace sportapp::messaging
