// The writing end of a service's stream: entry <seq>-0 holds event seq in its one field `event`.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "net/messaging/event_source.hpp"
#include "net/messaging/redis.hpp"
#include "net/messaging/seal.hpp"

namespace sportapp::messaging {

class StreamWriter {
 public:
  // An entry as it stands there.
  struct Entry {
    std::optional<Seq> seq;  // nothing: the id is none of ours
    std::string line;
  };
  struct Summary {
    bool is_stream = true;  // else the key holds something else
    std::int64_t entries = 0;
    std::string last_id{};   // the greatest that it ever had: only greater ones are taken
    std::int64_t added = 0;  // entries that it ever got; 0 where Redis does not count them
  };
  struct Published {
    std::size_t accepted = 0;
    bool conflict = false;  // for some the stream is past them already, or is no stream
  };

  StreamWriter(RedisAddress redis, Seal seal, std::int64_t length_max);

  [[nodiscard]] bool connected() const { return redis_.has_value(); }
  [[nodiscard]] Result<void> connect();
  void disconnect() { redis_.reset(); }

  // All that follow need a connection; after an error it must be recreated.
  [[nodiscard]] Result<std::optional<Summary>> summary();  // nothing: there is no such key
  // At most `limit` entries whose id is greater than that of event `after`, in order.
  [[nodiscard]] Result<std::vector<Entry>> entries(Seq after, std::size_t limit);
  [[nodiscard]] Result<void> clear();
  [[nodiscard]] Result<Published> publish(std::span<const domain::CommittedEvent> events);

 private:
  [[nodiscard]] Result<Reply> accepted(std::initializer_list<std::string_view> words);
  [[nodiscard]] Error refused(std::string_view what) const;

  RedisAddress address_;
  Seal seal_;
  std::string length_max_;
  std::optional<Redis> redis_;
};

}  // namespace sportapp::messaging
