#include "ops/import/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cstdint>
#include <optional>

namespace sportapp::importing {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Nothing for what is not a whole number, or too large for one: the service is to see, and refuse, what
// stands in the file.
std::optional<std::int64_t> integer_of(const std::string& text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [parsed, failed] = std::from_chars(text.data(), end, value);
  return failed == std::errc() && parsed == end ? std::optional(value) : std::nullopt;
}

std::string fields_text(std::size_t count) {
  return fmt::format("{} field{}", count, count == 1 ? "" : "s");
}

}  // namespace

Result<std::vector<std::string>> column_names(std::vector<std::string> names) {
  for (auto& name : names) name = trimmed(name);
  for (auto at = names.begin(); at != names.end(); ++at) {
    if (at->empty()) return Error{Retry::kNever, "a column has no name"};
    if (std::find(names.begin(), at, *at) != at) {
      return Error{Retry::kNever, fmt::format("the column '{}' appears twice", *at)};
    }
  }
  return names;
}

CsvReader::CsvReader(Options options) : options_(std::move(options)) {}

Result<void> CsvReader::push(std::string_view chunk) {
  for (const char c : chunk) {
    if (auto taken = take(c); !taken) return taken;
  }
  return {};
}

Result<void> CsvReader::finish() {
  if (raw_.empty() && !too_long_) return {};
  return end_record();
}

std::optional<Record> CsvReader::next() {
  if (ready_.empty()) return std::nullopt;
  auto record = std::move(ready_.front());
  ready_.pop_front();
  return record;
}

Result<void> CsvReader::take(char c) {
  if (c == '\n') ++line_;
  if (c == '\n' && state_ != State::kQuoted) return end_record();
  if (raw_.size() < kRecordBytesMax) {
    raw_.push_back(c);
  } else {
    too_long_ = true;
  }
  advance(c);
  return {};
}

void CsvReader::advance(char c) {
  switch (state_) {
    case State::kFieldStart:
      state_ = c == '"' ? State::kQuoted : State::kPlain;
      if (c == '"') return;
      [[fallthrough]];
    case State::kPlain:
      if (c == ',') return end_field();
      break;
    case State::kQuoted:
      if (c == '"') {
        state_ = State::kClosed;
        return;
      }
      break;
    case State::kClosed:
      if (c == ',') return end_field();
      state_ = c == '"' ? State::kQuoted : c == '\r' ? State::kClosedCr : State::kMalformed;
      if (c != '"') return;
      break;
    case State::kClosedCr:
    case State::kMalformed:
      state_ = State::kMalformed;
      return;
  }
  if (!too_long_) field_.push_back(c);
}

void CsvReader::end_field() {
  if (!too_long_) fields_.push_back(std::move(field_));
  field_.clear();
  state_ = State::kFieldStart;
}

Result<void> CsvReader::end_record() {
  if (state_ != State::kQuoted && !raw_.empty() && raw_.back() == '\r') {
    raw_.pop_back();
    if (state_ == State::kPlain && !field_.empty()) field_.pop_back();
  }
  if (state_ == State::kClosedCr) state_ = State::kClosed;
  fields_.push_back(std::move(field_));
  Result<void> taken;
  if (!raw_.empty()) {
    if (options_.columns.empty()) {
      taken = take_header();
    } else {
      ready_.push_back(made_record());
    }
  }
  field_.clear();
  fields_.clear();
  raw_.clear();
  too_long_ = false;
  state_ = State::kFieldStart;
  record_line_ = line_;
  return taken;
}

Result<void> CsvReader::take_header() {
  if (state_ == State::kQuoted || state_ == State::kMalformed || too_long_) {
    return Error{Retry::kNever, fmt::format("line {}: {}; {}", record_line_, problem(), advice())};
  }
  auto names = column_names(std::move(fields_));
  if (!names) {
    return Error{Retry::kNever,
                 fmt::format("line {}: in the header {}; {}", record_line_, names.error().what, advice())};
  }
  for (const auto& field : options_.fields) {
    if (!field.required || std::find(names->begin(), names->end(), field.name) != names->end()) continue;
    return Error{Retry::kNever, fmt::format("line {}: the header names no column '{}', only '{}'; {}",
                                            record_line_, field.name, fmt::join(*names, "', '"), advice())};
  }
  options_.columns = *std::move(names);
  return {};
}

std::string CsvReader::advice() const {
  std::vector<std::string> names;
  for (const auto& field : options_.fields) names.push_back(field.name);
  return fmt::format("where a file has no header, name its columns: --columns {}",
                     names.empty() ? "NAME,..." : fmt::format("{}", fmt::join(names, ",")));
}

bool CsvReader::is_integer(const std::string& column) const {
  return std::any_of(options_.fields.begin(), options_.fields.end(), [&](const domain::Field& field) {
    return field.name == column && field.kind == domain::Field::Kind::kInteger;
  });
}

std::string CsvReader::problem() const {
  if (too_long_) return fmt::format("is longer than {} bytes (is a quote not closed?)", kRecordBytesMax);
  if (state_ == State::kQuoted) return "a quote is opened here and never closed";
  if (state_ == State::kMalformed) return "has text after a closing quote";
  if (fields_.size() != options_.columns.size()) {
    return fmt::format("has {}, not {} ({})", fields_text(fields_.size()), options_.columns.size(),
                       fmt::join(options_.columns, ", "));
  }
  return {};
}

Record CsvReader::made_record() {
  Record record{record_line_, std::move(raw_), {}, problem()};
  if (!record.problem.empty()) return record;
  boost::json::object body;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].empty()) continue;
    const auto& column = options_.columns[i];
    const auto number = is_integer(column) ? integer_of(fields_[i]) : std::nullopt;
    body[column] = number ? boost::json::value(*number) : boost::json::value(fields_[i]);
  }
  record.body = boost::json::serialize(body);
  return record;
}

}  // namespace sportapp::importing
