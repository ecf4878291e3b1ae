#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lab/report/figures.hpp"

namespace sportapp::lab {
namespace {

namespace json = boost::json;

// Times that differ by less, or by less than that share, count as the same: two runs never take the same
// time.
constexpr double kSameMs = 1;
constexpr double kSameShare = 0.05;

struct Pair {
  const Column* a;
  const Column* b;
};

bool is_same(double a, double b, Unit unit) {
  if (unit != Unit::kMs || a == b) return a == b;
  const auto apart = std::abs(a - b);
  return apart < kSameMs || apart < kSameShare * std::max(std::abs(a), std::abs(b));
}

const char* better_of(std::optional<double> a, std::optional<double> b, Unit unit) {
  if (!a || !b) return "unknown";
  if (is_same(*a, *b, unit)) return "same";
  return *a < *b ? "A" : "B";
}

std::vector<Pair> pairs_of(const std::vector<Column>& a, const std::vector<Column>& b) {
  if (a.size() == 1 && b.size() == 1) return {{&a.front(), &b.front()}};
  std::vector<Pair> pairs;
  for (const auto& one : a) {
    const auto other =
        std::find_if(b.begin(), b.end(), [&](const Column& column) { return column.title == one.title; });
    if (other != b.end()) pairs.push_back({&one, &*other});
  }
  return pairs;
}

std::string titles(const std::vector<Column>& columns) {
  std::string text;
  for (const auto& one : columns) text += fmt::format("{}{}", text.empty() ? "" : ", ", one.title);
  return text;
}

// Nothing where one of them is nothing or never ended.
std::optional<double> difference(std::optional<double> a, std::optional<double> b) {
  if (!a || !b || !std::isfinite(*a) || !std::isfinite(*b)) return std::nullopt;
  return *b - *a;
}

std::optional<double> ratio(std::optional<double> a, std::optional<double> b) {
  if (!difference(a, b) || *a == 0) return std::nullopt;
  return *b / *a;
}

std::string difference_text(std::optional<double> apart, Unit unit) {
  if (!apart || *apart == 0) return apart ? "0" : "–";
  return fmt::format("{}{}", *apart > 0 ? '+' : '-', figure_text(std::abs(*apart), unit));
}

std::string ratio_text(std::optional<double> ratio) {
  return ratio ? fmt::format("{:.2f}", *ratio) : "–";
}

// fmt pads by display width: a dash of three bytes counts as one.
std::string row(const std::string& name, const std::string& a, const std::string& b, const std::string& apart,
                const std::string& ratio, std::string_view better) {
  auto line = fmt::format("  {:<30} {:>12} {:>12} {:>12} {:>8}  {}", name, a, b, apart, ratio, better);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

struct Tally {
  std::vector<std::string> a, b;
  int same = 0;
};

// One figure of both sides, into the table, the JSON and the tally.
void put_figure(const Pair& pair, const Quantity& quantity, std::string& text, json::object& figures,
                Tally& tally) {
  const auto a = sum_up(*pair.a, quantity);
  const auto b = sum_up(*pair.b, quantity);
  if (!a && !b) return;
  const std::string_view better = better_of(a, b, quantity.unit);
  const std::string title(quantity.title);
  if (better == "A") tally.a.push_back(title);
  if (better == "B") tally.b.push_back(title);
  if (better == "same") ++tally.same;
  text += row(title, figure_text(a, quantity.unit), figure_text(b, quantity.unit),
              difference_text(difference(a, b), quantity.unit), ratio_text(ratio(a, b)),
              better == "A" || better == "B" ? better : "");
  json::object said{{"a", figure_json(a)}, {"b", figure_json(b)}};
  said["difference"] = figure_json(difference(a, b));
  said["ratio"] = figure_json(ratio(a, b));
  said["better"] = better;
  figures[json::string_view(quantity.id.data(), quantity.id.size())] = std::move(said);
}

std::string wins(std::string_view side, const std::vector<std::string>& in) {
  if (in.empty()) return fmt::format("{} is better in nothing", side);
  return fmt::format("{} is better in {}: {}", side, in.size(), fmt::join(in, "; "));
}

json::object side_json(const Column& column) {
  return {{"label", column.title}, {"runs", column.runs.size()}, {"passed", passed(column)}};
}

json::object compare_pair(const Pair& pair, std::string& text) {
  text += fmt::format("\nA: {}, {} of {} passed\nB: {}, {} of {} passed\n\n", pair.a->title, passed(*pair.a),
                      pair.a->runs.size(), pair.b->title, passed(*pair.b), pair.b->runs.size());
  text += row("", "A", "B", "B - A", "B / A", "better");
  json::object figures;
  Tally tally;
  for (const auto& one : quantities()) put_figure(pair, one, text, figures, tally);
  text += fmt::format("\n{}.\n{}.\nThe same, or too near to tell: {}.\n", wins("A", tally.a),
                      wins("B", tally.b), tally.same);
  return {{"a", side_json(*pair.a)}, {"b", side_json(*pair.b)}, {"figures", std::move(figures)}};
}

}  // namespace

Result<Comparison> compare(const Report& a, const Report& b) {
  const auto columns_a = columns_of(a);
  const auto columns_b = columns_of(b);
  const auto pairs = pairs_of(columns_a, columns_b);
  if (pairs.empty()) {
    return Error{Retry::kNever, fmt::format("nothing to compare: no label is in both; A has {}; B has {}",
                                            titles(columns_a), titles(columns_b))};
  }
  Comparison comparison;
  auto& text = comparison.text;
  text = fmt::format("A: {}\nB: {}\n", title_of(a), title_of(b));
  json::array compared;
  for (const auto& pair : pairs) compared.push_back(compare_pair(pair, text));
  for (const auto& [side, own, others] :
       {std::tuple{"A", &columns_a, &columns_b}, {"B", &columns_b, &columns_a}}) {
    if (own->size() == 1 && others->size() == 1) continue;
    std::vector<Column> alone;
    for (const auto& one : *own) {
      const bool is_there = std::any_of(others->begin(), others->end(),
                                        [&](const Column& other) { return other.title == one.title; });
      if (!is_there) alone.push_back(one);
    }
    if (!alone.empty()) text += fmt::format("\nOnly in {}: {}\n", side, titles(alone));
  }
  comparison.json = {
      {"format", 1}, {"a", title_of(a)}, {"b", title_of(b)}, {"compared", std::move(compared)}};
  return comparison;
}

}  // namespace sportapp::lab
