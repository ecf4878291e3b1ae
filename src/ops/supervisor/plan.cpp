#include "ops/supervisor/plan.hpp"

#include <signal.h>

#include "ops/instance/configuration.hpp"

namespace sportapp::supervisor {
namespace {

using instance::Kind;

constexpr int kGraceMs = 2000;
// After its drain a service copies the rest of its WAL into the database, on a slow disk for seconds.
constexpr int kCloseMs = 15'000;
// Starting costs processors and disk what whoever takes its place needs in that very moment.
constexpr int kStandInFirstMs = 100;

ProcessPlan plan_of(const instance::Layout& layout, const instance::Settings& settings,
                    const instance::Member& member, const std::filesystem::path& program) {
  ProcessPlan plan;
  plan.name = member.name;
  plan.host = member.host;
  plan.port = member.port;
  plan.launch.folder = layout.working_folder(member.name);
  plan.launch.stderr_log = layout.stderr_log(member.name);
  plan.launch.death_signal = SIGTERM;
  const auto config = instance::config_file(layout, member).string();
  switch (member.kind) {
    case Kind::kGateway:
      plan.launch.arguments = {
          program.string(), "-p", plan.launch.folder.string() + "/", "-e", "stderr", "-c", config};
      plan.stop_signal = SIGQUIT;  // answers what is under way
      plan.stop_stage = 0;
      plan.stop_ms = instance::kGatewayShutdownS * 1000 + kGraceMs;
      break;
    case Kind::kMonitor:
      plan.launch.arguments = {program.string(), "--config", config};
      plan.stop_stage =
          1;  // before the nodes, so that none is dropped from the record for having ended first
      plan.stop_ms = settings.services.drain_ms + kGraceMs;
      break;
    case Kind::kCommands:
    case Kind::kQueries:
      plan.launch.arguments = {program.string(), "--config", config};
      plan.stop_stage = 2;
      plan.stop_ms = settings.services.drain_ms + kCloseMs;
      if (member.kind == Kind::kCommands && settings.services.spares > 0) {
        plan.restart_after_ms = kStandInFirstMs;
      }
      break;
    case Kind::kRedis:
      plan.launch.arguments = {program.string(), config};
      plan.launch.death_signal = SIGKILL;  // it keeps nothing
      plan.stop_stage = 3;
      plan.stop_ms = kGraceMs;
      break;
  }
  return plan;
}

}  // namespace

Result<std::vector<ProcessPlan>> make_plans(const instance::Layout& layout,
                                            const instance::Settings& settings,
                                            const std::vector<instance::Member>& members, bool lab) {
  std::vector<ProcessPlan> plans;
  for (const auto& member : members) {
    const auto program = instance::find_program(member.program, lab);
    if (!program) return program.error();
    plans.push_back(plan_of(layout, settings, member, *program));
  }
  return plans;
}

}  // namespace sportapp::supervisor
