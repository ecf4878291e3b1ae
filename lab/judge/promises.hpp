// Holds each request against what the services hold in the end, and against the others.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lab/judge/finding.hpp"
#include "lab/judge/truth.hpp"
#include "lab/request/request.hpp"

namespace sportapp::lab {

// An acknowledged request, as little of it as outage and order need.
struct Acknowledged {
  std::int64_t answered_us = 0;
  std::uint32_t took_us = 0;   // since it was sent; what took longer than an hour took an hour
  std::uint32_t position = 0;  // of a command, or its id where there is no position; 0: unknown
  [[nodiscard]] std::int64_t sent_us() const { return answered_us - took_us; }
};

struct Acknowledgements {
  std::map<std::string, std::vector<Acknowledged>, std::less<>> commands, reads;  // by service
  // By the time of the answer, after the last was added.
  void sort();
};

[[nodiscard]] std::string_view service_of(const Request& request);

class Promises {
 public:
  // A service may have more than one; of one without any nothing is looked up.
  Promises(std::vector<ServiceTruth>& truths, Findings& findings);

  void take(const Request& request);
  // After the last: what nobody asked for, and what was reordered.
  void finish();
  [[nodiscard]] const Acknowledgements& acknowledgements() const { return acknowledgements_; }

 private:
  void take_command(const Request& request, bool acknowledged);
  void hold_against(ServiceTruth& truth, const Request& request, bool acknowledged);
  void take_read(const Request& request);
  void look_for_reordered(const std::string& service, const std::vector<Acknowledged>& by_answer);

  std::vector<ServiceTruth>& truths_;
  Findings& findings_;
  Acknowledgements acknowledgements_;
};

}  // namespace sportapp::lab
