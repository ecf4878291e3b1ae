#include "ops/import/csv.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cstdint>
#include <optional>

#include "ops/import/dialect.hpp"

namespace sportapp::importing {
namespace {

// Nothing for what is not a whole number, or too large for one: the service is to see, and refuse, what
// stands in the file.
std::optional<std::int64_t> integer_of(const std::string& text) {
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [parsed, failed] = std::from_chars(text.data(), end, value);
  return failed == std::errc() && parsed == end ? std::optional(value) : std::nullopt;
}

constexpr std::string_view kNotSent = "-";

std::string field_names(const std::vector<domain::Field>& fields, std::string_view between) {
  std::vector<std::string> names;
  for (const auto& field : fields) names.push_back(field.name);
  return fmt::format("{}", fmt::join(names, between));
}

std::string fields_text(std::size_t count) {
  return fmt::format("{} field{}", count, count == 1 ? "" : "s");
}

}  // namespace

Result<std::vector<std::string>> column_names(std::vector<std::string> names) {
  for (auto& name : names) name = trimmed(name);
  for (auto at = names.begin(); at != names.end(); ++at) {
    if (at->empty()) return Error{Retry::kNever, "a column has no name"};
    if (*at != kNotSent && std::find(names.begin(), at, *at) != at) {
      return Error{Retry::kNever, fmt::format("the column '{}' appears twice", *at)};
    }
  }
  return names;
}

CsvReader::CsvReader(Options options) : options_(std::move(options)) {}

Result<void> CsvReader::push(std::string_view chunk) {
  if (!has_begun_) {
    start_.append(chunk);
    return begin(false);
  }
  for (const char c : chunk) {
    if (auto taken = take(c); !taken) return taken;
  }
  return {};
}

Result<void> CsvReader::finish() {
  if (!has_begun_) {
    if (auto begun = begin(true); !begun) return begun;
  }
  if (raw_.empty() && !too_long_) return {};
  return end_record();
}

// Once the first line is whole.
Result<void> CsvReader::begin(bool last) {
  if (!last && start_.size() < kRecordBytesMax && !first_line_end(start_, false)) return {};
  has_begun_ = true;
  std::vector<std::string> required;
  for (const auto& field : options_.fields) {
    if (field.required) required.push_back(field.name);
  }
  const auto dialect = dialect_of(start_, options_.delimiter, required, options_.columns.size());
  delimiter_ = dialect.delimiter;
  ends_by_cr_ = dialect.ends_by_cr;
  if (dialect.skipped > 0) record_line_ = ++line_;
  if (auto used = use_columns(std::exchange(options_.columns, {})); !used) return used;
  return push(std::string_view(std::exchange(start_, {})).substr(dialect.skipped));
}

std::optional<Record> CsvReader::next() {
  if (ready_.empty()) return std::nullopt;
  auto record = std::move(ready_.front());
  ready_.pop_front();
  return record;
}

std::string CsvReader::described() const {
  auto said =
      delimiter_ == ',' ? std::string() : fmt::format("with columns divided by {}", name_of(delimiter_));
  if (ends_by_cr_) said += fmt::format("{} lines ended by CR", said.empty() ? "with" : ",");
  return said;
}

Result<void> CsvReader::take(char c) {
  const bool ends_line = c == (ends_by_cr_ ? '\r' : '\n');
  if (ends_line) ++line_;
  if (ends_line && state_ != State::kQuoted) return end_record();
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
      if (c == ' ' && delimiter_ != ' ') break;  // a quote may follow
      state_ = c == '"' ? State::kQuoted : State::kPlain;
      if (c == '"') {
        quote_line_ = line_;
        field_ = {{}, true};
        return;
      }
      [[fallthrough]];
    case State::kPlain:
      if (c == delimiter_) return end_field();
      break;
    case State::kQuoted:
      if (c == '"') {
        state_ = State::kClosed;
        return;
      }
      break;
    case State::kClosed:
      if (c == delimiter_) return end_field();
      state_ = c == '"' ? State::kQuoted : after_quote(c);
      if (c != '"') return;
      break;
    case State::kAfter:
      if (c == delimiter_) return end_field();
      state_ = after_quote(c);
      return;
    case State::kClosedCr:
    case State::kMalformed:
      state_ = State::kMalformed;
      return;
  }
  if (!too_long_) field_.text.push_back(c);
}

CsvReader::State CsvReader::after_quote(char c) {
  if (c == ' ') return State::kAfter;
  return c == '\r' ? State::kClosedCr : State::kMalformed;
}

void CsvReader::end_field() {
  if (!field_.was_quoted) field_.text = trimmed(field_.text);
  if (!too_long_) fields_.push_back(std::move(field_));
  field_ = {};
  state_ = State::kFieldStart;
}

Result<void> CsvReader::end_record() {
  const bool is_closed = state_ == State::kClosedCr || state_ == State::kAfter;
  const auto state = is_closed ? State::kClosed : state_;
  if (state != State::kQuoted && raw_.ends_with('\r')) raw_.pop_back();
  end_field();
  state_ = state;
  Result<void> taken;
  if (!raw_.empty() && !is_blank()) taken = take_first();
  field_ = {};
  fields_.clear();
  raw_.clear();
  too_long_ = false;
  state_ = State::kFieldStart;
  record_line_ = line_;
  return taken;
}

bool CsvReader::is_blank() const {
  return state_ != State::kQuoted && state_ != State::kMalformed && !too_long_ &&
         std::all_of(fields_.begin(), fields_.end(), [](const Field& field) { return field.text.empty(); });
}

Result<void> CsvReader::take_first() {
  const bool is_first = std::exchange(is_first_, false);
  if (options_.columns.empty()) return take_header();
  if (is_first && options_.has_header && problem().empty() && looks_like_header()) {
    return Error{
        Retry::kNever,
        fmt::format("line {} looks like a header; leave --columns out, or say --no-header where it is "
                    "one of the lines to register",
                    record_line_)};
  }
  ready_.push_back(made_record());
  return {};
}

bool CsvReader::looks_like_header() const {
  return std::all_of(fields_.begin(), fields_.end(), [this](const Field& field) {
    return field.text.empty() ||
           std::any_of(options_.fields.begin(), options_.fields.end(),
                       [&](const auto& known) { return same_letters(field.text, known.name); });
  });
}

Result<void> CsvReader::take_header() {
  if (state_ == State::kQuoted || state_ == State::kMalformed || too_long_) {
    return Error{Retry::kNever, fmt::format("line {}: {}; {}", record_line_, problem(), advice())};
  }
  std::vector<std::string> names;
  for (auto& field : fields_) names.push_back(std::move(field.text));
  while (!names.empty() && names.back().empty()) names.pop_back();
  auto used = use_columns(std::move(names));
  if (!used) {
    return Error{Retry::kNever,
                 fmt::format("line {}: in the header {}; {}", record_line_, used.error().what, advice())};
  }
  for (const auto& field : options_.fields) {
    const auto& columns = options_.columns;
    if (!field.required || std::find(columns.begin(), columns.end(), field.name) != columns.end()) continue;
    return Error{Retry::kNever, fmt::format("line {}: the header names no column '{}', only '{}'; {}",
                                            record_line_, field.name, fmt::join(columns, "', '"), advice())};
  }
  return {};
}

// Names that differ by case only are the service's; those that it does not know are an error.
Result<void> CsvReader::use_columns(std::vector<std::string> names) {
  for (auto& name : names) {
    const auto known =
        std::find_if(options_.fields.begin(), options_.fields.end(),
                     [&](const domain::Field& field) { return same_letters(field.name, trimmed(name)); });
    if (known != options_.fields.end()) name = known->name;
  }
  auto checked = column_names(std::move(names));
  if (!checked) return checked.error();
  for (auto& name : *checked) {
    const auto& ignored = options_.ignored;
    if (std::find(ignored.begin(), ignored.end(), name) != ignored.end()) name = kNotSent;
    const bool is_known = options_.fields.empty() || name == kNotSent ||
                          std::any_of(options_.fields.begin(), options_.fields.end(),
                                      [&](const auto& field) { return field.name == name; });
    if (is_known) continue;
    return Error{Retry::kNever,
                 fmt::format("there is a column '{0}', which is none of {1}; rename it, or leave "
                             "it out: --ignore {0}",
                             name, field_names(options_.fields, ", "))};
  }
  options_.columns = *std::move(checked);
  return {};
}

std::string CsvReader::advice() const {
  return fmt::format("where a file has no header, name its columns: --columns {}",
                     options_.fields.empty() ? "NAME,..." : field_names(options_.fields, ","));
}

bool CsvReader::is_integer(const std::string& column) const {
  return std::any_of(options_.fields.begin(), options_.fields.end(), [&](const domain::Field& field) {
    return field.name == column && field.kind == domain::Field::Kind::kInteger;
  });
}

std::string CsvReader::problem() const {
  const auto opened =
      fmt::format("a quote is opened on line {} and never closed; nothing behind it was read", quote_line_);
  if (too_long_ && state_ == State::kQuoted) return opened;
  if (too_long_) return fmt::format("is longer than {} bytes", kRecordBytesMax);
  if (state_ == State::kQuoted) return opened;
  if (state_ == State::kMalformed) return "has text after a closing quote";
  const auto& columns = options_.columns;
  const bool fits = fields_.size() >= columns.size() &&
                    std::all_of(fields_.begin() + static_cast<std::ptrdiff_t>(columns.size()), fields_.end(),
                                [](const Field& field) { return field.text.empty(); });
  if (fits) return {};
  return fmt::format("has {}, not {} ({})", fields_text(fields_.size()), columns.size(),
                     fmt::join(columns, ", "));
}

Record CsvReader::made_record() {
  Record record{record_line_, std::move(raw_), {}, problem()};
  if (!record.problem.empty()) return record;
  boost::json::object body;
  for (std::size_t i = 0; i < options_.columns.size(); ++i) {
    const auto& text = fields_[i].text;
    const auto& column = options_.columns[i];
    if (text.empty() || column == kNotSent) continue;
    const auto number = is_integer(column) ? integer_of(text) : std::nullopt;
    body[column] = number ? boost::json::value(*number) : boost::json::value(text);
  }
  record.body = boost::json::serialize(body);
  return record;
}

}  // namespace sportapp::importing
