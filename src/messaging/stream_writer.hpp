// The writing end of a service's stream: entry <seq>-0 holds event seq in its one field `event`.
#pragma once
#include <optional>
#include <string>

#include "messaging/redis.hpp"

namespace sportapp::messaging {

class StreamWriter {
 public:
  struct Last {
    std::optional<Seq> seq;  // nothing: the id is none of ours
    std::string line;
  };
  struct Published {
    std::size_t accepted = 0;
    bool conflict = false;  // for some the stream is past them already, or is no stream
  };

  StreamWriter(RedisAddress redis, std::string stream, std::int64_t length_max);

  [[nodiscard]] bool connected() const { return redis_.has_value(); }
  [[nodiscard]] Result<void> connect();
  void disconnect() { redis_.reset(); }

  // All that follow need a connection; after an error it must be made anew.
  [[nodiscard]] Result<void> ping();
  [[nodiscard]] Result<std::optional<Last>> last();  // nothing: the stream is empty or not there
  [[nodiscard]] Result<void> clear();
  [[nodiscard]] Result<Published> publish(std::span<const domain::CommittedEvent> events);

 private:
  [[nodiscard]] Result<Reply> accepted(std::initializer_list<std::string_view> words);
  [[nodiscard]] Error refused(std::string_view what) const;

  RedisAddress address_;
  std::string stream_;
  std::string length_max_;
  std::optional<Redis> redis_;
};

}  // namespace sportapp::messaging
