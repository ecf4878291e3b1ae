#include "lab/agent/injection_list.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "base/files.hpp"
#include "lab/agent/injector.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr int kAgentMs = 90'000;  // longer than it takes to heal and to end an instance
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

InjectionList injured_from(const json::object& object) {
  InjectionList injured{
      process_id_from(object.at("agent").as_object()), process_id_from(object.at("lab").as_object()), {}, {}};
  for (const auto& one : object.at("guarded").as_array()) {
    injured.guarded.push_back(process_id_from(one.as_object()));
  }
  for (const auto& one : object.at("injections").as_array()) {
    const auto& injection = one.as_object();
    injured.injections.emplace(injection.at("number").to_number<int>(), injection_from(injection));
  }
  return injured;
}

void end_guarded(const InjectionList& injured, std::vector<std::string>& done) {
  for (const auto& id : injured.guarded) {
    if (!process::is_alive(id)) continue;
    const bool killed = end_process(id, kInjuredEndMs);
    done.push_back(fmt::format("the instance (pid {}) was {}", id.pid, killed ? "killed" : "ended"));
  }
}

}  // namespace

fs::path injection_list_file(const fs::path& run) {
  return run / "injected.json";
}

Result<void> write_injection_list(const fs::path& run, const InjectionList& injured) {
  json::array guarded, injections;
  for (const auto& id : injured.guarded) guarded.push_back(to_json(id));
  for (const auto& [number, injection] : injured.injections) {
    auto object = to_json(injection);
    object["number"] = number;
    injections.push_back(std::move(object));
  }
  const json::object object{{"agent", to_json(injured.agent)},
                            {"lab", to_json(injured.lab)},
                            {"guarded", std::move(guarded)},
                            {"injections", std::move(injections)}};
  return write_file(injection_list_file(run), json::serialize(object) + "\n");
}

Result<std::optional<InjectionList>> read_injection_list(const fs::path& run) {
  const auto text = read_file(injection_list_file(run));
  if (!text) return std::optional<InjectionList>();
  try {
    return std::optional(injured_from(json::parse(*text).as_object()));
  } catch (const std::exception& wrong) {
    return Error{Retry::kNever,
                 fmt::format("{} is damaged: {}", injection_list_file(run).string(), wrong.what())};
  }
}

Result<std::vector<std::string>> heal_left(const fs::path& run) {
  std::error_code error;
  if (!fs::is_directory(run, error)) return Error{Retry::kNever, "there is no folder " + run.string()};
  auto injured = read_injection_list(run);
  if (!injured) return injured.error();
  std::vector<std::string> done;
  if (!*injured) return done;
  if (process::is_alive((*injured)->lab)) {
    return Error{Retry::kLater,
                 fmt::format("the run in {} is under way (pid {}); end it with Ctrl-C, then it heals "
                             "everything itself",
                             run.string(), (*injured)->lab.pid)};
  }
  if (process::is_alive((*injured)->agent)) {
    done.push_back("waited for the fault agent, which was at it");
    if (!wait_until_gone((*injured)->agent, kAgentMs)) end_process((*injured)->agent, 0);
    injured = read_injection_list(run);
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
  auto injured = read_injection_list(run);
  if (!injured) return injured.error();
  std::vector<std::string> done;
  if (!*injured) return done;
  Injector injector(nullptr, run / "commands.log");
  std::string failed;
  auto& injections = (*injured)->injections;
  while (!injections.empty()) {
    const auto last = std::prev(injections.end());
    const auto what = describe(last->second);
    if (const auto healed = injector.heal(last->first, last->second)) {
      done.push_back("healed: " + what);
    } else {
      failed += (failed.empty() ? "" : "; ") + what + ": " + healed.error().what;
    }
    injections.erase(last);
  }
  if (!failed.empty()) return Error{Retry::kLater, "not healed: " + failed};
  std::error_code ignored;
  fs::remove(injection_list_file(run), ignored);
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
