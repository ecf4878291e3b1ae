// The secret of an instance: what its processes share and nobody else knows. It lies in one file, which
// `up`, `run` and `sportapp key` make. It is used as it is by the links between nodes and monitor only; for
// every other purpose a secret of its own is derived from it, so that none of them gives another away.
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "base/hash.hpp"
#include "base/result.hpp"

namespace sportapp {

struct InstanceKey {
  std::array<std::uint8_t, 32> bytes{};
  bool operator==(const InstanceKey&) const = default;
};

// The key in `file`, as hex; an error where others than its owner may read it.
[[nodiscard]] Result<InstanceKey> load_key(const std::filesystem::path& file);
// Likewise, made at random where there is none yet. The file is whole, or not there.
[[nodiscard]] Result<InstanceKey> make_key(const std::filesystem::path& file);

// The secret for one purpose, which `context` names: BLAKE2b-256 of the context under the key, as
// `hashlib.blake2b(context, key=key, digest_size=32)` of Python gives it. Neither the key nor the secret for
// another context can be computed from it.
[[nodiscard]] Hash derived_secret(const InstanceKey& key, std::string_view context);

// Whether two texts are the same, in a time that depends on their lengths only: whoever guesses a secret
// learns nothing from how long a refusal took.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

}  // namespace sportapp
