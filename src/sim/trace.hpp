// What happened, for people: one line a step, written only when somebody wants it.
#pragma once
#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "sim/timeline.hpp"

namespace sportapp::simulator {

class Trace {
 public:
  using Sink = std::function<void(const std::string& line)>;
  Trace(const Timeline& timeline, Sink sink) : timeline_(timeline), sink_(std::move(sink)) {}
  template <class... Arguments>
  void operator()(std::string_view who, fmt::format_string<Arguments...> what, Arguments&&... arguments) {
    if (!sink_) return;
    const auto now = timeline_.now_us();
    sink_(fmt::format("{:7}.{:03} {:8} {}\n", now / kMs, now % kMs, who,
                      fmt::format(what, std::forward<Arguments>(arguments)...)));
  }

 private:
  const Timeline& timeline_;
  const Sink sink_;
};

}  // namespace sportapp::simulator
