#include "domain/text.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>

namespace sportapp::domain {
namespace {

std::optional<std::string> mapped(std::string_view text, int options) {
  if (text.empty()) return std::string();
  utf8proc_uint8_t* raw = nullptr;
  const auto length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &raw, static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned(raw, &std::free);
  if (length < 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(raw), static_cast<std::size_t>(length));
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
}

bool is_space(utf8proc_int32_t code) {
  const auto category = utf8proc_category(code);
  return code == ' ' || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) {
    return static_cast<signed char>(c) < 0 || std::isalnum(static_cast<unsigned char>(c)) || c == '-';
  });
}

bool is_local_part(std::string_view local) {
  constexpr std::string_view kSymbols = "!#$%&'*+-/=?^_`{|}~.";
  if (local.empty() || local.size() > 64 || local.front() == '.' || local.back() == '.') return false;
  if (local.find("..") != std::string_view::npos) return false;
  return std::all_of(local.begin(), local.end(), [&](char c) {
    return static_cast<signed char>(c) < 0 || std::isalnum(static_cast<unsigned char>(c)) ||
           kSymbols.find(c) != std::string_view::npos;
  });
}

}  // namespace

std::optional<std::string> nfc(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::optional<std::string> case_folded(std::string_view text) {
  if (is_ascii(text)) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return lower;
  }
  return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
}

Characters characters(std::string_view nfc_text) {
  Characters found;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(nfc_text.data());
  auto left = static_cast<utf8proc_ssize_t>(nfc_text.size());
  bool last_is_space = false;
  while (left > 0) {
    utf8proc_int32_t code = 0;
    const auto used = utf8proc_iterate(at, left, &code);
    if (used <= 0) {
      found.has_control = true;
      break;
    }
    const auto category = utf8proc_category(code);
    found.has_control |= category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CS ||
                         category == UTF8PROC_CATEGORY_CN;
    last_is_space = is_space(code);
    found.has_outer_space |= found.count == 0 && last_is_space;
    ++found.count;
    at += used;
    left -= used;
  }
  found.has_outer_space |= last_is_space;
  return found;
}

bool is_email(std::string_view nfc_text) {
  const auto at = nfc_text.find('@');
  if (at == std::string_view::npos || nfc_text.size() > 254) return false;
  if (!is_local_part(nfc_text.substr(0, at))) return false;
  const auto seen = characters(nfc_text);
  if (seen.has_control || seen.has_outer_space) return false;
  auto domain = nfc_text.substr(at + 1);
  std::size_t labels = 0;
  for (;; ++labels) {
    const auto dot = domain.find('.');
    if (!is_label(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) break;
    domain.remove_prefix(dot + 1);
  }
  return labels >= 1;
}

}  // namespace sportapp::domain
