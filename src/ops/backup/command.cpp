#include "ops/backup/command.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/command_line/command_line.hpp"
#include "base/exit_status.hpp"
#include "base/process/signals.hpp"
#include "base/progress_line.hpp"
#include "ops/backup/restoring.hpp"
#include "ops/backup/taking.hpp"
#include "ops/instance/instance.hpp"
#include "ops/instance/layout.hpp"

namespace sportapp::backup {
namespace {

constexpr double kMiB = 1 << 20;

constexpr const char* kBackupHelp =
    R"(Copies the journals of all services, of one moment that fits all of them, with what an instance needs to start
from them and the settings. The instance may be running, and goes on; everything it had acknowledged before is in
the backup. DIR is there whole or not at all: Ctrl-C leaves nothing, and what a crash left (DIR.part) is taken away
by the next backup to DIR.

Exit status: 0 done, 1 not done, 2 wrong command line.

Examples:
  sportapp backup /backups/monday
  sportapp backup --data /srv/sportapp /backups/monday
  sportapp verify --backup /backups/monday
  sportapp restore /backups/monday --data /srv/restored)";

constexpr const char* kRestoreHelp =
    R"(Makes a data folder of a backup, on this machine or another; every file is held against its checksum. The data
folder must not be there yet, or be empty; it is there whole or not at all. Nodes and read models that are missing
come to be when the instance starts.

Exit status: 0 done, 1 not done, 2 wrong command line, 3 an instance runs on that data folder.

Examples:
  sportapp restore /backups/monday
  sportapp restore /backups/monday --data /srv/sportapp
  sportapp up --data /srv/sportapp)";

struct Arguments {
  std::string folder;
  std::string data = "data";
};

std::string progress_text(std::string_view under_way, std::uint64_t done, std::uint64_t of) {
  if (of == 0) return std::string(under_way);
  return fmt::format("{}: {:.1f} of {:.1f} MiB", under_way, static_cast<double>(done) / kMiB,
                     static_cast<double>(of) / kMiB);
}

// Does what can be interrupted, and shows how it gets on.
template <class Body>
Result<Manifest> run(const Body& body) {
  process::Signals signals;
  ProgressLine line;
  bool interrupted = false;
  auto done = body([&](std::string_view under_way, std::uint64_t bytes, std::uint64_t of) {
    if (line.due()) line.show(progress_text(under_way, bytes, of));
    interrupted = interrupted || !signals.wait(0).empty();
    return !interrupted;
  });
  line.clear();
  if (!done && interrupted) return Error{Retry::kLater, "interrupted; nothing is left behind"};
  return done;
}

int refuse(const char* command, const std::string& what, int exit_status = kExitFailed) {
  fmt::print(stderr, "sportapp {}: {}\n", command, what);
  return exit_status;
}

void print_services(const Manifest& manifest) {
  for (const auto& part : manifest.services) {
    fmt::print("{:<10} up to entry {}, from node {} in epoch {}\n", part.service, part.head.seq.value,
               part.node, part.epoch.value);
  }
}

int back_up(const Arguments& arguments) {
  const SystemClock clock;
  const auto start_ms = clock.monotonic_ms();
  const auto manifest =
      run([&](const Progress& progress) { return take(arguments.data, arguments.folder, clock, progress); });
  if (!manifest) return refuse("backup", manifest.error().what);
  const auto folder = instance::normal_folder(arguments.folder).string();
  print_services(*manifest);
  fmt::print("Backup of {} in {}: {:.1f} MiB in {:.1f} s; everything acknowledged before {} is in it\n",
             manifest->data, folder, static_cast<double>(manifest->bytes()) / kMiB,
             static_cast<double>(clock.monotonic_ms() - start_ms) / 1000, manifest->started);
  fmt::print("Check it: sportapp verify --backup {}\n", folder);
  return 0;
}

int restore_backup(const Arguments& arguments) {
  const auto data = instance::normal_folder(arguments.data).string();
  if (const auto instance = instance::read_instance(data)) {
    return refuse(
        "restore",
        fmt::format("an instance runs on {} (pid {}); choose a folder that is not there yet, with --data",
                    data, instance->supervisor.pid),
        kExitRunsAlready);
  }
  const auto manifest =
      run([&](const Progress& progress) { return restore(arguments.folder, data, progress); });
  if (!manifest) return refuse("restore", manifest.error().what);
  print_services(*manifest);
  fmt::print("Restored to {}, as {} was at {}\n", data, manifest->data, manifest->started);
  fmt::print("Start it: sportapp up --data {}\n", data);
  return 0;
}

}  // namespace

void add_backup_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("backup", "Back up an instance, running or stopped");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("DIR", arguments->folder, "Folder to make, which is not there yet")->required();
  command->add_option("--data", arguments->data, "Data folder of the instance")->show_default();
  command->footer(kBackupHelp);
  command->action([arguments, &exit_status] { exit_status = back_up(*arguments); });
}

void add_restore_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("restore", "Make a data folder of a backup");
  auto arguments = std::make_shared<Arguments>();
  command->add_option("BACKUP", arguments->folder, "Folder that `sportapp backup` made")->required();
  command->add_option("--data", arguments->data, "Data folder to make")->show_default();
  command->footer(kRestoreHelp);
  command->action([arguments, &exit_status] { exit_status = restore_backup(*arguments); });
}

}  // namespace sportapp::backup
