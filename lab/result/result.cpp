#include "lab/result/result.hpp"

#include <fmt/format.h>

#include "lab/result/described.hpp"

namespace sportapp::lab::result {

boost::json::object to_json(const Result& result) {
  return described::to_value(result).as_object();
}

boost::json::object to_json(const Machine& machine) {
  return described::to_value(machine).as_object();
}

Machine machine_from(const boost::json::object& object) {
  Machine machine;
  described::read_known(object, machine);
  return machine;
}

sportapp::Result<void> check(const boost::json::object& result) {
  const auto* format = result.if_contains("format");
  if (format == nullptr || !format->is_number()) return Error{Retry::kNever, "format must be a number"};
  if (const auto found = format->to_number<double>(); found != kFormat) {
    return Error{Retry::kNever,
                 fmt::format("format is {}, and this program reads {}: use the program that wrote it", found,
                             kFormat)};
  }
  auto wrong = described::wrong_in<Result>(result, "");
  return wrong.empty() ? sportapp::Result<void>() : Error{Retry::kNever, std::move(wrong)};
}

bool has_number(std::string_view path) {
  return described::number_at<Result>(path);
}

}  // namespace sportapp::lab::result
