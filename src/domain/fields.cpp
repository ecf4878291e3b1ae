#include "domain/fields.hpp"

#include <boost/json.hpp>
#include <limits>
#include <string>

#include "domain/text.hpp"

namespace sportapp::domain {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 32;

struct Wrong {
  std::string why;
};
using Checked = std::variant<json::value, Wrong>;

Refusal bad_body(std::string detail, std::vector<FieldError> errors = {}) {
  return {400, "Bad request", std::move(detail), std::move(errors)};
}

bool is_text(FieldRule::Form form) {
  return form != FieldRule::Form::kInteger && form != FieldRule::Form::kId;
}

std::string length_wanted(const FieldRule& rule) {
  const auto max = std::to_string(rule.max) + " characters";
  return rule.min == 0 ? "must have at most " + max : "must have " + std::to_string(rule.min) + " to " + max;
}

// What a text of several lines may have and a name may not.
std::string without_line_ends(std::string text) {
  for (auto& c : text) {
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  }
  return text;
}

std::optional<std::string> wrong_with(const std::string& text, const FieldRule& rule) {
  if (rule.form == FieldRule::Form::kEmail) {
    return is_email(text) ? std::nullopt : std::optional<std::string>("must be an e-mail address");
  }
  const bool is_name = rule.form == FieldRule::Form::kName;
  const auto seen = characters(is_name ? text : without_line_ends(text));
  const auto count = static_cast<std::int64_t>(seen.count);
  if (count < rule.min || count > rule.max) return length_wanted(rule);
  if (seen.has_control) return "must not have control or unassigned characters";
  if (is_name && seen.has_outer_space) return "must not begin or end with a space";
  return std::nullopt;
}

Checked check_text(const json::value& value, const FieldRule& rule) {
  if (!value.is_string()) return Wrong{"must be a string"};
  const auto text = nfc(std::string_view(value.get_string()));
  if (!text) return Wrong{"must be valid UTF-8"};
  if (auto wrong = wrong_with(*text, rule)) return Wrong{std::move(*wrong)};
  return json::value(*text);
}

Checked check_integer(const json::value& value, const FieldRule& rule) {
  const bool is_id = rule.form == FieldRule::Form::kId;
  const auto min = is_id ? 1 : rule.min;
  const auto max = is_id ? std::numeric_limits<std::int64_t>::max() : rule.max;
  const auto* number = value.if_int64();
  if (number != nullptr && *number >= min && *number <= max) return value;
  if (is_id) return Wrong{"must be an id, an integer above 0"};
  return Wrong{"must be an integer from " + std::to_string(min) + " to " + std::to_string(max)};
}

// Nothing for a field that is left out.
std::optional<Checked> check_field(const json::object& body, const FieldRule& rule, Body kind) {
  const auto* value = body.if_contains(rule.name);
  const bool required = rule.required && kind == Body::kWhole;
  if (value == nullptr && required) return Wrong{"is required"};
  if (value == nullptr || (value->is_null() && !required)) {
    if (!rule.absent || kind == Body::kParts) return std::nullopt;
    return json::value(*rule.absent);
  }
  return is_text(rule.form) ? check_text(*value, rule) : check_integer(*value, rule);
}

}  // namespace

std::variant<json::object, Refusal> check_body(std::string_view body, std::span<const FieldRule> rules,
                                               Body kind) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::error_code failed;
  const auto value = json::parse(body, failed, {}, options);
  if (failed) return bad_body("the body is not JSON: " + failed.message());
  const auto* object = value.if_object();
  if (object == nullptr) return bad_body("the body must be a JSON object");
  json::object normal;
  std::vector<FieldError> errors;
  for (const auto& rule : rules) {
    auto checked = check_field(*object, rule, kind);
    if (!checked) continue;
    if (auto* wrong = std::get_if<Wrong>(&*checked)) {
      errors.push_back({"/" + std::string(rule.name), std::move(wrong->why)});
    } else {
      normal[rule.name] = std::get<json::value>(std::move(*checked));
    }
  }
  if (errors.empty()) return normal;
  auto detail = errors[0].field.substr(1) + " " + errors[0].detail;
  return bad_body(std::move(detail), std::move(errors));
}

std::variant<Command, Refusal> command_of(std::string type, std::variant<json::object, Refusal> checked) {
  if (auto* refused = std::get_if<Refusal>(&checked)) return std::move(*refused);
  return Command{std::move(type), json::serialize(std::get<json::object>(checked))};
}

std::vector<Field> fields_of(std::span<const FieldRule> rules) {
  std::vector<Field> fields;
  for (const auto& rule : rules) {
    fields.push_back({std::string(rule.name), is_text(rule.form) ? Field::Kind::kText : Field::Kind::kInteger,
                      rule.required});
  }
  return fields;
}

json::object object_of(std::string_view text) {
  return json::parse(text).as_object();
}

}  // namespace sportapp::domain
