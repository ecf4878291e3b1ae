// The lab's end of the fault agent: a process of its own that brings about what can be taken back, and takes
// it back when it is asked to, when its time is up, or when the lab is gone, however that ended.
#pragma once
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "lab/agent/injection.hpp"
#include "lab/agent/task.hpp"

namespace sportapp::lab {

// Who listens at the far end of a link: a port, or what stands under a key of a file (DATA/run/ports.json),
// which is read at every connection.
struct PortInFile {
  std::filesystem::path file;
  std::string key;
};
using LinkTarget = std::variant<std::uint16_t, PortInFile>;

// Any thread. Whatever goes wrong between lab and fault agent is an error that says so: then nothing may be
// injected any more, and heal_left(run) heals.
class FaultAgent {
 public:
  // In the run's folder: injected.json, while something is; fault-agent.log, what it says; commands.log, what
  // the scenario's commands say. To be started before the instance.
  [[nodiscard]] static Result<std::unique_ptr<FaultAgent>> start(const std::filesystem::path& run);
  ~FaultAgent();  // as finish()
  FaultAgent(const FaultAgent&) = delete;
  FaultAgent& operator=(const FaultAgent&) = delete;

  // Links through the fault agent, which pass until they are broken, and break when it ends; their ports on
  // 127.0.0.1.
  [[nodiscard]] Result<std::vector<std::uint16_t>> open_links(const std::vector<LinkTarget>& targets);

  // Brought about, and listed before that; gives the number to heal it by. It is healed after within_ms at
  // the latest, also when the lab hangs; 0: at the end. An error leaves nothing.
  [[nodiscard]] Result<int> inject(const Injection& injection, std::int64_t within_ms = 0);
  [[nodiscard]] Result<void> heal(int number);
  // Where the fault agent is gone, this process does it, from the list.
  [[nodiscard]] Result<void> heal_all();

  // An instance: ended by the fault agent when the lab is gone without having done it.
  [[nodiscard]] Result<void> guard(const process::ProcessId& id);

  // Heals everything, and ends the fault agent. To be called after the instance's end, since its links end
  // too.
  [[nodiscard]] Result<void> finish();

  [[nodiscard]] pid_t pid() const { return task_.pid(); }

 private:
  FaultAgent(Task task, int socket, std::filesystem::path run);
  [[nodiscard]] Result<boost::json::object> ask(const boost::json::object& request);
  [[nodiscard]] Result<std::string> read_line();
  [[nodiscard]] Result<void> ask_or_heal(const boost::json::object& request);

  std::mutex mutex_;
  Task task_;
  int socket_;
  const std::filesystem::path run_;
  std::string buffer_;
  int last_number_ = 0;
};

}  // namespace sportapp::lab
