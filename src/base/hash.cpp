#include "base/hash.hpp"

#include <sodium.h>

namespace sportapp {
namespace {

crypto_generichash_state* as_state(std::array<std::uint8_t, 384>& bytes) {
  static_assert(sizeof(crypto_generichash_state) <= sizeof bytes);
  return reinterpret_cast<crypto_generichash_state*>(bytes.data());
}

}  // namespace

Hasher::Hasher() : state_{} {
  crypto_generichash_init(as_state(state_), nullptr, 0, sizeof(Hash));
}

Hasher::Hasher(const Hash& key) : state_{} {
  crypto_generichash_init(as_state(state_), key.data(), key.size(), sizeof(Hash));
}

Hasher& Hasher::field(std::string_view bytes) {
  return field(static_cast<std::int64_t>(bytes.size())).bytes(bytes);
}

Hasher& Hasher::bytes(std::string_view bytes) {
  crypto_generichash_update(as_state(state_), reinterpret_cast<const unsigned char*>(bytes.data()),
                            bytes.size());
  return *this;
}

Hasher& Hasher::field(std::int64_t number) {
  std::array<std::uint8_t, 8> little_endian{};
  for (unsigned i = 0; i < 8; ++i) {
    little_endian[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> (8 * i));
  }
  crypto_generichash_update(as_state(state_), little_endian.data(), little_endian.size());
  return *this;
}

Hash Hasher::finish() {
  Hash hash{};
  crypto_generichash_final(as_state(state_), hash.data(), hash.size());
  return hash;
}

std::string hex(const Hash& hash) {
  std::string text(hash.size() * 2 + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
  text.pop_back();
  return text;
}

std::optional<Hash> hash_of_hex(std::string_view text) {
  Hash hash{};
  std::size_t length = 0;
  const bool whole =
      text.size() == 2 * hash.size() &&
      sodium_hex2bin(hash.data(), hash.size(), text.data(), text.size(), nullptr, &length, nullptr) == 0;
  return whole && length == hash.size() ? std::optional(hash) : std::nullopt;
}

}  // namespace sportapp
