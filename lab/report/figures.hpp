// The figures of runs, each by itself and summed up over the runs of one label.
#pragma once
#include <boost/json.hpp>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lab/report/report.hpp"

namespace sportapp::lab {

enum class Unit : std::uint8_t { kCount, kPercent, kMs };
enum class Sum : std::uint8_t { kTotal, kMedian, kWorst };  // how the figures of several runs become one

// One figure of a run. Of all of them less is better.
struct Quantity {
  std::string_view id;     // its place in result.json; failed_percent is worked out
  std::string_view title;  // in tables
  Unit unit = Unit::kCount;
  Sum sum = Sum::kTotal;
};

[[nodiscard]] std::span<const Quantity> quantities();
[[nodiscard]] const Quantity& quantity(std::string_view id);

// An outage that lasted until the end.
inline constexpr double kNever = std::numeric_limits<double>::infinity();

// Nothing where the run does not know it.
[[nodiscard]] std::optional<double> figure(const boost::json::object& result, const Quantity& quantity);
// The member at a path of names, `counts.requests`; null where it is not there.
[[nodiscard]] const boost::json::value& member(const boost::json::object& object, std::string_view path);
[[nodiscard]] std::string text_at(const boost::json::object& object, std::string_view path);
[[nodiscard]] std::optional<double> number_at(const boost::json::object& object, std::string_view path);
[[nodiscard]] bool passed(const boost::json::object& result);

// The runs of one label. It points into the report that it was made from.
struct Column {
  std::string title;  // the label, with the scenario before it where the report has several
  std::vector<const boost::json::object*> runs;
};

// The names of its scenarios, each once.
[[nodiscard]] std::vector<std::string> scenarios_of(const Report& report);
// That of its column.
[[nodiscard]] std::string title_of_run(const Report& report, const boost::json::object& result);
[[nodiscard]] std::vector<Column> columns_of(const Report& report);
[[nodiscard]] std::optional<double> sum_up(const Column& column, const Quantity& quantity);
[[nodiscard]] std::ptrdiff_t passed(const Column& column);  // how many of its runs

enum class Outcome : std::uint8_t { kPass, kFail, kMixed };  // mixed: some runs passed
[[nodiscard]] std::string_view to_string(Outcome outcome);
[[nodiscard]] Outcome outcome_of(const Report& report);
// One line, without the word pass or fail: of the one run its own, else of all of them together.
[[nodiscard]] std::string verdict_line(const Report& report);
[[nodiscard]] std::string title_of(const Report& report);

// 56120 -> 56,120; percent and milliseconds with as many digits as say something; – for nothing.
[[nodiscard]] std::string count_text(double count);
[[nodiscard]] std::string figure_text(std::optional<double> figure, Unit unit);
// A number, null, or "never".
[[nodiscard]] boost::json::value figure_json(std::optional<double> figure);

}  // namespace sportapp::lab
