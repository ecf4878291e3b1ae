// Request bodies held against a table of their fields, so that what a service takes stands in one place.
#pragma once
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/domain.hpp"

namespace sportapp::domain {

struct FieldRule {
  enum class Form {
    kName,     // NFC, `min` to `max` characters: no control or unassigned ones, no space at either end
    kText,     // NFC, `min` to `max` characters: lines, tabs and outer spaces too
    kEmail,    // NFC, see is_email()
    kInteger,  // a JSON integer from `min` to `max`: neither 1.0 nor "1"
    kId,       // of a thing of this or another service
  };
  std::string_view name;
  Form form = Form::kName;
  std::int64_t min = 0;
  std::int64_t max = 0;
  bool required = true;
  // Stands for a text that is not given; without one, the field is then left out.
  std::optional<std::string_view> absent{};
};

// kParts: a change, which gives any of the fields; what it does not give is left out.
enum class Body { kWhole, kParts };

// The fields of `rules` in their order and in normal form; null is as good as absent where a field need not
// be there. Fields that no rule names are ignored. Any thread may call.
[[nodiscard]] std::variant<boost::json::object, Refusal> check_body(std::string_view body,
                                                                    std::span<const FieldRule> rules,
                                                                    Body kind = Body::kWhole);
// The command that such a body is, or why it is none.
[[nodiscard]] std::variant<Command, Refusal> command_of(std::string type,
                                                        std::variant<boost::json::object, Refusal> checked);
[[nodiscard]] std::vector<Field> fields_of(std::span<const FieldRule> rules);

// The object in `text`, which is this program's own or another service's event. Throws std::exception where
// it is none.
[[nodiscard]] boost::json::object object_of(std::string_view text);

}  // namespace sportapp::domain
