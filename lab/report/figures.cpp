#include "lab/report/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace sportapp::lab {
namespace {

namespace json = boost::json;

constexpr Quantity kQuantities[] = {
    {"failed_percent", "failed, %", Unit::kPercent, Sum::kMedian},
    {"counts.failed", "failed", Unit::kCount, Sum::kTotal},
    {"counts.refused_as_allowed", "refused, as allowed", Unit::kCount, Sum::kTotal},
    {"lost.count", "lost", Unit::kCount, Sum::kTotal},
    {"doubled.count", "doubled", Unit::kCount, Sum::kTotal},
    {"different.count", "answered differently", Unit::kCount, Sum::kTotal},
    {"stale.count", "stale reads", Unit::kCount, Sum::kTotal},
    {"unasked.count", "unasked", Unit::kCount, Sum::kTotal},
    {"reordered.count", "reordered", Unit::kCount, Sum::kTotal},
    {"outage_ms.median", "outage, median", Unit::kMs, Sum::kMedian},
    {"outage_ms.worst", "outage, worst", Unit::kMs, Sum::kWorst},
    {"detect_ms.median", "noticed after, median", Unit::kMs, Sum::kMedian},
    {"detect_ms.worst", "noticed after, worst", Unit::kMs, Sum::kWorst},
    {"take_over_ms.median", "taken over after, median", Unit::kMs, Sum::kMedian},
    {"take_over_ms.worst", "taken over after, worst", Unit::kMs, Sum::kWorst},
    {"redundant_ms.median", "redundant again after, median", Unit::kMs, Sum::kMedian},
    {"redundant_ms.worst", "redundant again after, worst", Unit::kMs, Sum::kWorst},
    {"latency_ms.p50", "latency p50", Unit::kMs, Sum::kMedian},
    {"latency_ms.p90", "latency p90", Unit::kMs, Sum::kMedian},
    {"latency_ms.p99", "latency p99", Unit::kMs, Sum::kMedian},
    {"latency_ms.p999", "latency p99.9", Unit::kMs, Sum::kMedian},
    {"latency_ms.max", "latency, longest", Unit::kMs, Sum::kWorst},
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string joined(const std::vector<std::string>& texts, std::string_view between) {
  return fmt::format("{}", fmt::join(texts, between));
}

// "nothing lost, nothing doubled", or what was.
std::string findings_text(const std::vector<Column>& columns) {
  std::vector<std::string> said;
  for (const auto* name : {"lost", "doubled"}) {
    double count = 0;
    bool known = false;
    for (const auto& column : columns) {
      const auto one = sum_up(column, quantity(fmt::format("{}.count", name)));
      count += one.value_or(0);
      known = known || one;
    }
    if (known) said.push_back(fmt::format("{} {}", count > 0 ? count_text(count) : "nothing", name));
  }
  return joined(said, ", ");
}

bool is_open(const json::value& outage) {
  return !number_at(outage.get_object(), "first_acknowledged_ms");
}

// After its last fault nothing was acknowledged any more.
bool never_came_back(const json::object& result) {
  const auto& each = member(result, "outage_ms.each");
  return each.is_array() && !each.get_array().empty() && is_open(each.get_array().back());
}

// After most of its faults nothing was acknowledged until the next one.
bool mostly_away(const json::object& result) {
  const auto& each = member(result, "outage_ms.each").get_array();
  return 2 * std::count_if(each.begin(), each.end(), is_open) > std::ssize(each);
}

double total(const Report& report, std::string_view path) {
  double sum = 0;
  for (const auto& result : report.results) sum += number_at(result, path).value_or(0);
  return sum;
}

// Of runs that all ended alike.
std::string line_of_all(const Report& report, const std::vector<Column>& columns) {
  auto line = fmt::format("{} of {} requests failed", count_text(total(report, "counts.failed")),
                          count_text(total(report, "counts.requests")));
  if (const auto found = findings_text(columns); !found.empty()) line += fmt::format("; {}", found);
  std::optional<double> worst;
  for (const auto& column : columns) {
    const auto one = sum_up(column, quantity("outage_ms.worst"));
    if (one) worst = std::max(worst.value_or(0), *one);
  }
  if (worst == kNever) return line + "; service did not come back";
  if (worst) line += fmt::format("; worst outage {}", figure_text(worst, Unit::kMs));
  return line;
}

}  // namespace

std::span<const Quantity> quantities() {
  return kQuantities;
}

const Quantity& quantity(std::string_view id) {
  const auto* found = std::find_if(std::begin(kQuantities), std::end(kQuantities),
                                   [id](const Quantity& one) { return one.id == id; });
  if (found == std::end(kQuantities)) throw std::logic_error(fmt::format("there is no quantity {}", id));
  return *found;
}

const json::value& member(const json::object& object, std::string_view path) {
  static const json::value kNull;
  const auto dot = path.find('.');
  const auto* found = object.if_contains(json::string_view(path.data(), std::min(dot, path.size())));
  if (found == nullptr) return kNull;
  if (dot == std::string_view::npos) return *found;
  return found->is_object() ? member(found->get_object(), path.substr(dot + 1)) : kNull;
}

std::string text_at(const json::object& object, std::string_view path) {
  const auto& found = member(object, path);
  return found.is_string() ? std::string(found.get_string()) : std::string();
}

std::optional<double> number_at(const json::object& object, std::string_view path) {
  const auto& found = member(object, path);
  return found.is_number() ? std::optional(found.to_number<double>()) : std::nullopt;
}

bool passed(const json::object& result) {
  const auto& pass = member(result, "verdict.pass");
  return pass.is_bool() && pass.get_bool();
}

std::optional<double> figure(const json::object& result, const Quantity& quantity) {
  const auto found = number_at(result, quantity.id);
  if (quantity.id == "outage_ms.worst" && never_came_back(result)) return kNever;
  if (quantity.id == "outage_ms.median" && never_came_back(result) && mostly_away(result)) return kNever;
  if (quantity.id != "failed_percent") return found;
  const auto requests = number_at(result, "counts.requests").value_or(0);
  if (requests <= 0) return std::nullopt;
  return 100 * number_at(result, "counts.failed").value_or(0) / requests;
}

std::vector<std::string> scenarios_of(const Report& report) {
  std::vector<std::string> names;
  for (const auto& result : report.results) {
    auto name = text_at(result, "scenario.name");
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

std::string title_of_run(const Report& report, const json::object& result) {
  const auto label = text_at(result, "label");
  if (scenarios_of(report).size() == 1) return label;
  return fmt::format("{}: {}", text_at(result, "scenario.name"), label);
}

std::vector<Column> columns_of(const Report& report) {
  std::vector<Column> columns;
  for (const auto& result : report.results) {
    const auto title = title_of_run(report, result);
    auto found = std::find_if(columns.begin(), columns.end(),
                              [&](const Column& column) { return column.title == title; });
    if (found == columns.end()) found = columns.insert(columns.end(), Column{title, {}});
    found->runs.push_back(&result);
  }
  return columns;
}

std::optional<double> sum_up(const Column& column, const Quantity& quantity) {
  std::vector<double> values;
  for (const auto* run : column.runs) {
    if (const auto one = figure(*run, quantity)) values.push_back(*one);
  }
  if (values.empty()) return std::nullopt;
  switch (quantity.sum) {
    case Sum::kTotal:
      return std::accumulate(values.begin(), values.end(), 0.0);
    case Sum::kMedian:
      return median(std::move(values));
    case Sum::kWorst:
      return *std::max_element(values.begin(), values.end());
  }
  return std::nullopt;
}

std::ptrdiff_t passed(const Column& column) {
  return std::count_if(column.runs.begin(), column.runs.end(), [](const auto* run) { return passed(*run); });
}

Outcome outcome_of(const Report& report) {
  const auto good = std::count_if(report.results.begin(), report.results.end(),
                                  [](const json::object& result) { return passed(result); });
  if (good == 0) return Outcome::kFail;
  return good == std::ssize(report.results) ? Outcome::kPass : Outcome::kMixed;
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "pass";
    case Outcome::kFail:
      return "fail";
    case Outcome::kMixed:
      return "mixed";
  }
  return "?";
}

std::string verdict_line(const Report& report) {
  if (report.results.size() == 1) return text_at(report.results.front(), "verdict.line");
  const auto columns = columns_of(report);
  if (outcome_of(report) != Outcome::kMixed) {
    return fmt::format("{} runs: {}", report.results.size(), line_of_all(report, columns));
  }
  std::vector<std::string> good;
  std::vector<std::string> bad;
  for (const auto& column : columns) {
    const auto count = passed(column);
    const auto runs = std::ssize(column.runs);
    const auto of = runs == 1 ? column.title : fmt::format("{} ({} of {})", column.title, count, runs);
    (count == runs ? good : bad).push_back(of);
  }
  auto line = good.empty() ? std::string() : fmt::format("passed: {}; ", joined(good, ", "));
  return line + fmt::format("did not pass: {}", joined(bad, ", "));
}

std::string title_of(const Report& report) {
  if (!report.title.empty()) return report.title;
  const auto scenarios = scenarios_of(report);
  if (scenarios.size() != 1) return fmt::format("Experiment: {}", joined(scenarios, ", "));
  const auto title = text_at(report.results.front(), "scenario.title");
  return title.empty() ? text_at(report.results.front(), "scenario.name") : title;
}

std::string count_text(double count) {
  auto digits = fmt::format("{:.0f}", std::abs(count));
  for (auto at = std::ssize(digits) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), 1, ',');
  return count <= -0.5 ? fmt::format("-{}", digits) : digits;
}

std::string figure_text(std::optional<double> figure, Unit unit) {
  if (!figure) return "–";
  const auto value = *figure;
  if (value == kNever) return "never";
  if (unit == Unit::kCount) return count_text(value);
  const auto size = std::abs(value);
  if (unit == Unit::kPercent) {
    if (size == 0) return "0 %";
    return size < 0.01 ? fmt::format("{:.4f} %", value) : fmt::format("{:.2f} %", value);
  }
  if (size >= 10'000) return fmt::format("{:.1f} s", value / 1000);
  if (size >= 10) return count_text(value) + " ms";
  return fmt::format("{:.{}f} ms", value, size >= 1 || size == 0 ? 1 : 2);
}

json::value figure_json(std::optional<double> figure) {
  if (!figure) return nullptr;
  return *figure == kNever ? json::value("never") : json::value(*figure);
}

}  // namespace sportapp::lab
