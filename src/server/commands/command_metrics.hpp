#pragma once
#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "ha/hold/hold.hpp"
#include "net/messaging/consumer.hpp"
#include "net/messaging/relay.hpp"
#include "server/commands/backlog.hpp"
#include "store/journal/journal.hpp"

namespace sportapp::commands {

// What a commands process tells Prometheus beyond HTTP: commits, queue, positions.
class CommandMetrics {
 public:
  explicit CommandMetrics(prometheus::Registry& registry);
  ~CommandMetrics();
  void count(const journal::BatchReport& report);  // journal's thread
  void show(const journal::JournalStatus& journal, const messaging::RelayStatus& relay);
  void show(const Backlog::Counts& backlog);
  void show(const hold::HoldCounts& hold);
  void show(const std::string& source, const messaging::ConsumerStatus& status);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::commands
