#pragma once
#include <array>
#include <cstdint>
#include <filesystem>

#include "base/result.hpp"

namespace sportapp::link {

// What the processes of one instance share, and nobody else knows.
struct Key {
  std::array<std::uint8_t, 32> bytes{};
  bool operator==(const Key&) const = default;
};

// The key in `file`, as hex; an error where others than its owner may read it.
[[nodiscard]] Result<Key> load_key(const std::filesystem::path& file);
// Likewise, made at random where there is none yet. The file is whole, or not there.
[[nodiscard]] Result<Key> make_key(const std::filesystem::path& file);

}  // namespace sportapp::link
