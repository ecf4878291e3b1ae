#include "ops/supervisor/up.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/exit_status.hpp"
#include "ops/instance/cluster_key.hpp"
#include "ops/instance/configuration.hpp"
#include "ops/instance/data_folder.hpp"
#include "ops/instance/instance.hpp"
#include "ops/instance/mending.hpp"
#include "ops/instance/metrics_token.hpp"
#include "ops/instance/placing.hpp"
#include "ops/instance/ports.hpp"
#include "ops/supervisor/detach.hpp"
#include "ops/supervisor/leftovers.hpp"
#include "ops/supervisor/lock.hpp"
#include "ops/supervisor/plan.hpp"
#include "ops/supervisor/session.hpp"
#include "server/service/log.hpp"

namespace sportapp::supervisor {
namespace {

int failed(const std::string& what) {
  fmt::print(stderr, "sportapp: {}\n", what);
  return kExitFailed;
}

// What the command line says goes before the file.
Result<instance::Settings> settings_of(const instance::Layout& layout, const UpOptions& options) {
  auto settings = instance::settings_of(layout, options.settings_file);
  if (!settings) return settings;
  if (const auto& network = settings->network; !network.addresses.empty() || network.listen != "127.0.0.1") {
    return Error{
        Retry::kNever,
        "[network] says how other hosts or containers reach the processes, and `up` runs all of them on this "
        "machine, on 127.0.0.1; run them one by one (sportapp run), or remove `listen` and `addresses`"};
  }
  if (options.host) settings->gateway.host = *options.host;
  if (options.port) settings->gateway.port = *options.port;
  return settings;
}

int say_that_it_runs(const instance::Layout& layout) {
  const auto instance = instance::read_instance(layout.data);
  if (instance) {
    fmt::print(stderr, "sportapp: it runs already on {}: pid {}, {}\n", layout.data.string(),
               instance->supervisor.pid, instance->url());
    return kExitRunsAlready;
  }
  const auto holder = InstanceLock::holder(layout.data);
  fmt::print(stderr, "sportapp: another one is just starting or stopping on {}{}\n", layout.data.string(),
             holder ? fmt::format(": pid {}", *holder) : "");
  return kExitRunsAlready;
}

// An earlier version held another lock, which says nothing to this one.
bool runs_by_record(const instance::Layout& layout) {
  return static_cast<bool>(instance::read_instance(layout.data));
}

// The places of an instance as this start needs them, what was found otherwise told.
Result<std::vector<std::string>> put_in_order(const instance::Layout& layout) {
  auto lines = instance::mend_places(layout);
  if (!lines) return lines;
  if (auto made = instance::make_folders(layout); !made) return made.error();
  for (auto& line : instance::make_private(layout)) lines->push_back(std::move(line));
  for (const auto& line : *lines) fmt::print("  {}\n", line);
  std::fflush(stdout);
  return lines;
}

// One that others are given too is not this instance's to replace.
Result<void> have_key(const instance::Layout& layout, const instance::Settings& settings) {
  const auto file = key_file(layout, settings);
  if (file == layout.key_file()) {
    const auto replaced = instance::replace_damaged_key(file);
    if (!replaced) return replaced.error();
    if (!replaced->empty()) {
      fmt::print("  {}\n", *replaced);
      spdlog::warn("mended what={}", service::log_value(*replaced));
    }
  }
  return instance::ensure_cluster_key(file);
}

Result<void> clean_up(const instance::Layout& layout) {
  const auto found = find_leftovers(layout);
  if (found.empty()) return {};
  fmt::print("An earlier start left {} processes behind; ending them.\n", found.size());
  std::fflush(stdout);
  const auto ended = end_leftovers(layout);
  if (!ended) return ended.error();
  spdlog::warn("leftovers ended count={}", *ended);
  return {};
}

// Everything that must be in order before the first process starts.
Result<Session::Start> prepare(const instance::Layout& layout, const instance::Settings& settings,
                               const UpOptions& options) {
  const int spares = instance::kRedundant ? settings.services.spares : 0;
  Session::Start start{layout, settings, instance::topology(services::names(), spares), {}, options.ready_s};
  if (auto cleaned = clean_up(layout); !cleaned) return cleaned.error();
  if (auto free = instance::can_listen(settings.gateway.host, settings.gateway.port); !free) {
    return Error{Retry::kLater, free.error().what + "; choose another with --port N or --host ADDR"};
  }
  if (auto assigned = instance::assign_ports(layout, start.members); !assigned) return assigned.error();
  instance::place_gateway(start.members, settings);
  const auto detours = options.lab ? instance::Detours::read(layout) : instance::Detours();
  if (!detours) return detours.error();
  instance::place_redis(layout, start.members, *detours);
  auto plans = make_plans(layout, settings, start.members, options.lab);
  if (!plans) return plans.error();
  start.plans = std::move(*plans);
  if (auto made = have_key(layout, settings); !made) return made.error();
  if (auto token = instance::write_metrics_token(key_file(layout, settings), layout.metrics_token_file());
      !token) {
    return token.error();
  }
  if (auto written = instance::write_configuration(layout, settings, start.members, *detours); !written) {
    return written.error();
  }
  return start;
}

int supervise(const instance::Layout& layout, const UpOptions& options, Detach& detach) {
  auto lock = InstanceLock::try_take(layout.data);
  if (!lock) return failed(lock.error().what);
  if (!*lock || runs_by_record(layout)) return say_that_it_runs(layout);
  const auto settings = settings_of(layout, options);
  if (!settings) return failed(settings.error().what);
  fmt::print("SportApp starts; data {}\n", layout.data.string());
  const auto mended = put_in_order(layout);
  if (!mended) return failed(mended.error().what);
  auto logging = service::start_log("supervisor", layout.log("supervisor"), settings->services.log_level);
  if (!logging) return failed(logging.error().what);
  for (const auto& line : *mended) spdlog::warn("mended what={}", service::log_value(line));
  auto start = prepare(layout, *settings, options);
  if (!start) {
    spdlog::error("start failed cause={}", service::log_value(start.error().what));
    return failed(start.error().what);
  }
  const SystemClock clock;
  return Session(std::move(*start), detach, clock).run();
}

}  // namespace

int up(const UpOptions& options) {
  const auto layout = instance::open_data_folder(options.data);
  if (!layout) return failed(layout.error().what);
  Detach detach;
  if (options.detach) {
    if (const auto exit_status = detach.fork()) return *exit_status;
  }
  return supervise(*layout, options, detach);
}

}  // namespace sportapp::supervisor
