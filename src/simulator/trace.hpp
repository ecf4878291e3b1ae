// What happened, for people: one line a step, written only when somebody wants it.
#pragma once
#include <fmt/format.h>

#include <ostream>
#include <string_view>
#include <utility>

#include "simulator/timeline.hpp"

namespace sportapp::simulator {

class Trace {
 public:
  Trace(const Timeline& timeline, std::ostream* out) : timeline_(timeline), out_(out) {}
  template <class... Arguments>
  void operator()(std::string_view who, fmt::format_string<Arguments...> what, Arguments&&... arguments) {
    if (out_ == nullptr) return;
    const auto now = timeline_.now_us();
    *out_ << fmt::format("{:7}.{:03} {:8} {}\n", now / kMs, now % kMs, who,
                         fmt::format(what, std::forward<Arguments>(arguments)...));
  }
  [[nodiscard]] bool on() const { return out_ != nullptr; }

 private:
  const Timeline& timeline_;
  std::ostream* out_;
};

}  // namespace sportapp::simulator
