// How an instance becomes ready: waited for until everything serves, or as much as can without a person.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/exit_status.hpp"
#include "base/files.hpp"
#include "ops/supervisor/say.hpp"
#include "ops/supervisor/session.hpp"
#include "server/service/log.hpp"

namespace sportapp::supervisor {
namespace {

using instance::ProcessState;

constexpr int kShowEveryMs = 3000;
constexpr int kSettleMs = 2000;
constexpr int kPersonMs = 5000;  // until what the monitor may not decide is believed to need a person
constexpr int kQuickEndsMax = 5;
constexpr std::size_t kLogLines = 8;

std::string seconds(std::int64_t milliseconds) {
  return fmt::format("{:.1f} s", static_cast<double>(milliseconds) / 1000);
}

// It ended again and again without having run once, or is not started again.
bool does_not_stay(const Supervisor::View& view) {
  const bool given_up = view.state == ProcessState::kStopped && view.stopped_by.empty();
  return view.quick_ends >= kQuickEndsMax || given_up;
}

bool is_waited_for(const Supervisor::View& view) {
  return view.state != ProcessState::kRunning && view.stopped_by.empty() && !does_not_stay(view);
}

std::string joined(const std::vector<std::string>& sentences) {
  return fmt::format("{}", fmt::join(sentences, "; "));
}

}  // namespace

// Without these two nothing is served, whatever else runs.
bool Session::does_not_start() {
  for (const auto& view : supervisor_->views()) {
    if (!does_not_stay(view) || (view.name != "gateway" && view.name != "monitor")) continue;
    fail(fmt::format("{} does not stay: it {} {} times in a row", view.name, view.last_end, view.quick_ends));
    return true;
  }
  return false;
}

void Session::look_whether_ready() {
  if (does_not_start()) return;
  const auto views = supervisor_->views();
  const bool all_run = std::none_of(views.begin(), views.end(), is_waited_for);
  const bool late = clock_.monotonic_ms() - started_ms_ > start_.ready_s * 1000;
  const auto serving = all_run || late ? ask_health(instance_) : Error{Retry::kLater, "not asked yet"};
  auto notes = who_does_not_run(late);
  if (serving) notes.insert(notes.end(), serving->degraded.begin(), serving->degraded.end());
  // What starts last is not ready for a moment after everything is served; what still is not then, is told.
  const bool all = serving && serving->all && all_run;
  const bool settled = has_lasted(all, served_ms_, kSettleMs);
  if (all && (settled || serving->degraded.empty())) return ready(notes);
  const bool to_decide = serving && serving->some && all_run && serving->rest_needs_person;
  const bool waits_for_person = has_lasted(to_decide, waiting_ms_, kPersonMs);
  const auto missing = serving ? serving->missing : std::vector{serving.error().what};
  if (late || waits_for_person) {
    notes.insert(notes.begin(), missing.begin(), missing.end());
    if (serving && serving->some) return partly_ready(notes);
    return fail(fmt::format("nothing is served after {} s: {}", start_.ready_s, joined(notes)));
  }
  if (clock_.monotonic_ms() - shown_ms_ >= kShowEveryMs) show_waiting(all_run ? joined(missing) : "");
}

bool Session::has_lasted(bool now, std::int64_t& since_ms, std::int64_t for_ms) {
  if (!now) since_ms = 0;
  if (now && since_ms == 0) since_ms = clock_.monotonic_ms();
  return now && clock_.monotonic_ms() - since_ms >= for_ms;
}

// Each state of things once.
void Session::show_waiting(const std::string& missing) {
  shown_ms_ = clock_.monotonic_ms();
  std::string late;
  for (const auto& view : supervisor_->views()) {
    if (is_waited_for(view)) late += " " + view.name;
  }
  const auto text = late.empty() ? " " + missing : late;
  if (std::exchange(shown_, text) == text) return;
  say("  {} so far; waiting for:{}\n", seconds(shown_ms_ - started_ms_), text);
}

// A sentence each; `late`: those too that may yet.
std::vector<std::string> Session::who_does_not_run(bool late) const {
  std::vector<std::string> notes;
  for (const auto& view : supervisor_->views()) {
    if (late && is_waited_for(view))
      notes.push_back(fmt::format("{} is {}", view.name, to_string(view.state)));
    if (!does_not_stay(view)) continue;
    auto words = last_lines(start_.layout.log(view.name), 1);
    if (words.empty()) words = last_lines(start_.layout.stderr_log(view.name), 1);
    notes.push_back(fmt::format("{} does not stay: it {}{}", view.name, view.last_end,
                                words.empty() ? "" : ", and said: " + words.back()));
  }
  return notes;
}

void Session::ready(const std::vector<std::string>& notes) {
  ready_ = true;
  const auto took = seconds(clock_.monotonic_ms() - started_ms_);
  const auto data = start_.layout.data.string();
  spdlog::info("instance ready url={} after={}", instance_.url(), service::log_value(took));
  say("SportApp is ready after {0}: {1}\n"
      "  try    curl -d '{{\"username\":\"ana\"}}' -H 'Content-Type: application/json' "
      "{1}/api-commands/users\n"
      "         curl {1}/api-queries/users/1\n"
      "  data   {2}\n"
      "  logs   {2}/logs   (sportapp logs --data {2} -f)\n"
      "  stop   {3}\n",
      took, instance_.url(), data, detach_.forked() ? "sportapp down --data " + data : "Ctrl-C");
  for (const auto& note : notes) {
    spdlog::warn("ready although note={}", service::log_value(note));
    say("  but    {}\n", note);
  }
  let_go(0);
}

// What can be served is: what cannot needs a person, who needs the instance for it.
void Session::partly_ready(const std::vector<std::string>& missing) {
  ready_ = true;
  const auto data = start_.layout.data.string();
  fmt::print(stderr, "sportapp: not everything is served after {}; what can be is, at {}\n",
             seconds(clock_.monotonic_ms() - started_ms_), instance_.url());
  for (const auto& sentence : missing) {
    spdlog::error("not served cause={}", service::log_value(sentence));
    fmt::print(stderr, "  {}\n", sentence);
  }
  fmt::print(stderr,
             "It goes on, and what is mended is served again: sportapp status --data {0} shows it, sportapp "
             "down --data {0} ends it.\n",
             data);
  let_go(kExitPartlyServed);
}

void Session::let_go(int exit_status) {
  if (!detach_.forked()) return;
  console_ = false;
  detach_.let_go(exit_status, start_.layout.stderr_log("supervisor"));
}

void Session::fail(const std::string& why) {
  spdlog::error("start failed cause={}", service::log_value(why));
  fmt::print(stderr, "sportapp: {}\n", why);
  show_logs_of_late_ones();
  exit_status_ = kExitFailed;
  stopping_ = true;
  supervisor_->stop();
}

void Session::show_logs_of_late_ones() const {
  bool all_run = true;
  const auto& layout = start_.layout;
  for (const auto& view : supervisor_->views()) {
    if (view.state == ProcessState::kRunning && view.restarts == 0) continue;
    all_run = false;
    for (const auto& file : {layout.log(view.name), layout.stderr_log(view.name)}) {
      const auto lines = last_lines(file, kLogLines);
      if (lines.empty()) continue;
      fmt::print(stderr, "--- {}\n", file.string());
      for (const auto& line : lines) fmt::print(stderr, "{}\n", line);
    }
  }
  if (all_run) fmt::print(stderr, "All processes run; their logs are in {}\n", layout.logs().string());
}

}  // namespace sportapp::supervisor
