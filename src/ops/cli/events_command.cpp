#include <fmt/format.h>

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/command_line/command_line.hpp"
#include "base/exit_status.hpp"
#include "base/json_reading.hpp"
#include "domain/services/registry.hpp"
#include "ops/cli/commands.hpp"
#include "ops/cli/failover_events.hpp"
#include "ops/instance/internal_client.hpp"
#include "ops/supervisor/failover_view.hpp"

namespace sportapp::cli {
namespace {

namespace json = boost::json;
constexpr int kEventsAnswerMs = 60'000;

struct EventsOptions {
  std::string service;  // empty: all
  std::string data = kDataDefault;
  std::size_t last = 20;
  bool json = false;
  bool follow = false;
};

constexpr const char* kEventsFooter =
    R"(First what was done about failures: when, of which service, by which rule (sportapp failover table), what and why.
Then the events that a process could not take in, or cannot show. Such an event stops nothing else: the process sets
it aside with its reason. The first thousand of each process are listed. `retry` tries them again, in order: when the
cause is gone, for example after an upgrade. Then who found entries in a stream that are not of its journal's history:
none of them counted, the journal's own feed was read instead.

Exit status: 0, 1 a process did not answer, 2 wrong command line, 4 no instance runs on this data.

Examples:
  sportapp events
  sportapp events --last 100
  sportapp events --json
  sportapp events --follow
  sportapp events retry
  sportapp events retry orders --data /srv/sportapp)";

constexpr const char* kRetryFooter =
    R"(What can be taken in or shown now is so, and no longer set aside. A read model in which one is shown late is made
anew afterwards, while it serves, as `sportapp rebuild` does: so what happened since then stands above it.

Exit status: 0 nothing is set aside any more, 1 something is, or a process did not answer, 2 wrong command line,
4 no instance runs on this data.

Examples:
  sportapp events retry
  sportapp events retry orders)";

using Process = instance::InstanceProcess;

// Of a commands service the primary takes events in, the others have them from it.
bool is_spare(const Process& process, const Result<supervisor::FailoverView>& failover) {
  const auto* service = failover ? failover->find(process.service) : nullptr;
  return process.side == "commands" && service != nullptr && service->primary != process.node;
}

// The commands processes first: what they take in now is then shown too.
std::vector<Process> asked_processes(const instance::Instance& instance, const std::string& service) {
  const auto failover = supervisor::ask_failover(instance);
  std::vector<Process> found;
  for (const auto* side : {"commands", "queries"}) {
    for (const auto& process : instance.processes) {
      if (process.side != side || is_spare(process, failover)) continue;
      if (service.empty() || process.service == service) found.push_back(process);
    }
  }
  return found;
}

// The JSON object that `process` answers; an error says what it answered instead.
Result<json::object> ask(const instance::Instance& instance, const Process& process, bool post,
                         const std::string& path) {
  instance::InternalClient client(instance, process, kEventsAnswerMs);
  const auto answer = post ? client.post(path) : client.get(path);
  if (!answer) return answer.error();
  json::error_code failed;
  const auto said = json::parse(answer->body, failed);
  if (answer->status == 200 && !failed && said.is_object()) return said.get_object();
  return Error{Retry::kLater, fmt::format("it answered {} {}", answer->status, answer->body)};
}

Result<std::size_t> show_events(const instance::Instance& instance, const Process& process) {
  const auto said = ask(instance, process, false, "/internal/events/set-aside");
  if (!said) return said.error();
  try {
    const auto& events = said->at("set_aside").as_array();
    for (const auto& event : events) {
      fmt::print("{:<20} {:<9} {:>9} {:<16} {}\n", process.name, event.at("source").as_string().c_str(),
                 event.at("seq").to_number<std::int64_t>(), event.at("type").as_string().c_str(),
                 event.at("reason").as_string().c_str());
    }
    return events.size();
  } catch (const std::exception& failed) {
    return Error{Retry::kNever, fmt::format("its answer is not understood: {}", failed.what())};
  }
}

void show_false_stream(const Process& process, std::string_view name, const json::object& status) {
  const auto count = number_in(status, name).value_or(0);
  if (count == 0) return;
  fmt::print(
      "{:<20} {} {} times: {}\n", process.name,
      name == "stream_mended" ? "found its stream false and rewrote it" : "rejected entries of the stream",
      count, text_in(status, std::string(name) + "_why").value_or(""));
}

// What it found in a stream that no relay of the journal wrote: docs/streams.md.
void show_false_streams(const instance::Instance& instance, const Process& process) {
  const auto status = ask(instance, process, false, "/internal/status");
  if (!status) return;  // whoever does not answer is told already
  show_false_stream(process, "stream_mended", *status);
  show_false_stream(process, "refused", *status);
  for (const auto& name : services::names()) show_false_stream(process, "refused_" + name, *status);
}

// How many events are left.
Result<std::int64_t> retry_events(const instance::Instance& instance, const Process& process) {
  const auto said = ask(instance, process, true, "/internal/events/retry");
  if (!said) return said.error();
  try {
    const auto retried = said->at("retried").to_number<std::int64_t>();
    const auto left = said->at("left").to_number<std::int64_t>();
    if (retried + left > 0) fmt::print("{}: {} no longer set aside, {} left\n", process.name, retried, left);
    return left;
  } catch (const std::exception& failed) {
    return Error{Retry::kNever, fmt::format("its answer is not understood: {}", failed.what())};
  }
}

template <class Count>
bool tell_failure(const Process& process, const Result<Count>& outcome) {
  if (!outcome) fmt::print(stderr, "{}: {}\n", process.name, outcome.error().what);
  return !outcome;
}

int list_set_aside(const instance::Instance& instance, const std::vector<Process>& processes) {
  std::size_t events = 0;
  bool failed = false;
  for (const auto& process : processes) {
    const auto shown = show_events(instance, process);
    if (!tell_failure(process, shown)) events += *shown;
    failed = failed || !shown;
    show_false_streams(instance, process);
  }
  if (events == 0 && !failed) fmt::print("No event is set aside.\n");
  return failed ? kExitFailed : 0;
}

int retry(const instance::Instance& instance, const std::vector<Process>& processes) {
  bool all = true;
  for (const auto& process : processes) {
    const auto left = retry_events(instance, process);
    all = !tell_failure(process, left) && *left == 0 && all;
  }
  if (all) fmt::print("No event is set aside.\n");
  return all ? 0 : kExitFailed;
}

int answer_events(const EventsOptions& options) {
  const auto instance = instance::read_instance(options.data);
  if (!instance) {
    fmt::print(stderr, "sportapp: {}\n", instance.error().what);
    return kExitNotRunning;
  }
  const FailoverEvents failover(*instance, options.json);
  const auto shown = failover.show(options.last, options.follow);
  if (!shown) fmt::print(stderr, "sportapp: {}\n", shown.error().what);
  // As lines for scripts, failovers only: what is set aside stands in the status of its process.
  const int listed =
      options.json ? 0 : list_set_aside(*instance, asked_processes(*instance, options.service));
  return shown ? listed : kExitFailed;
}

int retry_all(const EventsOptions& options) {
  const auto instance = instance::read_instance(options.data);
  if (instance) return retry(*instance, asked_processes(*instance, options.service));
  fmt::print(stderr, "sportapp: {}\n", instance.error().what);
  return kExitNotRunning;
}

}  // namespace

void add_events_command(command_line::Command& app, int& exit_status) {
  auto* command =
      app.add_command("events", "Show what was done about failures, and events that were set aside");
  auto options = std::make_shared<EventsOptions>();
  auto* again = command->add_command("retry", "Try the events that are set aside again");
  for (auto* one : {command, again}) one->add_option("--data", options->data, kDataHelp)->show_default();
  command->add_option("--last", options->last, "How many of what was done about failures")->show_default();
  command->add_flag("--json", options->json, "What was done about failures as JSON, an object a line");
  command->add_flag("-f,--follow", options->follow, "Go on with what is done from now, until Ctrl-C");
  again->add_option("SERVICE", options->service, "Whose processes (every service's)")
      ->one_of(services::names());
  command->footer(kEventsFooter);
  again->footer(kRetryFooter);
  again->action([options, &exit_status] { exit_status = retry_all(*options); });
  command->action([options, again, &exit_status] {
    if (!again->parsed()) exit_status = answer_events(*options);
  });
}

}  // namespace sportapp::cli
