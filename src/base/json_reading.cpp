#include "base/json_reading.hpp"

#include <utility>

namespace sportapp {
namespace {

namespace json = boost::json;

json::string_view as_key(std::string_view name) {
  return {name.data(), name.size()};
}

}  // namespace

std::optional<json::object> parse_object(std::string_view text) {
  json::error_code failed;
  auto value = json::parse(as_key(text), failed);
  if (failed || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::optional<std::string> text_in(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(as_key(name));
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<std::int64_t> number_in(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(as_key(name));
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

std::optional<bool> flag_in(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(as_key(name));
  if (value == nullptr || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

const json::array* list_in(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(as_key(name));
  return value == nullptr ? nullptr : value->if_array();
}

std::vector<std::string> texts_in(const json::object& object, std::string_view name) {
  std::vector<std::string> texts;
  const auto* list = list_in(object, name);
  if (list == nullptr) return texts;
  for (const auto& one : *list) {
    if (one.is_string()) texts.emplace_back(one.get_string());
  }
  return texts;
}

std::string text_at(const json::object& object, std::string_view name) {
  return std::string(object.at(as_key(name)).as_string());
}

std::int64_t number_at(const json::object& object, std::string_view name) {
  return object.at(as_key(name)).to_number<std::int64_t>();
}

}  // namespace sportapp
