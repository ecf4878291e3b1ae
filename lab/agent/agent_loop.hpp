// The process that heals: it does what the lab asks, one JSON object a line, and takes all of it back when it
// is asked to, or when the lab is gone.
#pragma once
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/process/signals.hpp"
#include "lab/agent/injection_list.hpp"
#include "lab/agent/injector.hpp"

namespace sportapp::lab {

class AgentLoop {
 public:
  // `lab`: whose requests come through the socket. On the main thread, before any other is started.
  AgentLoop(int requests, std::filesystem::path run, const process::ProcessId& lab);

  // Until everything is healed after the lab's end, or its word. Gives the exit status: 1 where something is
  // not healed, and then the list of it stays.
  [[nodiscard]] int run();

 private:
  struct Timing {
    std::int64_t heal_ms = 0;  // monotonic: when it is healed without being asked; 0: only when asked
    int tries = 0;
  };
  // Whether the lab is still there.
  [[nodiscard]] bool take_requests();
  [[nodiscard]] bool answer(const std::string& request);
  [[nodiscard]] Result<boost::json::object> act(const boost::json::object& request);
  [[nodiscard]] Result<boost::json::object> open_links(const boost::json::array& targets);
  [[nodiscard]] Result<void> inject(int number, const Injection& injection, std::int64_t within_ms);
  [[nodiscard]] Result<void> heal(int number);
  [[nodiscard]] Result<void> heal_all();  // retries for a while
  void heal_due();
  void end_guarded();
  [[nodiscard]] Result<void> save();
  [[nodiscard]] int wait_ms() const;

  const int requests_;
  const std::filesystem::path run_;
  process::Signals signals_;
  std::unique_ptr<Proxy> proxy_;  // nothing until the first one is opened
  std::unique_ptr<Injector> injector_;
  InjectionList injured_;
  std::map<int, Timing> timings_;
  std::string buffer_;
  bool finish_ = false;
};

}  // namespace sportapp::lab
