// Brings injuries about and takes them back. On the main thread of its process: the processes that it starts
// end with it.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <vector>

#include "base/result.hpp"
#include "lab/healer/injury.hpp"
#include "lab/healer/ways.hpp"

namespace sportapp::lab {

class Treater {
 public:
  // `ways`: null where there are none, and those of others went with their process. `log` takes what commands
  // say.
  Treater(Ways* ways, std::filesystem::path log) : ways_(ways), log_(std::move(log)) {}
  ~Treater();  // its computing processes end
  Treater(const Treater&) = delete;
  Treater& operator=(const Treater&) = delete;

  // `number` is the caller's, to take it back by. An error leaves nothing that heal() would not take back.
  [[nodiscard]] Result<void> inflict(int number, const Injury& injury);
  // May be called again, and of what was never inflicted. An error: it may be still there.
  [[nodiscard]] Result<void> heal(int number, const Injury& injury);

 private:
  [[nodiscard]] Result<void> crowd(int number, const Crowded& crowded);
  void disperse(int number);

  Ways* const ways_;
  const std::filesystem::path log_;
  std::map<int, std::vector<pid_t>> crowds_;
};

}  // namespace sportapp::lab
