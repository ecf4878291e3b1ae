#pragma once
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace sportapp::lab {

// What clients do, by weight.
struct Mix {
  int registers = 1;
  int reads = 0;       // of the client's own last registration; while it has none, it registers
  int list_reads = 0;  // of the beginning of the list of users
  int products = 0;
  int orders = 0;
};

struct LoadOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string base_path{};  // before /api-commands and /api-queries
  std::uint64_t seed = 1;
  std::string prefix = "lab";  // of names and keys; another one for each load that meets the same data
  Mix mix{};
  std::int64_t timeout_ms = 10'000;  // for each request; from when it is due
  int read_wait_s = 5;               // how long a read may wait for the position that it asks for

  // Closed loop: so many clients, each with a connection of its own, send, wait for the answer, think and
  // send again. Open loop (rate_per_s above 0): requests are due at random times, that many a second,
  // whatever became of those before; each is one client's.
  int clients = 100;
  std::int64_t think_ms = 1000;  // on the average: half of it to one and a half
  double rate_per_s = 0;
  int connections_max = 1000;  // open loop
  int waiting_max = 10'000;    // open loop: due requests that wait for a connection; more are not sent
};

// Whether a load can be made of them; says which is wrong and what it may be.
[[nodiscard]] Result<void> checked(const LoadOptions& options);

}  // namespace sportapp::lab
