// Text from outside, made comparable. The Unicode rule of the project: names are kept in Normalization Form
// C, a character is one code point of that form.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace sportapp::domain {

// NFC of `text`; nothing when it is not valid UTF-8 (overlong forms and surrogates included).
[[nodiscard]] std::optional<std::string> nfc(std::string_view text);
// Case-folded NFC, for comparing without regard to case.
[[nodiscard]] std::optional<std::string> case_folded(std::string_view text);

struct Characters {
  std::size_t count = 0;
  bool has_control = false;      // categories Cc, Cs, Cn
  bool has_outer_space = false;  // begins or ends with white space
};
[[nodiscard]] Characters characters(std::string_view nfc_text);

// One @, a local part of 1-64 and a domain of at least two labels, no spaces; at most 254 bytes.
[[nodiscard]] bool is_email(std::string_view nfc_text);

}  // namespace sportapp::domain
