// What the run ran on: figures are of a machine.
#include <sys/utsname.h>

#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>

#include "lab/run/record.hpp"

namespace sportapp::lab {
namespace {

// What stands after the name in the first line of the file that begins with it.
std::string value_in(const char* file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(name)) continue;
    const auto begin = line.find_first_not_of(" \t:", name.size());
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return {};
}

double number_in(const std::string& text) {
  return text.empty() ? 0 : std::stod(text);
}

}  // namespace

result::Machine this_machine() {
  constexpr double kKibInMib = 1024;
  utsname system{};
  ::uname(&system);
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  return {value_in("/proc/cpuinfo", "model name"), std::thread::hardware_concurrency(),
          std::llround(number_in(value_in("/proc/meminfo", "MemTotal")) / kKibInMib),
          std::string(system.release), load};
}

}  // namespace sportapp::lab
