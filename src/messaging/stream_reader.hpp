// The reading end of a service's stream.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messaging/back_off.hpp"
#include "messaging/redis.hpp"

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
    std::vector<domain::CommittedEvent> events;  // the successors of the position, without a gap
    std::string broken;  // why what comes after them cannot be used; empty: nothing does
  };

  StreamReader(RedisAddress redis, std::string stream, std::size_t batch_max);

  // What comes after `position`; waits for it at most wait_ms. Connects when it has to; after a failure not
  // at every call. An error: there is no connection, or Redis refuses.
  [[nodiscard]] Result<Answer> ask(Seq position, int wait_ms);

 private:
  [[nodiscard]] Result<void> connect();
  [[nodiscard]] Result<void> send(Seq position);
  [[nodiscard]] Result<Answer> no_answer();
  [[nodiscard]] Error lost(Error error);

  RedisAddress address_;
  std::string stream_;
  std::string batch_max_;
  std::optional<Redis> redis_;
  bool asked_ = false;
  std::int64_t asked_at_ms_ = 0;
  BackOff back_off_{50, 500};
  std::int64_t retry_at_ms_ = 0;
  Error failure_;
};

}  // namespace sportapp::messaging
