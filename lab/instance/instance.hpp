// The instance under test: a child process, `sportapp experiment up`, in the folder of the run.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "lab/agent/disks.hpp"
#include "lab/fault/subject.hpp"
#include "ops/instance/instance.hpp"
#include "ops/instance/layout.hpp"
#include "ops/supervisor/failover_view.hpp"

namespace sportapp::lab {

// What it has grown to.
struct Size {
  double memory_mib = 0;   // of all its processes, each shared page counted once
  double journal_mib = 0;  // of all nodes
};

class InstanceUnderTest final : public Subject {
 public:
  struct Options {
    std::filesystem::path run;  // its folder: data/, sportapp.toml, instance.log
    std::string settings;       // text of sportapp.toml
    int spares = 1;             // as the settings say
    Environment environment{};  // besides that of this process
    int ready_s = 60;
  };
  // Returns once it serves and is redundant. An error, or a wish to stop, leaves nothing running. On the main
  // thread: the instance is asked to end when that thread does, however.
  [[nodiscard]] static Result<std::unique_ptr<InstanceUnderTest>> start(Options options,
                                                                        const std::stop_token& stop);
  ~InstanceUnderTest() override;  // as end()
  InstanceUnderTest(const InstanceUnderTest&) = delete;
  InstanceUnderTest& operator=(const InstanceUnderTest&) = delete;

  [[nodiscard]] static instance::Layout layout(const std::filesystem::path& run);

  [[nodiscard]] const process::ProcessId& id() const { return id_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const instance::Layout& where() const { return layout_; }

  [[nodiscard]] Result<std::vector<TargetProcess>> who(std::string_view target) override;
  [[nodiscard]] std::string not_redundant() override;
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> arguments) override;

  // Empty once every read model shows all that its service's primary has.
  [[nodiscard]] std::string not_caught_up() const;
  [[nodiscard]] Size size() const;
  // An operator's hands, where tactics that are off left something down or hanging: it is started again.
  // Says what was done.
  [[nodiscard]] std::vector<std::string> repair();
  // Asks it to end, and makes it; an error where something had to be killed, or ended otherwise than well.
  [[nodiscard]] Result<void> end();

 private:
  InstanceUnderTest(Options options, std::uint16_t port);
  [[nodiscard]] Result<void> launch();
  [[nodiscard]] Result<void> await(const std::stop_token& stop);
  [[nodiscard]] bool has_ended();  // by itself
  [[nodiscard]] std::string last_words() const;
  [[nodiscard]] std::string not_healthy() const;
  [[nodiscard]] Result<instance::Instance> seen() const;

  const Options options_;
  const instance::Layout layout_;
  const std::uint16_t port_;
  process::ProcessId id_;
  std::optional<int> status_;  // once it has ended
};

// A port of 127.0.0.1 that nobody uses now.
[[nodiscard]] Result<std::uint16_t> free_port();

}  // namespace sportapp::lab
