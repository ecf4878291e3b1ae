#include "ops/import/command.hpp"

#include <fmt/format.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>

#include "base/command_line/command_line.hpp"
#include "base/visible.hpp"
#include "domain/services/registry.hpp"
#include "ops/import/csv.hpp"
#include "ops/import/importer.hpp"
#include "ops/import/progress.hpp"
#include "ops/instance/instance.hpp"

namespace sportapp {
namespace {

using namespace importing;

constexpr int kAllIn = 0;
constexpr int kSomeRefused = 1;
constexpr int kUnusable = 2;
constexpr int kEndedEarly = 3;

constexpr const char* kFooter =
    R"(A CSV file names its columns in the first line: username,email of users; name,description,value,stock of
products; user,product,quantity of orders, where user and product are ids. An empty value is not sent. A JSON
lines file has one request body a line. Refused lines go to standard output as `line 17: why`, progress to
standard error. Run again after a cut, the same file registers nothing twice.

Exit status: 0 all lines are in, 1 some were refused, 2 wrong file or command line, 3 ended early.

Examples:
  sportapp import users.csv
  sportapp import --service products products.csv
  sportapp import --columns username --format csv /usr/share/dict/words
  sportapp import --data /srv/sportapp --service orders orders.jsonl >refused.txt
  sportapp import --delimiter tab --encoding iso-8859-1 people.txt
  sportapp import --ignore phone,city people.csv.gz)";

struct Arguments {
  std::string file;
  std::string format;
  std::vector<std::string> columns, ignored;
  std::string delimiter;
  std::string encoding = "auto";
  bool no_header = false;
  std::string url = "http://127.0.0.1:5000";
  std::string data;
  std::string service = "users";
  std::string name;
  std::size_t connections = 64;
  double rate = 0;
  double give_up_after_s = 120;
};

Format format_of(const std::string& name) {
  if (name == "csv") return Format::kCsv;
  return name == "jsonl" ? Format::kJsonLines : Format::kByName;
}

// Ctrl-C and SIGTERM as something to read, for as long as it lives.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&asked_);
    sigaddset(&asked_, SIGINT);
    sigaddset(&asked_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &asked_, &before_);
    fd_ = ::signalfd(-1, &asked_, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~StopSignals() {
    if (fd_ >= 0) ::close(fd_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  sigset_t asked_{};
  sigset_t before_{};
  int fd_ = -1;
};

int complain(const std::string& what) {
  fmt::print(stderr, "sportapp import: {}\n", visible(what));
  return kUnusable;
}

int status_of(const Outcome& outcome) {
  if (outcome.ending == Ending::kFailed) return kUnusable;
  if (outcome.ending != Ending::kAll || outcome.counts.unsettled > 0) return kEndedEarly;
  return outcome.counts.refused > 0 ? kSomeRefused : kAllIn;
}

int report(const Outcome& outcome) {
  fmt::print("{}\n", summary(outcome));
  std::fflush(stdout);
  if (!outcome.why.empty()) fmt::print(stderr, "sportapp import: {}\n", visible(outcome.why));
  const int status = status_of(outcome);
  if (status == kEndedEarly) {
    fmt::print(stderr,
               "sportapp import: not everything is in; run the same command again to go on: what is in "
               "already is not registered twice\n");
  }
  return status;
}

Result<std::optional<char>> delimiter_of(const std::string& given) {
  if (given.empty()) return std::optional<char>();
  if (given == "tab" || given == "\\t") return std::optional('\t');
  if (given.size() == 1 && given != "\"" && given != "\n" && given != "\r")
    return std::optional(given.front());
  return Error{Retry::kNever,
               fmt::format("--delimiter {}: one character, as in --delimiter ';', or tab", given)};
}

Result<std::string> gateway_url(const Arguments& arguments) {
  if (!arguments.data.empty()) {
    const auto instance = instance::read_instance(arguments.data);
    if (!instance) return instance.error();
    return instance->url();
  }
  auto url = arguments.url;
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return Error{Retry::kNever, fmt::format("--url {}: begin it with http://", url)};
  }
  while (url.ends_with('/')) url.pop_back();
  return url;
}

int run(const Arguments& arguments) {
  const auto url = gateway_url(arguments);
  if (!url) return complain(url.error().what);
  const auto delimiter = delimiter_of(arguments.delimiter);
  if (!delimiter) return complain(delimiter.error().what);
  auto columns = column_names(arguments.columns);
  if (!columns) return complain("--columns: " + columns.error().what);
  auto source = LineSource::open({.file = arguments.file,
                                  .format = format_of(arguments.format),
                                  .columns = *std::move(columns),
                                  .fields = services::find(arguments.service)->make_domain()->fields(),
                                  .ignored = arguments.ignored,
                                  .delimiter = *delimiter,
                                  .has_header = !arguments.no_header,
                                  .encoding = arguments.encoding});
  if (!source) return complain(source.error().what);
  auto name = arguments.name;
  if (name.empty()) name = std::filesystem::path(arguments.file).filename().string();
  const SystemClock clock;
  const StopSignals stop;
  Progress progress(clock, stdout, stderr);
  Importer importer({.url = fmt::format("{}/api-commands/{}", *url, arguments.service),
                     .connections = arguments.connections,
                     .lines_per_s_max = arguments.rate,
                     .give_up_after_ms = static_cast<std::int64_t>(arguments.give_up_after_s * 1000),
                     .stop_fd = stop.fd()},
                    **source, KeyMaker(name, arguments.service), clock, progress);
  const auto outcome = importer.run();
  progress.hide();
  if (const auto how = (*source)->described(); !how.empty())
    fmt::print(stderr, "sportapp import: {} was read {}\n", visible(arguments.file), how);
  if (outcome.ending == Ending::kAll && outcome.counts.settled() + outcome.counts.unsettled == 0)
    return complain(arguments.file + ": there is no line to register in it");
  return report(outcome);
}

void add_options(command_line::Command& command, Arguments& arguments) {
  command.add_option("file", arguments.file, "the file; - is standard input")->required();
  command
      .add_option("--format", arguments.format,
                  "csv or jsonl (default: by the file's name, else by its first byte)")
      ->one_of({"csv", "jsonl"})
      ->value_name("csv|jsonl");
  command.add_option("--columns", arguments.columns, "names of the columns of a CSV file that has no header")
      ->comma_separated()
      ->value_name("NAME,...");
  command.add_flag("--no-header", arguments.no_header,
                   "with --columns: the first line is one of the lines, though it looks like a header");
  command.add_option("--ignore", arguments.ignored, "columns of a CSV file that are not sent")
      ->comma_separated()
      ->value_name("NAME,...");
  command
      .add_option("--delimiter", arguments.delimiter,
                  "what divides the columns of a CSV file (default: , ; tab or |, as its first line shows)")
      ->value_name("CHARACTER");
  command
      .add_option("--encoding", arguments.encoding,
                  "of the file (default: UTF-8, UTF-16 or Windows-1252, as it shows)")
      ->one_of(encodings());
  auto* url = command.add_option("--url", arguments.url, "the gateway")->show_default();
  command.add_option("--data", arguments.data, "data folder of a running instance, instead of --url")
      ->excludes(url);
  command.add_option("--service", arguments.service, "what the lines are")
      ->show_default()
      ->one_of(services::names());
  command.add_option("--connections", arguments.connections, "requests in flight")
      ->show_default()
      ->in_range(1, 4096);
  command.add_option("--rate", arguments.rate, "at most so many lines a second, evenly spaced")->positive();
  command
      .add_option("--give-up-after", arguments.give_up_after_s,
                  "seconds without any line going in until it stops")
      ->show_default()
      ->positive();
  command.add_option(
      "--name", arguments.name,
      "what tells this file from others when it is run again (default: its name without folders)");
  command.footer(kFooter);
}

}  // namespace

void add_import_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("import", "Register every line of a CSV or JSON lines file");
  auto arguments = std::make_shared<Arguments>();
  add_options(*command, *arguments);
  command->action([arguments, &exit_status] { exit_status = run(*arguments); });
}

}  // namespace sportapp
