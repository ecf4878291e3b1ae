// A question put again and again to one process over a kept connection, without waiting for anything.
#pragma once
#include <netinet/in.h>
#include <poll.h>

#include <cstdint>
#include <optional>
#include <string>

#include "server/monitor/config.hpp"

namespace sportapp::monitor {

// An answer taken from the front of what came. `trouble` is empty where the process says that all is well.
struct ProbeAnswer {
  std::string trouble;
  std::size_t bytes = 0;
};
// Nothing while it is not whole yet. Gateway: any HTTP answer is a sign of life.
[[nodiscard]] std::optional<ProbeAnswer> take_answer(Kind kind, const std::string& came);

class Probe {
 public:
  static constexpr int kConnectMs = 1000;
  static constexpr std::size_t kAnswerMax = 64 * 1024;

  Probe(const Target& target, int every_ms);
  ~Probe();
  Probe(Probe&& other) noexcept;
  Probe& operator=(Probe&&) = delete;

  [[nodiscard]] pollfd waited_for() const;  // fd -1 while there is no connection
  // Does what can be done now: connects, asks, reads.
  void step(std::int64_t now_ms);
  [[nodiscard]] std::int64_t next_ms() const { return next_ms_; }  // when step() has something to begin

  [[nodiscard]] const Target& target() const { return target_; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  // So long an open connection owes an answer; 0: it owes none.
  [[nodiscard]] std::int64_t owes_ms(std::int64_t now_ms) const;

 private:
  enum class State { kAway, kConnecting, kIdle, kAsked };
  void connect(std::int64_t now_ms);
  void ask(std::int64_t now_ms);
  void read(std::int64_t now_ms);
  void drop(std::int64_t now_ms, const std::string& why);

  Target target_;
  int every_ms_;
  std::string question_;
  sockaddr_storage address_{};
  socklen_t address_size_ = 0;
  State state_ = State::kAway;
  int fd_ = -1;
  std::int64_t next_ms_ = 0;
  std::int64_t asked_ms_ = 0;  // kConnecting, kAsked: since when
  std::string came_;
  std::string trouble_ = "not asked yet";
};

}  // namespace sportapp::monitor
