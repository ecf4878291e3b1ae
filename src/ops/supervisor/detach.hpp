#pragma once
#include <filesystem>
#include <optional>

namespace sportapp::supervisor {

// `up --detach`: goes on in a child of its own session; the caller's process waits for its word.
class Detach {
 public:
  Detach() = default;
  ~Detach();
  Detach(const Detach&) = delete;
  Detach& operator=(const Detach&) = delete;

  // In the first process: the exit status, once the child has said it or ended. In the child: nothing.
  [[nodiscard]] std::optional<int> fork();
  // In the child: lets the first process end with this status and leaves the terminal; what is written to
  // standard error from now on goes to the file. Without fork() it does nothing.
  void let_go(int exit_status, const std::filesystem::path& stderr_log);
  [[nodiscard]] bool forked() const { return report_ >= 0; }

 private:
  int report_ = -1;
};

}  // namespace sportapp::supervisor
