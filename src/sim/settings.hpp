// How one run goes: everything follows from its seed.
#pragma once
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "sim/timeline.hpp"

namespace sportapp::simulator {

struct Settings {
  std::uint64_t seed = 1;
  int nodes = 2;
  int clients = 3;
  int names = 20;           // that clients take from each other
  Us fire = 1500 * kMs;     // so long things fail
  Us calm = 120'000 * kMs;  // so long everything may take to be well again
  Us hop = 10;              // from thread to thread
  std::int64_t suspicion_ms = 150;
  Us think_most = 20 * kMs;       // of a client, between two commands
  Us patience_most = 7000 * kMs;  // of the gateway with one node
  bool kills_silent = false;      // the monitor has a node that is silent ended
  bool shows_halted = false;      // the system shows it which of them do not run at all
  std::int64_t fail_back_after_ms = 200;
  std::size_t chunk_bytes = 512;
  std::size_t window_messages = 8;
  std::size_t near_bytes = 32 * 1024;
  int read_max = 16;                  // entries at a time, catching up
  std::int64_t trims_percent = 0;     // of a node's ticks in which it deletes old entries
  std::vector<std::int64_t> weights;  // of the kinds of faults
  Us fault_every = 60 * kMs;
  int faults_max = std::numeric_limits<int>::max();
};

// `nodes` 0: two or three.
[[nodiscard]] Settings settings_of(std::uint64_t seed, int nodes, bool brief = false);

}  // namespace sportapp::simulator
