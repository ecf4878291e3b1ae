#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace sportapp::supervisor {

// Keeps logs bounded whose processes do not do it themselves.
class LogKeeper {
 public:
  static constexpr std::uintmax_t kBytesMax = 10 << 20;
  static constexpr int kKeep = 5;

  // Moved aside when it is full; `reopen` then tells the writer, where it needs telling.
  void keep(std::filesystem::path file, std::function<void()> reopen = {});
  // Emptied when it is full: its writer holds it open for appending.
  void keep_short(std::filesystem::path file);
  void check() const;

 private:
  struct Kept {
    std::filesystem::path file;
    std::function<void()> reopen;
    bool is_short = false;
  };
  std::vector<Kept> kept_;
};

}  // namespace sportapp::supervisor
