#include "base/visible.hpp"

#include <fmt/format.h>
#include <utf8proc.h>

namespace sportapp {
namespace {

bool is_shown(utf8proc_int32_t character) {
  switch (utf8proc_category(character)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return false;
    default:
      return true;
  }
}

}  // namespace

std::string visible(std::string_view text) {
  std::string shown;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t character = 0;
    const auto length =
        utf8proc_iterate(bytes + at, static_cast<utf8proc_ssize_t>(text.size() - at), &character);
    const auto taken = length > 0 ? static_cast<std::size_t>(length) : 1;
    if (length > 0 && is_shown(character)) {
      shown.append(text.substr(at, taken));
    } else if (taken == 1) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at]));
    } else {
      shown += fmt::format("\\u{{{:x}}}", character);
    }
    at += taken;
  }
  return shown;
}

}  // namespace sportapp
