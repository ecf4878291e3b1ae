#include "lab/report/markdown.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lab/report/figures.hpp"

namespace sportapp::lab {
namespace {

namespace json = boost::json;
constexpr std::size_t kSlowShown = 10;

using Out = std::back_insert_iterator<std::string>;

// Unmistakable, and how papers print it.
std::string upper(std::string_view word) {
  std::string text(word);
  for (auto& c : text) c = static_cast<char>(c - 'a' + 'A');
  return text;
}

struct TableColumn {
  const char* title;
  const char* quantity;
  const char* worst;  // shown after a slash, where it is known
};

constexpr TableColumn kTable[] = {
    {"Failed", "failed_percent", nullptr},
    {"Failed requests", "counts.failed", nullptr},
    {"Lost", "lost.count", nullptr},
    {"Doubled", "doubled.count", nullptr},
    {"Outage", "outage_ms.median", "outage_ms.worst"},
    {"Noticed", "detect_ms.median", "detect_ms.worst"},
    {"Taken over", "take_over_ms.median", "take_over_ms.worst"},
    {"Redundant again", "redundant_ms.median", "redundant_ms.worst"},
    {"p50", "latency_ms.p50", nullptr},
    {"p99", "latency_ms.p99", nullptr},
};

std::string text_of(const Column& column, std::string_view id) {
  const auto& of = quantity(id);
  return figure_text(sum_up(column, of), of.unit);
}

void put_table(const Report& report, Out out) {
  fmt::format_to(out, "## Side by side\n\n| Run | Passed | Requests |");
  for (const auto& one : kTable) fmt::format_to(out, " {} |", one.title);
  fmt::format_to(out, "\n|---|---|--:|");
  for ([[maybe_unused]] const auto& one : kTable) fmt::format_to(out, "--:|");
  fmt::format_to(out, "\n");
  for (const auto& column : columns_of(report)) {
    double requests = 0;
    for (const auto* run : column.runs) requests += number_at(*run, "counts.requests").value_or(0);
    fmt::format_to(out, "| {} | {} of {} | {} |", plain(column.title), passed(column), column.runs.size(),
                   count_text(requests));
    for (const auto& one : kTable) {
      auto text = text_of(column, one.quantity);
      if (one.worst != nullptr && text != "–" && text != "never") text += " / " + text_of(column, one.worst);
      fmt::format_to(out, " {} |", text);
    }
    fmt::format_to(out, "\n");
  }
  for (const auto& one : report.published) {
    fmt::format_to(out, "| *{} (published, not measured here)* | – | – | {} |", plain(one.label),
                   figure_text(one.failed_percent, Unit::kPercent));
    for (std::size_t i = 1; i < std::size(kTable); ++i) fmt::format_to(out, " – |");
    fmt::format_to(out, "\n");
  }
  fmt::format_to(
      out,
      "\nTimes with a slash: median / worst. Of several runs counts are added up, percentages, medians "
      "and percentiles are their median, worst is the worst of all. Outage: from a fault until the next "
      "command sent after it was acknowledged.\n");
}

void put_findings(const json::object& run, Out out) {
  for (const auto* name : {"lost", "doubled", "different", "stale", "unasked", "reordered"}) {
    const auto& found = member(run, name);
    if (!found.is_object() || number_at(found.get_object(), "count").value_or(0) == 0) continue;
    fmt::format_to(out, "- {}: {}", name, count_text(*number_at(found.get_object(), "count")));
    const auto& examples = member(found.get_object(), "examples");
    if (examples.is_array()) {
      for (const auto& one : examples.get_array()) {
        fmt::format_to(out, "\n  - {}", plain(json::value_to<std::string>(one)));
      }
    }
    fmt::format_to(out, "\n");
  }
}

void put_counts(const json::object& run, Out out) {
  const auto count = [&run](const char* name) {
    const auto found = number_at(run, fmt::format("counts.{}", name));
    return figure_text(found, Unit::kCount);
  };
  fmt::format_to(
      out,
      "- requests: {} sent, {} acknowledged, {} failed, {} refused as allowed, {} masked; {} poison, "
      "counted apart\n",
      count("requests"), count("acknowledged"), count("failed"), count("refused_as_allowed"), count("masked"),
      count("poison"));
  const auto& by = member(run, "failed_by");
  if (by.is_object() && !by.get_object().empty()) {
    fmt::format_to(out, "- failed by:");
    const char* between = "";
    for (const auto& [how, times] : by.get_object()) {
      fmt::format_to(out, "{} {} {}", between, plain(std::string(how)), json::serialize(times));
      between = ",";
    }
    fmt::format_to(out, "\n");
  }
  put_findings(run, out);
  fmt::format_to(out, "- latency:");
  const char* between = "";
  for (const auto& [name, title] :
       {std::pair{"p50", "p50"}, {"p90", "p90"}, {"p99", "p99"}, {"p999", "p99.9"}, {"max", "longest"}}) {
    const auto& of = quantity(fmt::format("latency_ms.{}", name));
    fmt::format_to(out, "{} {} {}", between, title, figure_text(figure(run, of), of.unit));
    between = ",";
  }
  fmt::format_to(out, "\n");
}

const json::object* outage_of(const json::object& run, double fault) {
  const auto& each = member(run, "outage_ms.each");
  if (!each.is_array()) return nullptr;
  for (const auto& one : each.get_array()) {
    if (number_at(one.get_object(), "fault") == fault) return &one.get_object();
  }
  return nullptr;
}

void put_faults(const json::object& run, Out out) {
  const auto& faults = member(run, "faults");
  if (!faults.is_array() || faults.get_array().empty()) return;
  fmt::format_to(
      out, "\n| Fault | At | What | First acknowledged after | Longest silence |\n|--:|--:|---|--:|--:|\n");
  for (const auto& one : faults.get_array()) {
    const auto& fault = one.get_object();
    const auto number = number_at(fault, "number").value_or(0);
    const auto* outage = outage_of(run, number);
    const auto took = [outage](const char* name) {
      if (outage == nullptr) return std::string("–");
      const auto found = number_at(*outage, name);
      return found ? figure_text(found, Unit::kMs) : std::string("none until the next fault");
    };
    const auto what = text_at(fault, "what");
    fmt::format_to(out, "| {} | {:.1f} s | {} | {} | {} |\n", number, number_at(fault, "at_s").value_or(0),
                   plain(what.empty() ? text_at(fault, "kind") + " " + text_at(fault, "target") : what),
                   took("first_acknowledged_ms"), took("silence_ms"));
  }
}

void put_slow(const json::object& run, Out out) {
  const auto& slow = member(run, "slow");
  if (!slow.is_array() || slow.get_array().empty()) return;
  const auto& list = slow.get_array();
  const auto shown = std::min(list.size(), kSlowShown);
  fmt::format_to(
      out, "\nThe slowest of the masked requests ({} of {}):\n\n| Request | What | Sent | Took | Fault |\n",
      shown, list.size());
  fmt::format_to(out, "|--:|---|--:|--:|--:|\n");
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& one = list[i].get_object();
    fmt::format_to(out, "| {} | {} | {:.3f} s | {} | {} |\n", number_at(one, "number").value_or(0),
                   plain(text_at(one, "op")), number_at(one, "sent_s").value_or(0),
                   figure_text(number_at(one, "took_ms"), Unit::kMs),
                   figure_text(number_at(one, "fault"), Unit::kCount));
  }
}

// A fence longer than any in the text, so that it ends where it should.
std::string fenced(std::string_view text, std::string_view language) {
  std::size_t longest = 2;
  std::size_t length = 0;
  for (const char c : text) {
    length = c == '`' ? length + 1 : 0;
    longest = std::max(longest, length);
  }
  const std::string fence(longest + 1, '`');
  return fmt::format("{}{}\n{}{}{}\n", fence, language, text, text.ends_with('\n') ? "" : "\n", fence);
}

void put_run(const json::object& run, const std::string& title, std::size_t number, Out out) {
  fmt::format_to(out, "\n### Run {}: {}, {}\n\n", number, plain(title), plain(text_at(run, "started")));
  fmt::format_to(out, "**{}**: {}\n\n", upper(to_string(passed(run) ? Outcome::kPass : Outcome::kFail)),
                 plain(text_at(run, "verdict.line")));
  const auto& broken = member(run, "verdict.broken");
  if (broken.is_array()) {
    for (const auto& one : broken.get_array()) {
      const auto& object = one.get_object();
      fmt::format_to(out, "- does not hold: {}, wanted {}, found {}\n", plain(text_at(object, "what")),
                     plain(text_at(object, "wanted")), plain(text_at(object, "found")));
    }
  }
  put_counts(run, out);
  put_faults(run, out);
  put_slow(run, out);
}

void put_machine(const json::object& run, Out out) {
  const auto version = text_at(run, "sportapp.version");
  const auto known = [&run](const char* path) {
    const auto number = number_at(run, path);
    return number ? fmt::format("{}", *number) : std::string("?");
  };
  fmt::format_to(out, "- subject: {}{}\n", plain(text_at(run, "subject")),
                 version.empty() ? "" : ", SportApp " + plain(version));
  fmt::format_to(out, "- machine: {}, {} cores, {} MiB of memory, {}; load average before the run {}\n",
                 plain(text_at(run, "machine.cpu")), known("machine.cores"), known("machine.memory_mib"),
                 plain(text_at(run, "machine.kernel")), known("machine.load_average"));
}

// What is the same for several runs stands once.
void put_repeat(const Report& report, Out out) {
  fmt::format_to(out, "\n## How to repeat\n\n");
  std::string commands;
  std::vector<std::string> scenarios;
  for (const auto& run : report.results) {
    const auto command = text_at(run, "repeat") + "\n";
    if (command.size() > 1 && commands.find(command) == std::string::npos) commands += command;
    const auto text = text_at(run, "scenario.text");
    const bool is_there = std::find(scenarios.begin(), scenarios.end(), text) != scenarios.end();
    if (!text.empty() && !is_there) scenarios.push_back(text);
  }
  if (!commands.empty()) fmt::format_to(out, "{}", fenced(commands, "sh"));
  if (!report.results.empty()) {
    fmt::format_to(out, "\n");
    put_machine(report.results.front(), out);
  }
  for (const auto& text : scenarios) fmt::format_to(out, "\nScenario:\n\n{}", fenced(text, "toml"));
}

}  // namespace

std::string plain(std::string_view text) {
  constexpr std::string_view kMarks = R"(\`*_{}[]<>()#|~&!$)";
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == '\t') {
      out += ' ';
      continue;
    }
    if (kMarks.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string markdown(const Report& report) {
  std::string text;
  const Out out(text);
  fmt::format_to(out, "# {}\n\n**{}**: {}\n\n", plain(title_of(report)), upper(to_string(outcome_of(report))),
                 plain(verdict_line(report)));
  put_table(report, out);
  fmt::format_to(out, "\n## Runs\n");
  std::size_t number = 0;
  for (const auto& run : report.results) put_run(run, title_of_run(report, run), ++number, out);
  put_repeat(report, out);
  return text;
}

}  // namespace sportapp::lab
