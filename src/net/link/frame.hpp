#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace sportapp::link {

inline constexpr std::size_t kPayloadMax = std::size_t{8} << 20;

struct Frame {
  std::uint8_t type = 0;
  std::string payload;
};

}  // namespace sportapp::link
