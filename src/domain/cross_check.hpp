// What a service knows of how its history and another's must fit, for whoever verifies stored data.
#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/check_result.hpp"
#include "base/result.hpp"
#include "domain/domain.hpp"

namespace sportapp::domain {

// One service's journal and state, all of one moment. One thread at a time.
class History {
 public:
  struct Entry {
    Seq seq;
    Event event;
  };
  struct Row {
    Id id;
    std::string json;
  };

  virtual ~History() = default;
  // The last of the entries that retention deleted; 0: none was.
  [[nodiscard]] virtual Result<Seq> base() = 0;
  // The last of the source's events that counted here; 0: none did.
  [[nodiscard]] virtual Result<Seq> taken_in(std::string_view source) = 0;
  // Of the source's events those that are set aside, and wait for a retry.
  [[nodiscard]] virtual Result<std::set<Seq>> set_aside(std::string_view source) = 0;
  // Each entry in order, until `look` gives a difference. What `look` throws is one too: the entry, or the
  // row below, is not as this program writes it.
  [[nodiscard]] virtual Result<std::optional<Difference>> each(
      const std::function<std::optional<Difference>(const Entry&)>& look, const CheckProgress& progress) = 0;
  // Each row of a state table in order of id, until `look` gives a difference.
  [[nodiscard]] virtual Result<std::optional<Difference>> each_row(
      std::string_view table, const std::function<std::optional<Difference>(const Row&)>& look) = 0;
};

// A service brings those it has by `std::vector<CrossCheck> make_NAME_checks()` in NAME_checks.hpp.
struct CrossCheck {
  std::string_view name;   // in the report of verify: saga
  std::string_view other;  // the service whose history is the other one
  // The other history must be read after the own one: what the own service took in is then in it.
  Result<Checked> (*run)(History& own, History& other, const CheckProgress& progress);
};

// "entry 7 (OrderPlaced)"
[[nodiscard]] Difference differs_at(const History::Entry& entry, std::string expected, std::string found);

}  // namespace sportapp::domain
