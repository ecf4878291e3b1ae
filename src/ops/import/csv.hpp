#pragma once
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/domain.hpp"
#include "ops/import/record.hpp"

namespace sportapp::importing {

// RFC 4180, and what spreadsheets make of it: the columns may be divided by , ; | or tabs, which the first
// line shows or a line `sep=;` before it says; lines end as the first one does, by LF, CRLF or CR. Spaces
// around a value without quotes are not part of it, and a row of empty values is no record. Each record
// becomes a JSON object of strings and integers; an empty field is left out of it, since CSV cannot say
// `null`.
class CsvReader final : public RecordReader {
 public:
  struct Options {
    std::vector<std::string> columns{};  // none: the first record names them; one named `-` is not sent
    // What the service takes. A header that lacks one that it requires is no header; a value of a column that
    // it takes as a number goes as one, if it is one.
    std::vector<domain::Field> fields{};
    std::vector<std::string> ignored{};  // columns of the header that are not sent
    std::optional<char> delimiter{};     // none: as the first line shows
    bool has_header = true;  // where `columns` are given: a first record that looks like one is an error
  };
  explicit CsvReader(Options options);
  [[nodiscard]] Result<void> push(std::string_view chunk) override;
  [[nodiscard]] Result<void> finish() override;
  [[nodiscard]] std::optional<Record> next() override;
  [[nodiscard]] std::string described() const override;

 private:
  enum class State {
    kFieldStart,
    kPlain,
    kQuoted,
    kClosed,     // after a quote inside a quoted field: its end, or the first of two
    kAfter,      // after that spaces
    kClosedCr,   // after that a CR: only LF may follow
    kMalformed,  // text after a closing quote: skipped up to the end of the line
  };
  struct Field {
    std::string text;
    bool was_quoted = false;
  };

  [[nodiscard]] Result<void> begin(bool last);
  [[nodiscard]] Result<void> take(char c);
  void advance(char c);
  [[nodiscard]] static State after_quote(char c);
  void end_field();
  [[nodiscard]] Result<void> end_record();
  [[nodiscard]] bool is_blank() const;
  [[nodiscard]] Result<void> take_first();
  [[nodiscard]] Result<void> take_header();
  [[nodiscard]] Result<void> use_columns(std::vector<std::string> names);
  [[nodiscard]] bool looks_like_header() const;
  [[nodiscard]] std::string advice() const;
  [[nodiscard]] bool is_integer(const std::string& column) const;
  [[nodiscard]] Record made_record();
  [[nodiscard]] std::string problem() const;

  Options options_;
  std::deque<Record> ready_;
  std::string start_;  // until the first line is whole
  bool has_begun_ = false;
  char delimiter_ = ',';
  bool ends_by_cr_ = false;
  bool is_first_ = true;  // no record was taken yet
  State state_ = State::kFieldStart;
  std::int64_t line_ = 1;
  std::int64_t record_line_ = 1;
  std::int64_t quote_line_ = 1;  // where the last quote was opened
  std::string raw_;
  bool too_long_ = false;
  Field field_;
  std::vector<Field> fields_;
};

// `username,email` to its names; an error when one is empty or there twice.
[[nodiscard]] Result<std::vector<std::string>> column_names(std::vector<std::string> names);

}  // namespace sportapp::importing
