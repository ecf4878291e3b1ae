// What tests of links share.
#pragma once
#include <cstdint>

#include "net/link/key.hpp"

namespace sportapp::link::testing {

inline Key key_of(std::uint8_t number) {
  Key key;
  key.bytes.fill(number);
  return key;
}

}  // namespace sportapp::link::testing
