// The clients' commands and their answers: names, each of which can be taken once.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sportapp::simulator {

struct Request {
  std::uint64_t id = 0;  // of the asker
  bool forwarded = false;
  std::string key;
  bool read = false;  // is the name taken? Otherwise: take it
  std::string name;
};

enum class Said : std::uint8_t {
  kAdded,       // with `id`
  kTaken,       // refused: `id` has it
  kFound,       // read: `id` has it
  kNotFound,    // read
  kNotNow,      // nobody could answer; nothing is known of its effect
  kNotPrimary,  // to another node only, which keeps the request and tries again
};
struct Reply {
  std::uint64_t request = 0;
  Said said = Said::kNotNow;
  std::int64_t id = 0;
  bool operator==(const Reply&) const = default;
};

[[nodiscard]] std::string encode(const Request& request);
[[nodiscard]] std::string encode(const Reply& reply);
[[nodiscard]] std::optional<Request> decode_request(std::string_view bytes);
[[nodiscard]] std::optional<Reply> decode_reply(std::string_view bytes);
[[nodiscard]] std::string describe(const Request& request);
[[nodiscard]] std::string describe(Said said, std::int64_t id);

}  // namespace sportapp::simulator
