// What an answer to one request means for its line: pure.
#pragma once
#include <cstdint>
#include <random>
#include <string>

namespace sportapp::importing {

struct Answer {
  int status = 0;         // 0: no answer came, `failure` says why
  std::string failure{};  // what the connection said
  std::string body{};
  bool replayed = false;
  std::int64_t retry_after_s = 0;
};

enum class Verdict {
  kRegistered,
  kReplayed,     // it was in already: a run before this one sent it, or an attempt whose answer was lost
  kRefused,      // this line is wrong, whenever it is sent
  kTryAgain,     // the service could not take it now
  kWrongServer,  // no line can be taken there
};

[[nodiscard]] Verdict verdict(const Answer& answer);
// The service's own reason, on one line, without control characters.
[[nodiscard]] std::string reason(const Answer& answer);

// How long to wait before the attempt after `attempts` failed ones: doubling, bounded, spread by chance so
// that waiting lines do not come back all at once; never less than the service asked for (up to a bound).
[[nodiscard]] std::int64_t backoff_ms(int attempts, std::int64_t retry_after_s, std::minstd_rand& random);

}  // namespace sportapp::importing
