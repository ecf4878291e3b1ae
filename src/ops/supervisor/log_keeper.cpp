#include "ops/supervisor/log_keeper.hpp"

#include <spdlog/spdlog.h>

#include "base/files.hpp"

namespace sportapp::supervisor {

void LogKeeper::keep(std::filesystem::path file, std::function<void()> reopen) {
  kept_.push_back({std::move(file), std::move(reopen)});
}

void LogKeeper::keep_short(std::filesystem::path file) {
  kept_.push_back({std::move(file), {}, true});
}

void LogKeeper::check() const {
  for (const auto& kept : kept_) {
    std::error_code error;
    const auto size = std::filesystem::file_size(kept.file, error);
    if (error || size <= kBytesMax) continue;
    if (kept.is_short) {
      std::filesystem::resize_file(kept.file, 0, error);
      spdlog::warn("log emptied, it was full file={}", kept.file.string());
      continue;
    }
    rotate(kept.file, kKeep);
    if (kept.reopen) kept.reopen();
  }
}

}  // namespace sportapp::supervisor
