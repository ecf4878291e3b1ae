// Reads JSON that comes from outside.
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sportapp {

// Nothing where the text is not a JSON object.
[[nodiscard]] std::optional<boost::json::object> parse_object(std::string_view text);

// Nothing where there is no such member, or one of another type.
[[nodiscard]] std::optional<std::string> text_in(const boost::json::object& object, std::string_view name);
[[nodiscard]] std::optional<std::int64_t> number_in(const boost::json::object& object, std::string_view name);
[[nodiscard]] std::optional<bool> flag_in(const boost::json::object& object, std::string_view name);
[[nodiscard]] const boost::json::array* list_in(const boost::json::object& object, std::string_view name);
// The texts of a list; what else is in it is left out.
[[nodiscard]] std::vector<std::string> texts_in(const boost::json::object& object, std::string_view name);

// Throw std::exception where there is no such member, or one of another type.
[[nodiscard]] std::string text_at(const boost::json::object& object, std::string_view name);
[[nodiscard]] std::int64_t number_at(const boost::json::object& object, std::string_view name);

}  // namespace sportapp
