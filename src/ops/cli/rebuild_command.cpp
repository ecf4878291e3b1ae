#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "base/command_line/command_line.hpp"
#include "base/exit_status.hpp"
#include "domain/services/registry.hpp"
#include "ops/cli/commands.hpp"
#include "ops/instance/internal_client.hpp"

namespace sportapp::cli {
namespace {

namespace json = boost::json;
constexpr int kRebuildPollMs = 100;
constexpr int kRebuildAnswerMs = 10'000;
constexpr int kStuckMs = 120'000;  // no event in so long: it will not come

struct RebuildOptions {
  std::string service;
  std::string data = kDataDefault;
};

constexpr const char* kRebuildFooter =
    R"(Makes each read model of the service anew from the journal, one after the other, while they serve, and compares
the new one with the old.

Exit status: 0 all are rebuilt and identical, 1 one is not (or could not be), 2 wrong command line,
4 no instance runs on this data.

Examples:
  sportapp rebuild users
  sportapp rebuild users --data /srv/sportapp)";

struct Progress {
  std::string state;
  std::int64_t events = 0;
  std::int64_t of = 0;
  std::int64_t elapsed_ms = 0;
  std::optional<bool> identical{};  // nothing: not compared, since the one before could not go on
  std::string error;
};

Result<Progress> progress_of(instance::InternalClient& client) {
  const auto answer = client.get("/internal/rebuild");
  if (!answer) return answer.error();
  try {
    const auto said = json::parse(answer->body).as_object();
    Progress progress;
    progress.state = std::string(said.at("state").as_string());
    progress.events = said.at("events").to_number<std::int64_t>();
    progress.of = said.at("of").to_number<std::int64_t>();
    progress.elapsed_ms = said.at("elapsed_ms").to_number<std::int64_t>();
    // Known at the end only.
    if (const auto* identical = said.if_contains("identical")) progress.identical = identical->as_bool();
    if (const auto* error = said.if_contains("error"); error != nullptr && error->is_string()) {
      progress.error = std::string(error->get_string());
    }
    return progress;
  } catch (const std::exception& failed) {
    return Error{Retry::kNever,
                 fmt::format("its answer {} is not understood: {}", answer->body, failed.what())};
  }
}

std::string rate(const Progress& progress) {
  if (progress.elapsed_ms == 0) return "-";
  return fmt::format("{}", progress.events * 1000 / progress.elapsed_ms);
}

void show_progress(const std::string& name, const Progress& progress) {
  if (::isatty(STDOUT_FILENO) == 0) return;
  constexpr std::int64_t kWidth = 30;
  const auto filled = progress.of == 0 ? kWidth : std::min(kWidth, progress.events * kWidth / progress.of);
  fmt::print("\r{} [{:=<{}}{:<{}}] {}/{} events, {}/s ", name, "", filled, "", kWidth - filled,
             progress.events, progress.of, rate(progress));
  std::fflush(stdout);
}

void end_line() {
  if (::isatty(STDOUT_FILENO) != 0) fmt::print("\r\x1b[K");
}

Result<Progress> follow_rebuild(instance::InternalClient& client, const std::string& name) {
  const SystemClock clock;
  auto moved_ms = clock.monotonic_ms();
  for (std::int64_t seen = -1;; ::usleep(kRebuildPollMs * 1000)) {
    auto progress = progress_of(client);
    if (!progress || progress->state != "running") return progress;
    show_progress(name, *progress);
    if (progress->events != seen) {
      seen = progress->events;
      moved_ms = clock.monotonic_ms();
    }
    if (clock.monotonic_ms() - moved_ms > kStuckMs) {
      return Error{Retry::kLater,
                   fmt::format("no event in {} s; see: sportapp logs {}", kStuckMs / 1000, name)};
    }
  }
}

Result<Progress> rebuild(const instance::Instance& instance, const instance::InstanceProcess& process) {
  instance::InternalClient client(instance, process, kRebuildAnswerMs);
  const auto begun = client.post("/internal/rebuild");
  if (!begun) return begun.error();
  if (begun->status == 409) fmt::print("{} rebuilds already; following it.\n", process.name);
  if (begun->status != 202 && begun->status != 409) {
    return Error{Retry::kLater, fmt::format("it answered {} {}", begun->status, begun->body)};
  }
  return follow_rebuild(client, process.name);
}

const char* outcome_of(const Progress& progress) {
  if (!progress.identical) return "begun with the base model, since the one before could not go on";
  return *progress.identical ? "identical to the one before" : "DIFFERENT from the one before";
}

bool rebuild_and_tell(const instance::Instance& instance, const instance::InstanceProcess& process) {
  const auto progress = rebuild(instance, process);
  end_line();
  if (!progress) {
    fmt::print(stderr, "{}: not rebuilt: {}\n", process.name, progress.error().what);
    return false;
  }
  if (progress->state != "done") {
    fmt::print(stderr, "{}: not rebuilt: {}\n", process.name, progress->error);
    return false;
  }
  fmt::print("{}: {} events in {:.2f} s ({} events/s), {}\n", process.name, progress->events,
             static_cast<double>(progress->elapsed_ms) / 1000, rate(*progress), outcome_of(*progress));
  std::fflush(stdout);
  return progress->identical.value_or(true);
}

int rebuild_all(const RebuildOptions& options) {
  const auto instance = instance::read_instance(options.data);
  if (!instance) {
    fmt::print(stderr, "sportapp: {}\n", instance.error().what);
    return kExitNotRunning;
  }
  bool all = true;
  for (const auto& process : instance->processes) {
    if (process.service == options.service && process.side == "queries")
      all = rebuild_and_tell(*instance, process) && all;
  }
  return all ? 0 : kExitFailed;
}

}  // namespace

void add_rebuild_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("rebuild", "Rebuild the read models of a service from its journal");
  auto options = std::make_shared<RebuildOptions>();
  command->add_option("SERVICE", options->service, "Whose read models")
      ->required()
      ->one_of(services::names());
  command->add_option("--data", options->data, kDataHelp)->show_default();
  command->footer(kRebuildFooter);
  command->action([options, &exit_status] { exit_status = rebuild_all(*options); });
}

}  // namespace sportapp::cli
