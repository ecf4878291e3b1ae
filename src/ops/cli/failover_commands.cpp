// switchover and promote: an operator's word about who is primary.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/command_line/command_line.hpp"
#include "base/exit_status.hpp"
#include "domain/services/registry.hpp"
#include "ops/cli/commands.hpp"
#include "ops/cli/running_instance.hpp"
#include "ops/instance/internal_client.hpp"

namespace sportapp::cli {
namespace {

namespace json = boost::json;
constexpr int kFailoverAnswerMs = 5000;
constexpr int kActsMs = 30'000;

struct FailoverOptions {
  std::string service;
  std::string node;
  std::string data = kDataDefault;
  bool force = false;
};

constexpr const char* kSwitchoverFooter =
    R"(The primary answers what is under way, then the other node goes on; commands that come meanwhile wait. Nothing is
lost, and no client sees an error. Only a node that is in sync can take over. The preferred node (a) does not take its
place back by itself while it stays up: switch over to it, or restart it.

Exit status: 0 done, 1 it was refused or given up, 2 wrong command line, 4 no instance runs on this data.

Examples:
  sportapp switchover users
  sportapp switchover users --to b)";

constexpr const char* kPromoteFooter =
    R"(For when no node that is in sync can come back: the disk of the primary is lost, or the monitor's record is. Makes
NODE primary with what it has. Without --force it only says what may be lost.

Exit status: 0 done, 1 it was refused, 2 wrong command line, or --force is missing, 4 no instance runs on this data.

Examples:
  sportapp promote users b
  sportapp promote users b --force)";

int switch_over(const FailoverOptions& options) {
  const auto instance = RunningInstance::find(options.data);
  if (!instance) return refuse(instance.error(), kExitNotRunning);
  const SystemClock clock;
  const auto since = clock.monotonic_ms();
  if (const auto done = instance->switch_over(options.service, options.node); !done) {
    return refuse(done.error(), kExitFailed);
  }
  const auto took_ms = clock.monotonic_ms() - since;
  const auto view = instance->service(options.service);
  if (!view) return refuse(view.error(), kExitFailed);
  fmt::print("{}: {} is primary, epoch {}, after {} ms\n", options.service, view->primary, view->epoch,
             took_ms);
  return 0;
}

std::string warning(const supervisor::ServiceView& view, const std::string& node) {
  std::int64_t own = 0, most = 0;
  std::string of;
  for (const auto& known : view.nodes) {
    if (known.node == node) own = known.position;
    if (known.node != node && known.position > most) {
      most = known.position;
      of = known.node;
    }
  }
  auto text = fmt::format("{} has {} entries.", node, own);
  if (most > own) {
    text += fmt::format(
        " {} was seen with {}: {} entries, and every answer that clients got for them, would be lost.", of,
        most, most - own);
  } else {
    text += " No node was seen with more; but what others answered after they were last seen would be lost.";
  }
  return text + " What the others have beyond it is thrown away when they come back.";
}

Result<void> force(const RunningInstance& instance, const FailoverOptions& options) {
  const auto* monitor = supervisor::find_process(instance.seen(), "monitor");
  instance::InternalClient client(instance.seen(), *monitor, kFailoverAnswerMs);
  const json::object wish{{"service", options.service}, {"node", options.node}, {"force", true}};
  const auto answer = client.post("/internal/promote", json::serialize(wish));
  if (!answer) return answer.error();
  if (answer->status != 202) return Error{Retry::kNever, answer->body};
  return RunningInstance::wait(kActsMs, [&]() -> std::string {
    const auto now = instance.service(options.service);
    if (!now) return now.error().what;
    return now->primary == options.node && now->serving ? "" : options.node + " has not begun yet";
  });
}

int promote(const FailoverOptions& options) {
  const auto instance = RunningInstance::find(options.data);
  if (!instance) return refuse(instance.error(), kExitNotRunning);
  const auto view = instance->service(options.service);
  if (!view) return refuse(view.error(), kExitFailed);
  if (supervisor::find_node(instance->seen(), options.service, options.node) == nullptr) {
    return refuse({Retry::kNever, fmt::format("{} has no node '{}'", options.service, options.node)},
                  kExitUsage);
  }
  if (view->primary == options.node && view->serving) {
    return refuse({Retry::kNever, fmt::format("{} is primary of {} already", options.node, options.service)},
                  kExitFailed);
  }
  const auto text = warning(*view, options.node);
  if (!options.force) {
    fmt::print(stderr, "sportapp: {}\n", text);
    if (view->has_in_sync(options.node)) {
      fmt::print(stderr, "It is in sync: sportapp switchover {} --to {} loses nothing.\n", options.service,
                 options.node);
    }
    fmt::print(stderr, "To do it all the same: sportapp promote {} {} --force\n", options.service,
               options.node);
    return kExitUsage;
  }
  fmt::print("{}\n", text);
  if (const auto done = force(*instance, options); !done) return refuse(done.error(), kExitFailed);
  fmt::print("{}: {} is primary\n", options.service, options.node);
  return 0;
}

}  // namespace

void add_switchover_command(command_line::Command& app, int& exit_status) {
  auto* command =
      app.add_command("switchover", "Let another node of a service be primary, without an outage");
  auto options = std::make_shared<FailoverOptions>();
  command->add_option("SERVICE", options->service, "Of which service")->required()->one_of(services::names());
  command->add_option("--to", options->node, "Which node (a, b, c); left out: the spare that is in sync");
  command->add_option("--data", options->data, kDataHelp)->show_default();
  command->footer(kSwitchoverFooter);
  command->action([options, &exit_status] { exit_status = switch_over(*options); });
}

void add_promote_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("promote", "Make a node primary that may lack entries: the last resort");
  auto options = std::make_shared<FailoverOptions>();
  command->add_option("SERVICE", options->service, "Of which service")->required()->one_of(services::names());
  command->add_option("NODE", options->node, "Which node (a, b, c)")->required();
  command->add_flag("--force", options->force, "Do it, whatever may be lost");
  command->add_option("--data", options->data, kDataHelp)->show_default();
  command->footer(kPromoteFooter);
  command->action([options, &exit_status] { exit_status = promote(*options); });
}

}  // namespace sportapp::cli
