#include "sim/disk.hpp"

#include <utility>

namespace sportapp::simulator {
namespace {

constexpr Us kStuckMost = 3000 * kMs;

}  // namespace

void Disk::write(Process& process, std::function<void()> change, std::function<void(bool)> done) {
  const auto id = ++last_;
  const bool fails = random_.percent(manner_.failed_percent);
  auto takes = random_.between(manner_.least, manner_.most);
  if (random_.percent(manner_.stuck_percent)) takes += random_.below(kStuckMost);
  under_way_[id] = std::move(change);
  timeline_.after(takes, [this, id, fails, &process, run = process.run(), done = std::move(done)] {
    const auto found = under_way_.find(id);
    if (found == under_way_.end()) return;
    if (!fails || random_.coin()) found->second();
    under_way_.erase(found);
    if (process.run() == run) process.after(0, [done, fails] { done(!fails); });
  });
}

failover::Damage NodeFiles::damage() const {
  Hash hash{};
  for (const auto& entry : journal) {
    hash = journal::chained(hash, entry);
    if (hash != entry.hash) return failover::Damage::kBroken;
  }
  if (mark.replacing && head() == *mark.replacing) return failover::Damage::kNone;
  if (holds(mark.head)) return failover::Damage::kNone;
  return mark.head.seq > head().seq ? failover::Damage::kShort : failover::Damage::kBroken;
}

void Disk::process_ended() {
  for (const auto& [id, change] : under_way_) {
    if (random_.coin()) change();
  }
  under_way_.clear();
}

}  // namespace sportapp::simulator
