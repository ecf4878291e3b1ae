#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sportapp {

using Hash = std::array<std::uint8_t, 32>;

// BLAKE2b-256 over length-prefixed fields, so that ("ab","c") and ("a","bc") differ.
class Hasher {
 public:
  Hasher();
  // Keyed: only who has the key can compute it.
  explicit Hasher(const Hash& key);
  Hasher& field(std::string_view bytes);
  Hasher& field(std::int64_t number);
  // The bytes alone: of them only, it is what `b2sum -l 256` prints.
  Hasher& bytes(std::string_view bytes);
  [[nodiscard]] Hash finish();

 private:
  alignas(64) std::array<std::uint8_t, 384> state_;  // crypto_generichash_state, kept out of this header
};

[[nodiscard]] std::string hex(const Hash& hash);
// The way back; nothing where the text is not a hash.
[[nodiscard]] std::optional<Hash> hash_of_hex(std::string_view text);

}  // namespace sportapp
