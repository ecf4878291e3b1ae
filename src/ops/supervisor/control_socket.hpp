// DATA/run/control.sock, by which the monitor and `sportapp` ask the supervisor to end, start or restart a
// process, and the monitor says that it lives: one JSON line in, {"ok":true} or {"ok":false,"error":"..."}
// out.
#pragma once
#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace sportapp::supervisor {

struct ControlRequest {
  std::string what;  // kill, stop, start, restart, alive: the member "do"
  std::string name;  // of the process
  pid_t pid = 0;     // kill: the one that hangs; alive: the one that says so
  std::string by;    // stop: who wants it
  std::string why;   // kill
};

[[nodiscard]] Result<ControlRequest> read_control_request(std::string_view line);

// Nothing in it waits: it is served from a loop that polls what waited_for() gives.
class ControlSocket {
 public:
  static constexpr std::size_t kClientsMax = 32;  // more wait in the system's queue
  static constexpr std::size_t kLineMax = 4096;
  static constexpr int kDeadlineMs = 2000;  // from the connection to the whole line

  using Act = std::function<Result<void>(const ControlRequest&)>;

  // For the owner of the process only (mode 0600); a file that is there is replaced. `clock` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<ControlSocket>> open(const std::filesystem::path& file,
                                                                   const Clock& clock, Act act);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  [[nodiscard]] std::vector<pollfd> waited_for() const;
  // Takes and answers what is there; drops who is late.
  void serve();

 private:
  struct Client {
    int fd;
    std::int64_t deadline_ms;
    std::string text;
  };
  ControlSocket(int fd, std::filesystem::path file, const Clock& clock, Act act);
  void take_clients();
  [[nodiscard]] bool is_done(Client& client) const;
  void answer(const Client& client, std::string_view line) const;

  int fd_;
  std::filesystem::path file_;
  const Clock& clock_;
  Act act_;
  std::vector<Client> clients_;
};

}  // namespace sportapp::supervisor
