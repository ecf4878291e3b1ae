// What stands in the bodies of answers.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sportapp::lab {

// The member "id" of a JSON object; 0: it has none.
[[nodiscard]] std::int64_t id_in(std::string_view body);
// A member that is text; empty: it has none.
[[nodiscard]] std::string text_in(std::string_view body, std::string_view member);
// The number that a `Sportapp-Position: users=12,orders=3` has for that service; 0: none.
[[nodiscard]] std::int64_t position_in(std::string_view position, std::string_view service);

}  // namespace sportapp::lab
