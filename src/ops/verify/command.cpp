#include "ops/verify/command.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "base/command_line/command_line.hpp"
#include "base/progress_line.hpp"
#include "ops/verify/backup_checks.hpp"
#include "ops/verify/verify.hpp"

namespace sportapp::verify {
namespace {

constexpr const char* kHelp = R"(Examples:
  sportapp verify                     the instance in ./data, running or stopped
  sportapp verify --data /srv/app     another one
  sportapp verify --backup /backups/monday

Checks, without changing anything: the journal's entries are numbered without a gap, chained by their hashes
and of unique keys; the stored state is what the entries make when replayed; each read model is what the
entries up to its position make; each order is settled once, as products decided, and each stock is what was
there plus changes, minus completed orders; orders knows every user and product that it took in. Of a backup
also that its files have the checksums that were noted when it was taken, and that no service has taken in what
another's journal has not. Prints a line a check; names the first difference of each.
Exit status: 0 all is equal, 1 something differs, 2 something cannot be read.)";

void print(const Finding& finding) {
  fmt::print("{:<10} {:<32} {:<6} ",
             finding.unreadable ? "UNREADABLE"
             : finding.first    ? "DIFFERENT"
                                : "equal",
             finding.file, finding.check);
  if (finding.unreadable) {
    fmt::print("{}\n", finding.unreadable->what);
  } else if (finding.first) {
    fmt::print("{}\n  expected {}\n  found    {}\n", finding.first->place, finding.first->expected,
               finding.first->found);
  } else {
    fmt::print("{}, {:.1f} s\n", finding.summary, finding.seconds);
  }
  std::fflush(stdout);
}

struct Arguments {
  std::string data = "data";
  std::string backup;  // empty: none
};

int run(const Arguments& arguments) {
  ProgressLine line;
  const Watcher watcher{[&](const Finding& finding) {
                          line.clear();
                          print(finding);
                        },
                        [&](const std::string& under_way, std::int64_t done, std::int64_t of) {
                          if (line.due()) line.show(fmt::format("{}: {} of {}", under_way, done, of));
                        }};
  const auto verdict =
      arguments.backup.empty() ? verify(arguments.data, watcher) : verify_backup(arguments.backup, watcher);
  fmt::print("{} checks: {} equal, {} different, {} unreadable\n", verdict.checks,
             verdict.checks - verdict.different - verdict.unreadable, verdict.different, verdict.unreadable);
  if (verdict.different > 0) return 1;
  return verdict.unreadable > 0 ? 2 : 0;
}

}  // namespace

void add_verify_command(command_line::Command& app, int& exit_status) {
  auto* command =
      app.add_command("verify", "Check the files of an instance, running or stopped, or a backup");
  auto arguments = std::make_shared<Arguments>();
  auto* data = command->add_option("--data", arguments->data, "data folder of the instance");
  data->show_default();
  command->add_option("--backup", arguments->backup, "folder that `sportapp backup` made, instead of --data")
      ->excludes(data);
  command->footer(kHelp);
  command->action([arguments, &exit_status] { exit_status = run(*arguments); });
}

}  // namespace sportapp::verify
