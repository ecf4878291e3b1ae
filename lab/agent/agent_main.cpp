// fault agent RUN PID START: heals what the lab, process PID, injects in the run in the folder RUN. See
// fault_agent.hpp.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <exception>
#include <string_view>

#include "lab/agent/agent_loop.hpp"

namespace {

template <class Number>
bool read(std::string_view text, Number& number) {
  const auto done = std::from_chars(text.data(), text.data() + text.size(), number);
  return done.ec == std::errc() && done.ptr == text.data() + text.size();
}

}  // namespace

int main(int argc, char** argv) {
  sportapp::process::ProcessId lab;
  if (argc != 4 || !read(argv[2], lab.pid) || !read(argv[3], lab.start_time)) {
    fmt::print(stderr, "fault agent: it is started by sportapp experiment\n");
    return 2;
  }
  try {
    return sportapp::lab::AgentLoop(STDIN_FILENO, argv[1], lab).run();
  } catch (const std::exception& failed) {
    fmt::print(stderr, "fault agent: {}\n", failed.what());
    return 1;
  }
}
