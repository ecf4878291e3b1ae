// Brings injections about and takes them back. On the main thread of its process: the processes that it
// starts end with it.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <map>
#include <vector>

#include "base/result.hpp"
#include "lab/agent/injection.hpp"
#include "lab/agent/proxy.hpp"

namespace sportapp::lab {

class Injector {
 public:
  // `links`: null where there are none, and those of others went with their process. `log` takes what
  // commands say.
  Injector(Proxy* proxy, std::filesystem::path log) : proxy_(proxy), log_(std::move(log)) {}
  ~Injector();  // its computing processes end
  Injector(const Injector&) = delete;
  Injector& operator=(const Injector&) = delete;

  // `number` is the caller's, to take it back by. An error leaves nothing that heal() would not take back.
  [[nodiscard]] Result<void> inject(int number, const Injection& injection);
  // May be called again, and of what was never injected. An error: it may be still there.
  [[nodiscard]] Result<void> heal(int number, const Injection& injection);

 private:
  [[nodiscard]] Result<void> crowd(int number, const CpuLoad& crowded);
  void disperse(int number);

  Proxy* const proxy_;
  const std::filesystem::path log_;
  std::map<int, std::vector<pid_t>> crowds_;
};

}  // namespace sportapp::lab
