#pragma once
#include <prometheus/registry.h>

#include <memory>

#include "journal/journal.hpp"
#include "messaging/relay.hpp"

namespace sportapp::service {

// What a commands process tells Prometheus beyond HTTP: commits, queue, positions.
class CommandMetrics {
 public:
  explicit CommandMetrics(prometheus::Registry& registry);
  ~CommandMetrics();
  void count(const journal::BatchReport& report);  // journal's thread
  void show(const journal::JournalStatus& journal, const messaging::RelayStatus& relay);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sportapp::service
