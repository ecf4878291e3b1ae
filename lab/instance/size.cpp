// How large an instance has grown.
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "base/process/process_id.hpp"
#include "lab/instance/instance.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
constexpr double kKibInMib = 1024;
constexpr double kBytesInMib = 1024 * 1024;

// The part of its memory that is its own, with its share of what it shares.
double memory_kib(pid_t pid) {
  std::ifstream rollup(fmt::format("/proc/{}/smaps_rollup", pid));
  for (std::string word; rollup >> word;) {
    double kib = 0;
    if (word == "Pss:" && rollup >> kib) return kib;
  }
  return 0;  // it has just ended
}

double journal_bytes(const fs::path& folder) {
  double bytes = 0;
  for (const auto* name : {"journal.db", "journal.db-wal"}) {
    std::error_code absent;
    const auto size = fs::file_size(folder / name, absent);
    if (!absent) bytes += static_cast<double>(size);
  }
  return bytes;
}

}  // namespace

Size InstanceUnderTest::size() const {
  Size size;
  for (const auto& process : process::processes_working_below(layout_.run())) {
    size.memory_mib += memory_kib(process.id.pid) / kKibInMib;
  }
  size.memory_mib += memory_kib(id_.pid) / kKibInMib;
  std::error_code absent;
  for (const auto& folder : fs::directory_iterator(layout_.data, absent)) {
    if (folder.path().filename().string().find("-commands-") == std::string::npos) continue;
    size.journal_mib += journal_bytes(folder.path()) / kBytesInMib;
  }
  return size;
}

}  // namespace sportapp::lab
