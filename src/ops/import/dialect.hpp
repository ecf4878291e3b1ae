// How a CSV file divides columns and ends lines, by its beginning.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sportapp::importing {

struct Dialect {
  char delimiter = ',';
  bool ends_by_cr = false;
  std::size_t skipped = 0;  // bytes of a line `sep=;` at the beginning
};

// Where the first line ends, quotes heeded: the index behind it. Nothing where it does not.
[[nodiscard]] std::optional<std::size_t> first_line_end(std::string_view text, bool last);

// `required`: names of which a header must have each. `count`: so many columns, where there is no header.
[[nodiscard]] Dialect dialect_of(std::string_view text, std::optional<char> delimiter,
                                 const std::vector<std::string>& required, std::size_t count);

[[nodiscard]] std::string name_of(char delimiter);  // for a person
[[nodiscard]] std::string trimmed(std::string_view text);
[[nodiscard]] bool same_letters(std::string_view one, std::string_view other);  // ASCII, whatever the case

}  // namespace sportapp::importing
