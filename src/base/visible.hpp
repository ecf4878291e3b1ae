#pragma once
#include <string>
#include <string_view>

namespace sportapp {

// Text from outside as a terminal may show it: what would move its cursor, change its colours, turn the
// reading direction or show nothing stands as \x1b or \u{202e}; so do bytes that are no UTF-8. Any thread.
[[nodiscard]] std::string visible(std::string_view text);

}  // namespace sportapp
