#include "lab/report/shape.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace sportapp::lab {
namespace {

namespace json = boost::json;

enum class Kind : std::uint8_t { kText, kNumber, kTruth, kObject, kNumbers, kTexts, kPairs };
enum class Need : std::uint8_t { kMust, kMay };  // may: absent or null where unknown

struct Rule {
  std::string_view path;  // `a.b`; `a[].b` is member b of each object of the list a
  Kind kind = Kind::kText;
  Need need = Need::kMay;
};

constexpr Rule kRules[] = {
    {"scenario.name", Kind::kText, Need::kMust},
    {"scenario.title", Kind::kText},
    {"scenario.seed", Kind::kNumber},
    {"scenario.duration_s", Kind::kNumber, Need::kMust},
    {"scenario.text", Kind::kText},
    {"sportapp.version", Kind::kText},
    {"machine.cpu", Kind::kText},
    {"machine.cores", Kind::kNumber},
    {"machine.memory_mib", Kind::kNumber},
    {"machine.kernel", Kind::kText},
    {"machine.load_average", Kind::kNumber},
    {"started", Kind::kText, Need::kMust},
    {"subject", Kind::kText},
    {"label", Kind::kText, Need::kMust},
    {"tactics", Kind::kObject},
    {"verdict.pass", Kind::kTruth, Need::kMust},
    {"verdict.line", Kind::kText, Need::kMust},
    {"verdict.broken[].what", Kind::kText, Need::kMust},
    {"verdict.broken[].wanted", Kind::kText},
    {"verdict.broken[].found", Kind::kText},
    {"counts.requests", Kind::kNumber, Need::kMust},
    {"counts.acknowledged", Kind::kNumber, Need::kMust},
    {"counts.failed", Kind::kNumber, Need::kMust},
    {"counts.refused_as_allowed", Kind::kNumber},
    {"counts.poison", Kind::kNumber},
    {"counts.masked", Kind::kNumber},
    {"counts.not_yet", Kind::kNumber},
    {"failed_by", Kind::kObject},
    {"lost.count", Kind::kNumber},
    {"lost.examples", Kind::kTexts},
    {"doubled.count", Kind::kNumber},
    {"doubled.examples", Kind::kTexts},
    {"different.count", Kind::kNumber},
    {"different.examples", Kind::kTexts},
    {"stale.count", Kind::kNumber},
    {"stale.examples", Kind::kTexts},
    {"unasked.count", Kind::kNumber},
    {"unasked.examples", Kind::kTexts},
    {"reordered.count", Kind::kNumber},
    {"reordered.examples", Kind::kTexts},
    {"latency_ms.p50", Kind::kNumber},
    {"latency_ms.p90", Kind::kNumber},
    {"latency_ms.p99", Kind::kNumber},
    {"latency_ms.p999", Kind::kNumber},
    {"latency_ms.max", Kind::kNumber},
    {"latency_ms.usual_p50", Kind::kNumber},
    {"latency_ms.usual_p99", Kind::kNumber},
    {"latency_ms.histogram", Kind::kPairs},
    {"outage_ms.median", Kind::kNumber},
    {"outage_ms.worst", Kind::kNumber},
    {"outage_ms.each[].fault", Kind::kNumber, Need::kMust},
    {"outage_ms.each[].first_acknowledged_ms", Kind::kNumber},
    {"outage_ms.each[].silence_ms", Kind::kNumber},
    {"detect_ms.median", Kind::kNumber},
    {"detect_ms.worst", Kind::kNumber},
    {"take_over_ms.median", Kind::kNumber},
    {"take_over_ms.worst", Kind::kNumber},
    {"redundant_ms.median", Kind::kNumber},
    {"redundant_ms.worst", Kind::kNumber},
    {"faults[].number", Kind::kNumber, Need::kMust},
    {"faults[].kind", Kind::kText, Need::kMust},
    {"faults[].target", Kind::kText},
    {"faults[].what", Kind::kText},
    {"faults[].at_s", Kind::kNumber, Need::kMust},
    {"faults[].healed_s", Kind::kNumber},
    {"roles[].service", Kind::kText, Need::kMust},
    {"roles[].node", Kind::kText, Need::kMust},
    {"roles[].role", Kind::kText, Need::kMust},
    {"roles[].from_s", Kind::kNumber, Need::kMust},
    {"roles[].until_s", Kind::kNumber},
    {"events[].at_s", Kind::kNumber, Need::kMust},
    {"events[].service", Kind::kText},
    {"events[].rule", Kind::kText},
    {"events[].what", Kind::kText},
    {"timeline.bucket_ms", Kind::kNumber},
    {"timeline.acknowledged", Kind::kNumbers},
    {"timeline.failed", Kind::kNumbers},
    {"timeline.refused", Kind::kNumbers},
    {"timeline.p50_ms", Kind::kNumbers},
    {"timeline.p99_ms", Kind::kNumbers},
    {"timeline.max_ms", Kind::kNumbers},
    {"slow[].number", Kind::kNumber, Need::kMust},
    {"slow[].op", Kind::kText},
    {"slow[].sent_s", Kind::kNumber, Need::kMust},
    {"slow[].took_ms", Kind::kNumber, Need::kMust},
    {"slow[].fault", Kind::kNumber},
    {"growth[].at_s", Kind::kNumber, Need::kMust},
    {"growth[].memory_mib", Kind::kNumber},
    {"growth[].journal_mib", Kind::kNumber},
    {"repeat", Kind::kText},
};

bool is_pair(const json::value& value) {
  return value.is_array() && value.as_array().size() == 2 && value.as_array()[0].is_number() &&
         value.as_array()[1].is_number();
}

template <class Fits>
bool is_list_of(const json::value& value, Fits fits) {
  if (!value.is_array()) return false;
  for (const auto& one : value.as_array()) {
    if (!fits(one)) return false;
  }
  return true;
}

bool fits(const json::value& value, Kind kind) {
  switch (kind) {
    case Kind::kText:
      return value.is_string();
    case Kind::kNumber:
      return value.is_number();
    case Kind::kTruth:
      return value.is_bool();
    case Kind::kObject:
      return value.is_object();
    case Kind::kNumbers:
      return is_list_of(value, [](const auto& one) { return one.is_number() || one.is_null(); });
    case Kind::kTexts:
      return is_list_of(value, [](const auto& one) { return one.is_string(); });
    case Kind::kPairs:
      return is_list_of(value, is_pair);
  }
  return false;
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kText:
      return "a text";
    case Kind::kNumber:
      return "a number";
    case Kind::kTruth:
      return "true or false";
    case Kind::kObject:
      return "an object";
    case Kind::kNumbers:
      return "a list of numbers";
    case Kind::kTexts:
      return "a list of texts";
    case Kind::kPairs:
      return "a list of pairs of numbers";
  }
  return "?";
}

Error wrong(std::string_view path, std::string_view wanted) {
  return {Retry::kNever, fmt::format("{} must be {}", path, wanted)};
}

Result<void> check(const json::object& object, const Rule& rule, std::string_view rest);

Result<void> check_each(const json::value& list, const Rule& rule, std::string_view rest) {
  const auto name = rule.path.substr(0, rule.path.size() - rest.size() - 3);
  if (!list.is_array()) return wrong(name, "a list");
  for (const auto& one : list.as_array()) {
    if (!one.is_object()) return wrong(name, "a list of objects");
    if (auto checked = check(one.as_object(), rule, rest); !checked) return checked;
  }
  return {};
}

// `rest` is what of the rule's path lies below `object`.
Result<void> check(const json::object& object, const Rule& rule, std::string_view rest) {
  const auto dot = rest.find('.');
  auto step = rest.substr(0, dot);
  const bool each = step.ends_with("[]");
  if (each) step.remove_suffix(2);
  const auto* member = object.if_contains(json::string_view(step.data(), step.size()));
  if (member == nullptr || member->is_null()) {
    // Of each element of a list that is not there, nothing is missing.
    const bool lacks = rule.need == Need::kMust &&
                       rule.path.find("[]", rule.path.size() - rest.size()) == std::string_view::npos;
    return lacks ? Result<void>(Error{Retry::kNever, fmt::format("{} is missing", rule.path)})
                 : Result<void>();
  }
  if (dot == std::string_view::npos) {
    return fits(*member, rule.kind) ? Result<void>() : Result<void>(wrong(rule.path, name_of(rule.kind)));
  }
  if (each) return check_each(*member, rule, rest.substr(dot + 1));
  if (!member->is_object())
    return wrong(rule.path.substr(0, rule.path.size() - (rest.size() - dot)), "an object");
  return check(member->as_object(), rule, rest.substr(dot + 1));
}

}  // namespace

Result<void> check_shape(const json::object& result) {
  const auto* format = result.if_contains("format");
  if (format == nullptr || !format->is_number()) return wrong("format", "a number");
  if (const auto found = format->to_number<double>(); found != kFormat) {
    return Error{Retry::kNever,
                 fmt::format("format is {}, and this program reads {}: use the program that wrote it", found,
                             kFormat)};
  }
  for (const auto& rule : kRules) {
    if (auto checked = check(result, rule, rule.path); !checked) return checked;
  }
  return {};
}

}  // namespace sportapp::lab
