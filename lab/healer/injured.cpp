#include "lab/healer/injured.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "base/files.hpp"
#include "lab/healer/treater.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr int kHealerMs = 90'000;  // longer than it takes to heal and to end an instance
constexpr int kInjuredEndMs = 30'000;
constexpr int kKilledMs = 5'000;

// Whether it is gone within the time. It need not be a child.
bool wait_until_gone(const process::ProcessId& id, int within_ms) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, id.pid, 0));
  if (fd < 0 || !process::is_alive(id)) {
    if (fd >= 0) ::close(fd);
    return true;
  }
  pollfd waiting{fd, POLLIN, 0};
  ::poll(&waiting, 1, within_ms);
  ::close(fd);
  return waiting.revents != 0;
}

Injured injured_from(const json::object& object) {
  Injured injured{process_id_from(object.at("healer").as_object()),
                  process_id_from(object.at("lab").as_object()),
                  {},
                  {}};
  for (const auto& one : object.at("guarded").as_array()) {
    injured.guarded.push_back(process_id_from(one.as_object()));
  }
  for (const auto& one : object.at("injuries").as_array()) {
    const auto& injury = one.as_object();
    injured.injuries.emplace(injury.at("number").to_number<int>(), injury_from(injury));
  }
  return injured;
}

void end_guarded(const Injured& injured, std::vector<std::string>& done) {
  for (const auto& id : injured.guarded) {
    if (!process::is_alive(id)) continue;
    const bool killed = end_process(id, kInjuredEndMs);
    done.push_back(fmt::format("the instance (pid {}) was {}", id.pid, killed ? "killed" : "ended"));
  }
}

}  // namespace

fs::path injured_file(const fs::path& run) {
  return run / "injected.json";
}

Result<void> write_injured(const fs::path& run, const Injured& injured) {
  json::array guarded, injuries;
  for (const auto& id : injured.guarded) guarded.push_back(to_json(id));
  for (const auto& [number, injury] : injured.injuries) {
    auto object = to_json(injury);
    object["number"] = number;
    injuries.push_back(std::move(object));
  }
  const json::object object{{"healer", to_json(injured.healer)},
                            {"lab", to_json(injured.lab)},
                            {"guarded", std::move(guarded)},
                            {"injuries", std::move(injuries)}};
  return write_file(injured_file(run), json::serialize(object) + "\n");
}

Result<std::optional<Injured>> read_injured(const fs::path& run) {
  const auto text = read_file(injured_file(run));
  if (!text) return std::optional<Injured>();
  try {
    return std::optional(injured_from(json::parse(*text).as_object()));
  } catch (const std::exception& wrong) {
    return Error{Retry::kNever, fmt::format("{} is damaged: {}", injured_file(run).string(), wrong.what())};
  }
}

Result<std::vector<std::string>> heal_left(const fs::path& run) {
  std::error_code error;
  if (!fs::is_directory(run, error)) return Error{Retry::kNever, "there is no folder " + run.string()};
  auto injured = read_injured(run);
  if (!injured) return injured.error();
  std::vector<std::string> done;
  if (!*injured) return done;
  if (process::is_alive((*injured)->lab)) {
    return Error{Retry::kLater,
                 fmt::format("the run in {} is under way (pid {}); end it with Ctrl-C, then it heals "
                             "everything itself",
                             run.string(), (*injured)->lab.pid)};
  }
  if (process::is_alive((*injured)->healer)) {
    done.push_back("waited for the healer, which was at it");
    if (!wait_until_gone((*injured)->healer, kHealerMs)) end_process((*injured)->healer, 0);
    injured = read_injured(run);
    if (!injured) return injured.error();
    if (!*injured) return done;
  }
  auto healed = heal_listed(run);
  if (!healed) return healed;
  done.insert(done.end(), healed->begin(), healed->end());
  end_guarded(**injured, done);
  return done;
}

Result<std::vector<std::string>> heal_listed(const fs::path& run) {
  auto injured = read_injured(run);
  if (!injured) return injured.error();
  std::vector<std::string> done;
  if (!*injured) return done;
  Treater treater(nullptr, run / "commands.log");
  std::string failed;
  auto& injuries = (*injured)->injuries;
  while (!injuries.empty()) {
    const auto last = std::prev(injuries.end());
    const auto what = describe(last->second);
    if (const auto healed = treater.heal(last->first, last->second)) {
      done.push_back("healed: " + what);
    } else {
      failed += (failed.empty() ? "" : "; ") + what + ": " + healed.error().what;
    }
    injuries.erase(last);
  }
  if (!failed.empty()) return Error{Retry::kLater, "not healed: " + failed};
  std::error_code ignored;
  fs::remove(injured_file(run), ignored);
  return done;
}

bool end_process(const process::ProcessId& id, int within_ms) {
  process::signal_process(id, SIGCONT);
  process::signal_process(id, SIGTERM);
  if (wait_until_gone(id, within_ms)) return false;
  if (process::is_alive(id)) ::kill(-id.pid, SIGKILL);  // its group, where it leads one
  process::signal_process(id, SIGKILL);
  wait_until_gone(id, kKilledMs);
  return true;
}

}  // namespace sportapp::lab
