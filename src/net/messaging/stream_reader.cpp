#include "net/messaging/stream_reader.hpp"

#include <fmt/format.h>

#include <array>

#include "base/clock.hpp"

namespace sportapp::messaging {
namespace {

constexpr int kConnectTimeoutMs = 300;
constexpr std::string_view kBlockMs = "200";
constexpr int kSilenceMaxMs = 5000;  // then a new connection is made

// What an entry holds, unless no relay can have written it.
Result<domain::CommittedEvent> event_of(const StreamEntry& entry, const Seal& seal) {
  const auto seq = seq_of(entry.id);
  if (!seq)
    return Error{Retry::kNever, fmt::format("the stream's entry {} was not written by a relay", entry.id)};
  auto event = seal.decode(entry.line);
  if (!event) {
    return Error{Retry::kNever, fmt::format("the stream's entry {}: {}", entry.id, event.error().what)};
  }
  if (event->seq != *seq) {
    return Error{Retry::kNever,
                 fmt::format("the stream's entry {} holds event {}", entry.id, event->seq.value)};
  }
  return event;
}

void refuse(const StreamEntry& entry, std::string why, StreamReader::Answer& answer) {
  answer.refused = entry.id;
  answer.broken = std::move(why);
}

void take(std::span<redisReply* const> entries, const Seal& seal, Place place, StreamReader::Answer& answer) {
  for (const auto* element : entries) {
    const auto entry = stream_entry(*element);
    // An answer to an old question, or somebody who publishes twice.
    if (const auto seq = seq_of(entry.id); seq && *seq <= place.seq) continue;
    auto event = event_of(entry, seal);
    if (!event) return refuse(entry, event.error().what, answer);
    if (event->seq != place.seq.next()) {
      answer.broken = fmt::format("the stream has event {} where {} comes next", event->seq.value,
                                  place.seq.next().value);
      return;
    }
    if (!continues(*event, place)) {
      return refuse(entry,
                    fmt::format("the stream's entry {} is of another history: it does not continue event {} "
                                "as it is here",
                                entry.id, place.seq.value),
                    answer);
    }
    place = place_after(*event);
    answer.events.push_back(std::move(*event));
  }
}

}  // namespace

StreamReader::StreamReader(RedisAddress redis, Seal seal, std::size_t batch_max)
    : address_(std::move(redis)), seal_(std::move(seal)), batch_max_(std::to_string(batch_max)) {}

Result<StreamReader::Answer> StreamReader::ask(const Place& place, int wait_ms) {
  if (auto connected = connect(); !connected) return connected.error();
  if (!asked_) {
    if (auto sent = send(place.seq); !sent) return lost(sent.error());
  }
  if (!redis_->readable(wait_ms)) return no_answer();
  auto reply = redis_->receive();
  if (!reply) return lost(reply.error());
  asked_ = false;
  if ((*reply)->type == REDIS_REPLY_ERROR) {
    return lost({Retry::kLater, fmt::format("{} refuses to read the stream {}: {}", address_.name(),
                                            seal_.service(), text_of(**reply))});
  }
  back_off_.reset();
  Answer answer;
  for (const auto* stream : elements_of(**reply)) {
    const auto parts = elements_of(*stream);
    if (parts.size() == 2) take(elements_of(*parts[1]), seal_, place, answer);
  }
  return answer;
}

Result<StreamReader::Answer> StreamReader::no_answer() {
  const auto waited_ms = monotonic_ms() - asked_at_ms_;
  if (waited_ms > kSilenceMaxMs) {
    return lost({Retry::kLater, fmt::format("{} does not answer", address_.name())});
  }
  return Answer{.state = waited_ms < kAnswerMaxMs ? State::kWaiting : State::kSilent,
                .events = {},
                .broken = {},
                .refused = {}};
}

Result<void> StreamReader::connect() {
  if (redis_) return {};
  if (monotonic_ms() < retry_at_ms_) return failure_;
  auto connected = Redis::connect(address_, kConnectTimeoutMs);
  if (!connected) return lost(connected.error());
  redis_.emplace(std::move(*connected));
  return {};
}

Result<void> StreamReader::send(Seq position) {
  const auto after = stream_id(position);
  const std::array<std::string_view, 8> words{"XREAD",    "BLOCK",   kBlockMs,        "COUNT",
                                              batch_max_, "STREAMS", seal_.service(), after};
  if (auto appended = redis_->append(words); !appended) return appended.error();
  if (auto flushed = redis_->flush(); !flushed) return flushed.error();
  asked_ = true;
  asked_at_ms_ = monotonic_ms();
  return {};
}

Error StreamReader::lost(Error error) {
  redis_.reset();
  asked_ = false;
  retry_at_ms_ = monotonic_ms() + back_off_.next_ms();
  failure_ = std::move(error);
  return failure_;
}

}  // namespace sportapp::messaging
