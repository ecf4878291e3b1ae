// The reading end of a service's stream.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/messaging/back_off.hpp"
#include "net/messaging/event_source.hpp"
#include "net/messaging/redis.hpp"
#include "net/messaging/seal.hpp"

namespace sportapp::messaging {

class StreamReader {
 public:
  // A question is answered after at most that, with nothing if there is nothing.
  static constexpr int kAnswerMaxMs = 500;

  enum class State {
    kCame,
    kWaiting,  // the answer may come to a later ask()
    kSilent,   // as before, but it is late
  };
  struct Answer {
    State state = State::kCame;
    std::vector<domain::CommittedEvent> events;  // the successors of the place: sealed, without a gap
    std::string broken;  // why what comes after them cannot be used; empty: nothing does
    // The id of an entry after them that no relay of this journal wrote; empty where there only is a gap.
    std::string refused;
  };

  StreamReader(RedisAddress redis, Seal seal, std::size_t batch_max);

  // What comes after `place`; waits for it at most wait_ms. Connects when it has to; after a failure not at
  // every call. An error: there is no connection, or Redis refuses.
  [[nodiscard]] Result<Answer> ask(const Place& place, int wait_ms);

 private:
  [[nodiscard]] Result<void> connect();
  [[nodiscard]] Result<void> send(Seq position);
  [[nodiscard]] Result<Answer> no_answer();
  [[nodiscard]] Error lost(Error error);

  RedisAddress address_;
  Seal seal_;
  std::string batch_max_;
  std::optional<Redis> redis_;
  bool asked_ = false;
  std::int64_t asked_at_ms_ = 0;
  BackOff back_off_{50, 500};
  std::int64_t retry_at_ms_ = 0;
  Error failure_;
};

}  // namespace sportapp::messaging
