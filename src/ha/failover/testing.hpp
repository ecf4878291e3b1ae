// A monitor whose nodes are played by the test.
#pragma once
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "ha/failover/monitor.hpp"

namespace sportapp::failover::testing {

inline Report waiting(std::int64_t promise, std::int64_t head = 0) {
  Report report;
  report.run = 1;
  report.promise = Epoch{promise};
  report.head.seq = Seq{head};
  return report;
}

inline Report acting(Role role, std::int64_t epoch, std::int64_t head = 0) {
  auto report = waiting(epoch, head);
  report.role = role;
  report.epoch = Epoch{epoch};
  report.followed = true;
  return report;
}

inline Report damaged_journal(std::int64_t promise, std::int64_t head, Damage damage, std::string why = {}) {
  auto report = waiting(promise, head);
  report.able = false;
  report.damage = damage;
  report.why = std::move(why);
  return report;
}

class MonitorTest : public ::testing::Test {
 protected:
  void begin(Record saved, std::int64_t fail_back_after_ms = 1000) {
    Monitor::Options options;
    options.nodes = {"a", "b", "c"};
    options.run = 7;
    options.fail_back_after_ms = fail_back_after_ms;
    options.fail_back_max_ms = 60'000;
    monitor.emplace(options, std::move(saved), now);
  }
  // Its journal holds what the ping asks for, unless said otherwise.
  void hear(const std::string& node, Report report, bool holds = true) {
    const auto ping = monitor->ping(node);
    report.checked = ping.floor;
    report.holds = holds;
    monitor->echoed(now, node, {ping.monitor, ping.number, report});
  }
  // Saves what is to be saved; what it was, but for its floor and who forced it; or epoch 0.
  Record save() {
    auto record = monitor->record_to_save();
    if (!record) return {};
    monitor->saved(now, record->epoch);
    floor = record->floor;
    forced = record->forced;
    record->floor = {};
    record->forced = {};
    return *record;
  }
  void pass(std::int64_t ms) {
    now += ms;
    monitor->tick(now);
  }
  // a is primary in `epoch`, all three are in sync and heard.
  void all_is_well(std::int64_t epoch = 3) {
    begin({Epoch{epoch}, "a", {{"a", Epoch{epoch}}, {"b", Epoch{epoch}}, {"c", Epoch{epoch}}}});
    hear("a", acting(Role::kPrimary, epoch, 10));
    hear("b", acting(Role::kSpare, epoch, 10));
    hear("c", acting(Role::kSpare, epoch, 10));
  }

  std::int64_t now = 1000;
  std::optional<Monitor> monitor;
  Position floor;  // of the record saved last
  Epoch forced;
};

}  // namespace sportapp::failover::testing
