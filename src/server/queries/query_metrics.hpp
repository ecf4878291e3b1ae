#pragma once
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "store/projection/read_model.hpp"

namespace sportapp::queries {

// What /metrics of a queries process shows beside every process's own. Any thread.
class QueryMetrics {
 public:
  explicit QueryMetrics(prometheus::Registry& registry);

  void written(const projection::ReadModel::Written& written);
  void at(Seq position);
  void set_aside(std::int64_t events);
  void reading(std::string_view from);  // as ConsumerStatus::reading
  void refused(std::int64_t entries);
  void waiting(std::size_t queries);
  void rebuilt(std::string_view outcome);  // identical, different, failed

 private:
  prometheus::Histogram& lag_;
  prometheus::Gauge& position_;
  prometheus::Gauge& set_aside_;
  prometheus::Counter& events_;
  prometheus::Gauge& from_stream_;
  prometheus::Gauge& from_feed_;
  prometheus::Gauge& refused_;
  prometheus::Gauge& waiters_;
  prometheus::Family<prometheus::Counter>& rebuilds_;
};

}  // namespace sportapp::queries
