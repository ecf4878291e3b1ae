#pragma once
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "domain/domain.hpp"
#include "ops/import/record.hpp"

namespace sportapp::importing {

// RFC 4180, with LF taken as CRLF is. Each record becomes a JSON object of strings and integers; an empty
// field is left out of it, since CSV cannot say `null`.
class CsvReader final : public RecordReader {
 public:
  struct Options {
    std::vector<std::string> columns{};  // none: the first record names them
    // What the service takes. A header that lacks one that it requires is no header; a value of a column that
    // it takes as a number goes as one, if it is one.
    std::vector<domain::Field> fields{};
  };
  explicit CsvReader(Options options);
  [[nodiscard]] Result<void> push(std::string_view chunk) override;
  [[nodiscard]] Result<void> finish() override;
  [[nodiscard]] std::optional<Record> next() override;

 private:
  enum class State {
    kFieldStart,
    kPlain,
    kQuoted,
    kClosed,     // after a quote inside a quoted field: its end, or the first of two
    kClosedCr,   // after that a CR: only LF may follow
    kMalformed,  // text after a closing quote: skipped up to the end of the line
  };

  [[nodiscard]] Result<void> take(char c);
  void advance(char c);
  void end_field();
  [[nodiscard]] Result<void> end_record();
  [[nodiscard]] Result<void> take_header();
  [[nodiscard]] std::string advice() const;
  [[nodiscard]] bool is_integer(const std::string& column) const;
  [[nodiscard]] Record made_record();
  [[nodiscard]] std::string problem() const;

  Options options_;
  std::deque<Record> ready_;
  State state_ = State::kFieldStart;
  std::int64_t line_ = 1;
  std::int64_t record_line_ = 1;
  std::string raw_;
  bool too_long_ = false;
  std::string field_;
  std::vector<std::string> fields_;
};

// `username,email` to its names; an error when one is empty or there twice.
[[nodiscard]] Result<std::vector<std::string>> column_names(std::vector<std::string> names);

}  // namespace sportapp::importing
