// Counts, latency and the time line, from one request after the other, in any order.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lab/judge/histogram.hpp"
#include "lab/judge/strikes.hpp"
#include "lab/request/request.hpp"

namespace sportapp::lab {

// What a request counts as.
enum class Fate : std::uint8_t {
  kWarmUp,  // before the load's start
  kPoison,
  kAcknowledged,
  kRefusedAsAllowed,  // 503 with Retry-After, after a fault, where the scenario allows it
  kNotYet,            // a read that was promised nothing, and found nothing
  kFailed,
};
struct JudgeRules {
  std::vector<FaultKind> refusals_after{};  // kinds of faults
};
[[nodiscard]] Fate fate_of(const Request& request, const Strikes& strikes, const JudgeRules& rules);

struct RequestCounts {
  std::int64_t requests = 0;  // without warm-up and poison; the sum of the four below
  std::int64_t acknowledged = 0;
  std::int64_t failed = 0;
  std::int64_t refused_as_allowed = 0;
  std::int64_t not_yet = 0;
  std::int64_t poison = 0;
  std::int64_t masked = 0;  // of those acknowledged: slow after a fault
};

struct Timeline {
  struct Bucket {
    std::int64_t acknowledged = 0, failed = 0, refused = 0;
    Histogram took;
  };
  std::int64_t bucket_us = 0;
  std::vector<Bucket> buckets;  // by the time of the outcome
};

struct SlowRequest {
  std::int64_t number = 0;
  Op op = Op::kRegister;
  std::int64_t sent_us = 0;
  std::int64_t took_us = 0;
  int fault = 0;
  bool operator<(const SlowRequest& other) const { return took_us > other.took_us; }  // the slowest first
};

struct Tallied {
  RequestCounts counts;
  std::map<std::string, std::int64_t> failed_by;  // outcome
  Histogram took;                                 // of those acknowledged, from when they were due
  Histogram took_usually;                         // of them, before the first fault
  Timeline timeline;
  std::vector<SlowRequest> slow;  // masked; the slowest, in this order
  // Above it a request after a fault counts as masked.
  std::int64_t slow_above_us = 0;
};

class RequestTally {
 public:
  RequestTally(const Strikes& strikes, std::int64_t duration_us);
  void take(const Request& request, Fate fate);
  [[nodiscard]] Tallied finish();

 private:
  void take_acknowledged(const Request& request, Timeline::Bucket& bucket);
  [[nodiscard]] Timeline::Bucket& bucket_at(std::int64_t time_us);

  const Strikes& strikes_;
  Tallied tallied_;
  Histogram took_after_fault_;
};

}  // namespace sportapp::lab
