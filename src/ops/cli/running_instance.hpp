// What the commands that change a running instance have in common.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/control_client.hpp"
#include "base/result.hpp"
#include "ops/instance/instance.hpp"
#include "ops/supervisor/failover_view.hpp"

namespace sportapp::cli {

class RunningInstance {
 public:
  // An error where none runs on this data.
  [[nodiscard]] static Result<RunningInstance> find(const std::string& data);

  [[nodiscard]] const instance::Instance& seen() const { return instance_; }
  // An error where no supervisor has all processes.
  [[nodiscard]] Result<const ControlClient*> control() const;
  [[nodiscard]] Result<instance::InstanceProcess> process(const std::string& name) const;  // as it is now
  [[nodiscard]] Result<supervisor::FailoverView> failover() const;
  [[nodiscard]] Result<supervisor::ServiceView> service(const std::string& name) const;

  // Empty once it is so; else what is missing, which the error then tells.
  using Missing = std::function<std::string()>;
  [[nodiscard]] static Result<void> wait(int bound_ms, const Missing& missing);

  // Asked to end, and back: it says itself that it is ready; a queries process shows what there is, a node of
  // a service with a spare is in sync again.
  [[nodiscard]] Result<void> restart_and_wait(const std::string& name) const;
  // Empty once the process is back as said above.
  [[nodiscard]] std::string missing(const std::string& name) const;
  [[nodiscard]] Result<void> switch_over(const std::string& service, const std::string& to) const;

 private:
  RunningInstance(instance::Instance instance, std::filesystem::path control);
  instance::Instance instance_;
  ControlClient control_;
};

// Says on standard error what went wrong.
int refuse(const Error& error, int exit_status);

}  // namespace sportapp::cli
