#include "ops/instance/mending.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <sstream>

#include "base/aside.hpp"
#include "base/cause.hpp"
#include "base/files.hpp"
#include "ops/instance/configuration.hpp"
#include "ops/instance/instance.hpp"
#include "ops/instance/settings.hpp"
#include "ops/instance/topology.hpp"

namespace sportapp::instance {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

std::vector<Member> every_member() {
  return topology(services::names(), kSparesMax);
}

fs::file_type type_of(const fs::path& path) {
  std::error_code unknown;
  return fs::symlink_status(path, unknown).type();
}

bool is_usable_file(const fs::path& file) {
  std::error_code unknown;
  const auto type = fs::status(file, unknown).type();  // a link to a file is as good
  if (type == fs::file_type::socket) return true;      // whoever listens there replaces it
  return type == fs::file_type::regular && ::access(file.c_str(), R_OK | W_OK) == 0;
}

bool is_json_object(const fs::path& file) {
  json::error_code failed;
  const auto said = json::parse(read_file(file).value_or(""), failed);
  return !failed && said.is_object();
}

class Mending {
 public:
  // `what`: what becomes of it.
  void folder(const fs::path& path) {
    std::error_code unknown;
    if (type_of(path) == fs::file_type::not_found || fs::is_directory(path, unknown)) return;
    aside(path, "no folder", "it is recreated");
  }
  void file(const fs::path& path, const char* what = "it is recreated") {
    if (type_of(path) == fs::file_type::not_found || is_usable_file(path)) return;
    aside(path, fs::is_directory(path) ? "a folder instead of a file" : "not to be read and written", what);
  }
  template <class IsWhole>
  void content(const fs::path& path, const IsWhole& is_whole, const char* what) {
    file(path, what);
    if (type_of(path) != fs::file_type::not_found && !is_whole(path)) aside(path, "damaged", what);
  }
  void say(std::string line) { lines_.push_back(std::move(line)); }
  [[nodiscard]] Result<std::vector<std::string>> done() {
    return failed_.empty() ? Result<std::vector<std::string>>(std::move(lines_))
                           : Error{Retry::kNever, failed_};
  }

 private:
  void aside(const fs::path& path, const char* found, const char* what) {
    if (!failed_.empty()) return;
    const auto beside = put_aside(path);
    if (!beside) {
      failed_ = beside.error().what;
      return;
    }
    say(fmt::format("{} was {}; {}, and what was there is kept as {}", path.string(), found, what,
                    beside->filename().string()));
  }
  std::vector<std::string> lines_;
  std::string failed_;
};

// Lines that are not read, the last one left out, which a crash may cut.
std::size_t damaged_lines(const fs::path& events) {
  std::istringstream text(read_file(events).value_or(""));
  std::size_t damaged = 0;
  bool last_is = false;
  for (std::string line; std::getline(text, line);) {
    json::error_code failed;
    last_is = !line.empty() && (!json::parse(line, failed).is_object() || failed);
    damaged += last_is ? 1 : 0;
  }
  return damaged - (last_is ? 1 : 0);
}

void mend_events(const fs::path& folder, Mending& mending) {
  for (const auto* name : {"events.jsonl", "events.jsonl.1"}) {
    const auto file = folder / name;
    mending.file(file, "the events told in it are lost, and new ones go to a new file");
    const auto damaged = damaged_lines(file);
    if (damaged == 0) continue;
    mending.say(fmt::format("{} has {} damaged lines, which are left out; the others are kept", file.string(),
                            damaged));
  }
}

// Mode, owner and number of what could not or need not be changed.
struct Modes {
  std::size_t changed = 0;
  std::string failed;  // the first one

  void take_from_others(const fs::path& path) {
    struct stat seen {};
    if (::lstat(path.c_str(), &seen) != 0 || S_ISLNK(seen.st_mode)) return;
    constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
    if ((seen.st_mode & kOthers) == 0) return;
    if (::chmod(path.c_str(), seen.st_mode & 07777 & ~kOthers) == 0) {
      ++changed;
    } else if (failed.empty()) {
      failed = fmt::format("{}: {}", path.string(), cause_of(errno, path));
    }
  }
};

// Its name is that of a process, or begins with it, as copies put aside do.
bool is_of_a_member(const std::string& name) {
  const auto members = every_member();
  return std::any_of(members.begin(), members.end(),
                     [&name](const Member& member) { return name.starts_with(member.name); });
}

bool is_ours(const fs::path& path) {
  const auto name = path.filename().string();
  return name == "run" || name == "logs" || name == "config" || is_of_a_member(name);
}

void take_all(const fs::path& folder, const fs::path& key, Modes& modes) {
  modes.take_from_others(folder);
  std::error_code error;  // one that cannot be read was told above, or is another's
  for (auto at = fs::recursive_directory_iterator(folder, error); !error && at != fs::end(at);
       at.increment(error)) {
    if (at->path() != key) modes.take_from_others(at->path());
  }
}

}  // namespace

Result<std::vector<std::string>> mend_places(const Layout& layout) {
  Mending mending;
  for (const auto& folder : {layout.run(), layout.logs(), layout.config(), layout.in_hand()}) {
    mending.folder(folder);
  }
  mending.content(layout.ports_file(), is_json_object, "ports are chosen again");
  mending.content(
      layout.instance_file(), [](const fs::path& file) { return bool(read_instance_file(file)); },
      "what it told of an earlier start is looked for among the running processes instead");
  mending.file(layout.control_socket());
  mending.file(layout.log("supervisor"));
  mending.file(layout.stderr_log("supervisor"));
  mending.file(layout.gateway_access_log());
  mending.file(layout.working_folder("gateway") / "nginx.pid");
  for (const auto& member : every_member()) {
    mending.folder(layout.working_folder(member.name));
    mending.file(config_file(layout, member));
    mending.file(layout.log(member.name));
    mending.file(layout.stderr_log(member.name));
    if (!layout.local_socket(member.name).empty()) mending.file(layout.local_socket(member.name));
    if (member.kind == Kind::kMonitor) mend_events(layout.data / member.name, mending);
  }
  return mending.done();
}

std::vector<std::string> make_private(const Layout& layout) {
  Modes modes;
  struct stat seen {};
  // A folder that many share, as /tmp, is not this instance's to close.
  const bool is_shared = ::stat(layout.data.c_str(), &seen) == 0 && (seen.st_mode & S_ISVTX) != 0;
  if (!is_shared && layout.data.has_relative_path()) modes.take_from_others(layout.data);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(layout.data, error)) {
    if (entry.is_directory(error) && is_ours(entry.path())) take_all(entry.path(), layout.key_file(), modes);
  }
  std::vector<std::string> lines;
  if (modes.changed > 0) {
    lines.push_back(
        fmt::format("{} files and folders of an earlier start could be read or entered by others; now "
                    "only their owner may (0600, 0700)",
                    modes.changed));
  }
  if (!modes.failed.empty())
    lines.push_back("others may read or enter what cannot be closed to them: " + modes.failed);
  return lines;
}

}  // namespace sportapp::instance
