#include "sim/settings.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "sim/faults.hpp"

namespace sportapp::simulator {
namespace {

// Not that which the run itself draws from.
constexpr std::uint64_t kOther = 0x5EED, kFiles = 0xF11E5;

Us one_of(Random& random, std::initializer_list<Us> values) {
  return *(values.begin() + random.below(static_cast<std::int64_t>(values.size())));
}

// In some runs disks give back something else than was written. A record that is lost as well as an old copy
// of a node are two faults, of which nothing can know.
void lie(std::uint64_t seed, Settings& settings) {
  Random random(seed * 2 + kFiles);
  if (!random.percent(30)) return;
  const bool lost_records = random.percent(30);
  for (const auto fault : {Fault::kLostTail, Fault::kLostJournal, Fault::kChangedEntry, Fault::kOldCopy}) {
    const bool allowed = fault != Fault::kOldCopy || !lost_records;
    settings.weights[static_cast<std::size_t>(fault)] =
        allowed && random.percent(50) ? random.between(1, 8) : 0;
  }
  if (lost_records) settings.weights[static_cast<std::size_t>(Fault::kLostRecord)] = random.between(1, 8);
  if (random.coin()) return;
  // Few other faults, so that service must come back without a person.
  for (std::size_t i = 0; i <= static_cast<std::size_t>(Fault::kHeal); ++i) {
    if (random.percent(80)) settings.weights[i] = 0;
  }
}

}  // namespace

Settings settings_of(std::uint64_t seed, int nodes, bool brief) {
  Random random(seed * 2 + kOther);
  Settings settings;
  settings.seed = seed;
  settings.nodes = nodes != 0 ? nodes : static_cast<int>(random.between(2, 3));
  settings.clients = static_cast<int>(random.between(1, 4));
  settings.names = static_cast<int>(random.between(5, 60));
  settings.fire = random.between(200, brief ? 1000 : 2500) * kMs;
  settings.hop = one_of(random, {1, 10, 100, 2000});
  settings.suspicion_ms = random.between(50, 500);
  settings.think_most = one_of(random, {1, 5, 20, 80}) * kMs;
  settings.fail_back_after_ms = one_of(random, {-1, 50, 200, 1000});
  settings.kills_silent = random.coin();
  settings.chunk_bytes = static_cast<std::size_t>(one_of(random, {100, 512, 4096}));
  settings.window_messages = static_cast<std::size_t>(random.between(1, 8));
  settings.read_max = static_cast<int>(random.between(1, 16));
  settings.fault_every = one_of(random, {10, 30, 60, 150, 400}) * kMs;
  // Few kinds at a time show more than all of them.
  const auto share = one_of(random, {10, 25, 50, 100});
  for (std::size_t i = 0; i <= static_cast<std::size_t>(Fault::kHeal); ++i) {
    settings.weights.push_back(random.percent(share) ? random.between(1, 10) : 0);
  }
  // Beside other faults a lost disk is a second one, after which a person may be needed.
  settings.weights[static_cast<std::size_t>(Fault::kLostDisk)] = 0;
  settings.near_bytes = static_cast<std::size_t>(one_of(random, {0, 200, 1000, 32 * 1024}));
  // So a few seeds have just that one.
  if (random.percent(3)) {
    std::fill(settings.weights.begin(), settings.weights.end(), 0);
    settings.weights[static_cast<std::size_t>(Fault::kLostDisk)] = 1;
    settings.faults_max = 1;
    settings.fault_every = settings.fire / 4;
  }
  settings.trims_percent = one_of(random, {0, 0, 5, 50});
  settings.shows_halted = random.coin();
  settings.weights.resize(kFaults);
  if (settings.faults_max != 1) lie(seed, settings);
  return settings;
}

}  // namespace sportapp::simulator
