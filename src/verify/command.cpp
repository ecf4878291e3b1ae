#include "verify/command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "verify/verify.hpp"

namespace sportapp::verify {
namespace {

constexpr const char* kHelp = R"(Examples:
  sportapp verify                     the instance in ./data, running or stopped
  sportapp verify --data /srv/app     another one

Checks, without changing anything: the journal's entries are numbered without a gap, chained by their hashes
and of unique keys; the stored state is what the entries make when replayed; each read model is what the
entries up to its position make; each order is settled once, as products decided, and each stock is what was
there plus changes, minus completed orders; orders knows every user and product that it took in. Prints a
line a check; names the first difference of each.
Exit status: 0 all is equal, 1 something differs, 2 something cannot be read.)";

// A line that is written over on a terminal; a line every few seconds elsewhere.
class ProgressLine {
 public:
  void show(const std::string& under_way, std::int64_t done, std::int64_t of) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + (terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(5));
    const auto text = fmt::format("{}: {} of {}", under_way, done, of);
    fmt::print(stderr, "{}{}", terminal_ ? "\r\x1b[K" : "", text + (terminal_ ? "" : "\n"));
    shown_ = terminal_;
  }
  void clear() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
    shown_ = false;
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now() + std::chrono::seconds(1);
};

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

int run(const std::string& data) {
  ProgressLine line;
  const auto verdict = verify(data, {[&](const Finding& finding) {
                                       line.clear();
                                       print(finding);
                                     },
                                     [&](const std::string& under_way, std::int64_t done, std::int64_t of) {
                                       line.show(under_way, done, of);
                                     }});
  fmt::print("{} checks: {} equal, {} different, {} unreadable\n", verdict.checks,
             verdict.checks - verdict.different - verdict.unreadable, verdict.different, verdict.unreadable);
  if (verdict.different > 0) return 1;
  return verdict.unreadable > 0 ? 2 : 0;
}

}  // namespace

void add_verify_command(CLI::App& app, int& exit_status) {
  auto* command = app.add_subcommand("verify", "Check the files of an instance, running or stopped");
  auto data = std::make_shared<std::string>("data");
  command->add_option("--data", *data, "data folder of the instance")->capture_default_str();
  command->footer(kHelp);
  command->callback([data, &exit_status] { exit_status = run(*data); });
}

}  // namespace sportapp::verify
