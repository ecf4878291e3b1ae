// What the tests of read models share.
#pragma once
#include <atomic>
#include <stdexcept>

#include "domain/projection.hpp"

namespace sportapp::projection::testing {

// Each event's payload is a name: its view is {"name":...} under the event's seq. Two ways to find it: as
// written, and by its first letter, which the last of that letter has. "!" cannot be shown until all is
// known.
struct Names final : domain::Projection {
  std::string_view service() const override { return "names"; }
  std::vector<domain::Filter> filters() const override {
    const auto as_is = [](std::string_view value) { return std::optional(std::string(value)); };
    const auto letter = [](std::string_view value) {
      return value.size() == 1 ? std::optional(std::string(value)) : std::nullopt;
    };
    return {{"name", as_is}, {"letter", letter}};
  }
  void apply(domain::Views& views, const domain::CommittedEvent& event) const override {
    const auto& name = event.event.payload;
    views.put_view({event.seq.value}, R"({"name":")" + name + R"("})");
    views.put_lookup("name", name, {event.seq.value});
    views.put_lookup("letter", name.substr(0, 1), {event.seq.value});
    if (name == "!" && !knows_all) throw std::runtime_error("no name");
  }
  std::atomic<bool> knows_all{false};
};

}  // namespace sportapp::projection::testing
