#include "ops/import/dialect.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace sportapp::importing {
namespace {

constexpr std::array kDelimiters{',', ';', '\t', '|'};
constexpr std::string_view kSays = "sep=";

std::vector<std::string> split(std::string_view line, char delimiter) {
  std::vector<std::string> fields(1);
  bool is_quoted = false;
  for (const char c : line) {
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == delimiter && !is_quoted) {
      fields.emplace_back();
    } else {
      fields.back().push_back(c);
    }
  }
  return fields;
}

// Excel's own line, which it does not show: `sep=` and the character, with or without quotes.
std::optional<char> said_by(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.size() >= 2 && line.front() == '"' && line.back() == '"') line = line.substr(1, line.size() - 2);
  if (line.size() != kSays.size() + 1 || !same_letters(line.substr(0, kSays.size()), kSays))
    return std::nullopt;
  return line.back();
}

bool fits(std::string_view line, char delimiter, const std::vector<std::string>& required,
          std::size_t count) {
  const auto fields = split(line, delimiter);
  if (count > 0) return fields.size() == count;
  return std::all_of(required.begin(), required.end(), [&](const std::string& name) {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const std::string& field) { return same_letters(trimmed(field), name); });
  });
}

}  // namespace

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

bool same_letters(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

std::string name_of(char delimiter) {
  return delimiter == '\t' ? "tabs" : std::string("'") + delimiter + "'";
}

std::optional<std::size_t> first_line_end(std::string_view text, bool last) {
  bool is_quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') is_quoted = !is_quoted;
    if (is_quoted || (text[at] != '\n' && text[at] != '\r')) continue;
    if (text[at] == '\n') return at + 1;
    if (at + 1 == text.size() && !last) return std::nullopt;  // LF may follow
    return at + (text.substr(at).starts_with("\r\n") ? 2 : 1);
  }
  return std::nullopt;
}

Dialect dialect_of(std::string_view text, std::optional<char> delimiter,
                   const std::vector<std::string>& required, std::size_t count) {
  Dialect dialect;
  const auto end = first_line_end(text, true).value_or(text.size());
  auto line = text.substr(0, end);
  dialect.ends_by_cr = line.ends_with('\r');
  if (const auto said = said_by(line)) {
    dialect.delimiter = delimiter.value_or(*said);
    dialect.skipped = end;
    return dialect;
  }
  if (delimiter) {
    dialect.delimiter = *delimiter;
    return dialect;
  }
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  std::size_t most = 0;
  for (const char one : kDelimiters) {
    const auto columns = split(line, one).size();
    if (columns <= most || !fits(line, one, required, count)) continue;
    most = columns;
    dialect.delimiter = one;
  }
  return dialect;
}

}  // namespace sportapp::importing
