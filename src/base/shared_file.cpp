#include "base/shared_file.hpp"

#include <system_error>

namespace sportapp {

namespace fs = std::filesystem;

fs::path shared_file(std::string_view name) {
  std::error_code unknown;
  const auto folder = fs::read_symlink("/proc/self/exe", unknown).parent_path();
  const auto below = [&](const fs::path& prefix) { return prefix / "share" / "sportapp" / name; };
  const auto installed = below(folder.parent_path().parent_path());
  const auto built = below(folder.parent_path());
  return !fs::exists(built, unknown) && fs::exists(installed, unknown) ? installed : built;
}

}  // namespace sportapp
