// What a process of an instance is asked to know how it is. Each takes `timeout_ms` at most.
#pragma once
#include "base/result.hpp"
#include "ops/instance/topology.hpp"

namespace sportapp::supervisor {

// How long a process of this machine may take to answer one.
inline constexpr int kAskMs = 1000;

// Whether it runs at all: any answer will do.
[[nodiscard]] Result<void> check_alive(const instance::Member& member, int timeout_ms);
// Whether it does what it is there for now; the error says what is missing.
[[nodiscard]] Result<void> ask_whether_serving(const instance::Member& member, int timeout_ms);

}  // namespace sportapp::supervisor
