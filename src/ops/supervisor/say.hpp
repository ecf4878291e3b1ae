// A line for the person who waits at the terminal, at once.
#pragma once
#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace sportapp::supervisor {

template <typename... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::print(stdout, format, std::forward<Arguments>(arguments)...);
  std::fflush(stdout);
}

}  // namespace sportapp::supervisor
