#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include "base/command_line/command_line.hpp"
#include "base/exit_status.hpp"
#include "base/files.hpp"
#include "ops/cli/commands.hpp"
#include "ops/instance/layout.hpp"

namespace sportapp::cli {
namespace {

namespace fs = std::filesystem;
constexpr int kLogsPollMs = 200;

struct LogsOptions {
  std::string name;
  std::string data = kDataDefault;
  std::size_t lines = 20;
  bool follow = false;
};

constexpr const char* kLogsFooter =
    R"(Names are those of `sportapp status`: supervisor, gateway, redis, monitor, users-commands-a, ...; without one,
every log. Requests that failed or took over a second are in gateway.access.

Exit status: 0, 1 there is no such log, 2 wrong command line.

Examples:
  sportapp logs
  sportapp logs users-commands-a -n 100
  sportapp logs gateway.access -f)";

// A log, read on from where one stopped; when it was rotated, the new file from its beginning.
class Follower {
 public:
  explicit Follower(fs::path file) : file_(std::move(file)), inode_(inode()) {
    std::error_code error;
    const auto size = fs::file_size(file_, error);
    if (!error) at_ = static_cast<std::streamoff>(size);
  }
  std::string more() {
    std::error_code error;
    const auto size = static_cast<std::streamoff>(fs::file_size(file_, error));
    if (error) return {};
    if (inode() != inode_ || size < at_) {
      inode_ = inode();
      at_ = 0;
    }
    if (size == at_) return {};
    std::ifstream in(file_, std::ios::binary);
    in.seekg(at_);
    std::string text(static_cast<std::size_t>(size - at_), '\0');
    in.read(text.data(), size - at_);
    text.resize(static_cast<std::size_t>(in.gcount()));
    at_ += in.gcount();
    return text;
  }

 private:
  [[nodiscard]] ino_t inode() const {
    struct stat seen {};
    return ::stat(file_.c_str(), &seen) == 0 ? seen.st_ino : 0;
  }
  fs::path file_;
  ino_t inode_;
  std::streamoff at_ = 0;
};

std::vector<fs::path> logs_of(const instance::Layout& layout, const std::string& name) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(layout.logs(), error)) {
    const auto file = entry.path().filename().string();
    if (!file.ends_with(".log")) continue;
    const auto of_name = file == name + ".log" || file == name + ".stderr.log";
    if (name.empty() || of_name) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void heading(const fs::path& file, fs::path& last) {
  if (last != file) fmt::print("==> {} <==\n", file.filename().string());
  last = file;
}

void follow_logs(const std::vector<fs::path>& files, fs::path& last) {
  std::vector<Follower> followers(files.begin(), files.end());
  for (;; ::usleep(kLogsPollMs * 1000)) {
    for (std::size_t at = 0; at < files.size(); ++at) {
      const auto text = followers[at].more();
      if (text.empty()) continue;
      if (files.size() > 1) heading(files[at], last);
      fmt::print("{}", text);
    }
    // Ends by Ctrl-C, or when nobody reads any more.
    if (std::fflush(stdout) != 0) return;
  }
}

int show_logs(const LogsOptions& options) {
  const instance::Layout layout{instance::normal_folder(options.data)};
  const auto files = logs_of(layout, options.name);
  if (files.empty()) {
    std::string names;
    for (const auto& file : logs_of(layout, "")) names += " " + file.stem().string();
    fmt::print(stderr, "sportapp: unknown log '{}' in {}; known:{}\n", options.name, layout.logs().string(),
               names.empty() ? " none" : names);
    return kExitFailed;
  }
  fs::path last;
  for (const auto& file : files) {
    const auto lines = last_lines(file, options.lines);
    if (lines.empty()) continue;
    if (files.size() > 1) heading(file, last);
    for (const auto& line : lines) fmt::print("{}\n", line);
  }
  if (options.follow) follow_logs(files, last);
  return 0;
}

}  // namespace

void add_logs_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("logs", "Show the ends of the logs");
  auto options = std::make_shared<LogsOptions>();
  command->add_option("NAME", options->name, "Process whose log to show");
  command->add_option("--data", options->data, kDataHelp)->show_default();
  command->add_option("-n,--lines", options->lines, "Lines of each")->show_default()->in_range(0, 1'000'000);
  command->add_flag("-f,--follow", options->follow, "Go on with what is written from now");
  command->footer(kLogsFooter);
  command->action([options, &exit_status] { exit_status = show_logs(*options); });
}

}  // namespace sportapp::cli
