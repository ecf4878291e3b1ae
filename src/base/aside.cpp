#include "base/aside.hpp"

#include <fmt/format.h>

#include "base/cause.hpp"

namespace sportapp {
namespace {

namespace fs = std::filesystem;
constexpr int kAsideMax = 100;

bool is_taken(const fs::path& path) {
  std::error_code unknown;
  return fs::exists(fs::symlink_status(path, unknown));
}

}  // namespace

Result<fs::path> put_aside(const fs::path& path) {
  fs::path beside = path.string() + ".damaged";
  for (int number = 2; is_taken(beside); ++number) {
    if (number > kAsideMax) {
      return Error{Retry::kNever, fmt::format("{} is damaged, and so many of its like are beside it already "
                                              "({}); remove those that nobody needs",
                                              path.string(), kAsideMax)};
    }
    beside = fmt::format("{}.damaged.{}", path.string(), number);
  }
  std::error_code failed;
  fs::rename(path, beside, failed);
  if (!failed) return beside;
  return Error{Retry::kLater, fmt::format("{} is damaged and cannot be put aside: {}", path.string(),
                                          cause_of(failed.value(), path))};
}

}  // namespace sportapp
