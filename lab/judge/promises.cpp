#include "lab/judge/promises.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lab/request/answer.hpp"

namespace sportapp::lab {
namespace {

constexpr std::int64_t kTookMaxUs = 3'600'000'000;

// Nothing took effect, says who answers so.
bool is_refused(const Request& request) {
  return request.outcome.size() == 3 && request.outcome.front() == '4';
}

std::string_view start_of(std::string_view body) {
  return body.substr(0, kAnswerBytesOfRead);
}

Acknowledged acknowledged_of(const Request& request, std::string_view service) {
  Acknowledged one;
  one.answered_us = request.answered_us;
  one.took_us = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(request.answered_us - request.sent_us, 0, kTookMaxUs));
  if (request.op != Op::kRead) {
    const auto position = position_in(request.position, service);
    one.position = static_cast<std::uint32_t>(position != 0 ? position : id_in(request.answer));
  }
  return one;
}

void sort_all(std::map<std::string, std::vector<Acknowledged>, std::less<>>& lists) {
  for (auto& [service, list] : lists) {
    std::sort(list.begin(), list.end(),
              [](const auto& a, const auto& b) { return a.answered_us < b.answered_us; });
  }
}

}  // namespace

std::string_view service_of(const Request& request) {
  switch (request.op) {
    case Op::kRegister:
    case Op::kPoison:
      return "users";
    case Op::kProduct:
      return "products";
    case Op::kOrder:
      return "orders";
    case Op::kRead:
      break;
  }
  std::string_view path = request.subject;
  constexpr std::string_view kQueries = "/api-queries/";
  const auto begin = path.find(kQueries);
  if (begin == std::string_view::npos) return {};
  path.remove_prefix(begin + kQueries.size());
  return path.substr(0, path.find_first_of("/?"));
}

void Acknowledgements::sort() {
  sort_all(commands);
  sort_all(reads);
}

Promises::Promises(std::vector<ServiceTruth>& truths, Findings& findings)
    : truths_(truths), findings_(findings) {}

void Promises::take(const Request& request) {
  const bool acknowledged = request.outcome == "200";
  if (acknowledged && request.due_us >= 0 && request.op != Op::kPoison) {
    const auto service = service_of(request);
    auto& lists = request.op == Op::kRead ? acknowledgements_.reads : acknowledgements_.commands;
    auto list = lists.find(service);
    if (list == lists.end()) list = lists.emplace(service, std::vector<Acknowledged>()).first;
    list->second.push_back(acknowledged_of(request, service));
  }
  request.op == Op::kRead ? take_read(request) : take_command(request, acknowledged);
}

void Promises::take_command(const Request& request, bool acknowledged) {
  const auto service = service_of(request);
  for (auto& truth : truths_) {
    if (truth.service == service) hold_against(truth, request, acknowledged);
  }
}

void Promises::hold_against(ServiceTruth& truth, const Request& request, bool acknowledged) {
  const auto held = truth.ledger.find(request);
  const bool is_list = truth.journal.empty();
  // In a list only the name tells: whoever has it may have asked under another key, or before the load.
  if (!acknowledged && held && !is_list && is_refused(request)) {
    findings_.different.add([&] {
      return fmt::format("request {} (key {}) was refused, {} {}; {} holds {}", request.number, request.key,
                         request.outcome, start_of(request.answer), truth.service,
                         describe(truth.journal, held->place));
    });
  }
  if (!acknowledged) return;  // whether it is there or not: nothing was promised
  if (!held) {
    findings_.lost.add([&] {
      return fmt::format(
          "{} of request {} (key {}), acknowledged after {:.1f} s with {}, is not in the {} of {}",
          request.subject, request.number, request.key, static_cast<double>(request.answered_us) / 1e6,
          start_of(request.answer), is_list ? "list" : "journal", truth.service);
    });
    return;
  }
  const auto position = is_list ? 0 : position_in(request.position, truth.service);
  if (truth.ledger.says(*held, request) && (position == 0 || position == held->place)) return;
  findings_.different.add([&] {
    return fmt::format(
        "request {} (key {}) was answered {} {}; {} holds {}", request.number, request.key, request.position,
        start_of(request.answer), truth.service,
        is_list ? fmt::format("another id for {}", request.subject) : describe(truth.journal, held->place));
  });
}

// A read that asked for a position was promised all up to it. Where the service could not keep to that it
// says 503, and what it says then is no answer.
void Promises::take_read(const Request& request) {
  if (request.position_asked.empty() || request.expected.empty()) return;
  const bool missing = request.outcome == "404";
  const bool other = request.outcome == "200" && start_of(request.answer) != start_of(request.expected);
  if (!missing && !other) return;
  findings_.stale.add(fmt::format("request {} read {} at {}: {} {}; expected {}", request.number,
                                  request.subject, request.position_asked, request.outcome,
                                  start_of(request.answer), start_of(request.expected)));
}

void Promises::finish() {
  for (const auto& truth : truths_) {
    for (const auto place : truth.ledger.unasked()) {
      findings_.unasked.add(
          [&] { return fmt::format("{}: entry {}", truth.service, describe(truth.journal, place)); });
    }
  }
  acknowledgements_.sort();
  for (const auto& [service, list] : acknowledgements_.commands) look_for_reordered(service, list);
}

void Promises::look_for_reordered(const std::string& service, const std::vector<Acknowledged>& by_answer) {
  // The greatest position acknowledged so far, for each place of the list.
  std::vector<std::uint32_t> greatest;
  greatest.reserve(by_answer.size());
  for (const auto& one : by_answer) {
    greatest.push_back(std::max(one.position, greatest.empty() ? 0U : greatest.back()));
  }
  for (const auto& one : by_answer) {
    if (one.position == 0) continue;
    const auto before = std::lower_bound(
        by_answer.begin(), by_answer.end(), one.sent_us(),
        [](const Acknowledged& other, std::int64_t time) { return other.answered_us < time; });
    if (before == by_answer.begin()) continue;
    const auto position = greatest[static_cast<std::size_t>(before - by_answer.begin()) - 1];
    if (position <= one.position) continue;
    findings_.reordered.add(
        fmt::format("{}: a command sent at {:.6f} s got position {}, after {} had been acknowledged", service,
                    static_cast<double>(one.sent_us()) / 1e6, one.position, position));
  }
}

}  // namespace sportapp::lab
