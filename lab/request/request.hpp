// One request as its client saw it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sportapp::lab {

enum class Op : std::uint8_t { kRegister, kProduct, kOrder, kRead, kPoison };

[[nodiscard]] std::string_view to_text(Op op);  // register product order read poison
[[nodiscard]] std::optional<Op> op_of(std::string_view text);

// What became of a request, where it was not answered: no status, but one of these.
inline constexpr std::string_view kOutcomeCut = "cut";          // the connection was lost
inline constexpr std::string_view kOutcomeRefused = "refused";  // no connection
inline constexpr std::string_view kOutcomeTimeout = "timeout";
inline constexpr std::string_view kOutcomeBroken = "broken";  // what came is not HTTP
inline constexpr std::string_view kOutcomeUnsent =
    "unsent";  // it was due, and the client's own bound was reached

// Of the answer to a read; of a command's answer all is kept.
inline constexpr std::size_t kAnswerBytesOfRead = 500;

struct Request {
  std::int64_t number = 0;  // 1, 2, 3... in order of being due
  int client = 0;           // which simulated user
  Op op = Op::kRegister;
  std::string key;      // Idempotency-Key; empty for reads
  std::string subject;  // what was asked for: the name; of an order user/product/quantity; of a read the path
  std::int64_t due_us = 0;  // all three: since the load's start, monotonic
  std::int64_t sent_us = 0;
  std::int64_t answered_us = 0;  // or when it was given up
  std::string outcome;           // a status ("200") or one of those above
  std::string retry_after;
  std::string position_asked;  // Sportapp-Position sent with a read
  std::string position;        // Sportapp-Position of the answer
  std::string expected;        // of a read of one's own write: the body that the command was answered with
  std::string answer;          // body

  bool operator==(const Request&) const = default;
};

}  // namespace sportapp::lab
