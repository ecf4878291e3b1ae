// What a file is made of, whatever its format: records, each one request's worth.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sportapp::importing {

// Longer ones are refused here: the service takes 64 KiB, and memory stays bounded when a quote is never
// closed.
constexpr std::size_t kRecordBytesMax = 128 * 1024;

struct Record {
  std::int64_t line = 0;  // on which it begins, from 1
  std::string bytes;      // as they stand in the file, without the line's end
  std::string body;       // the request: JSON
  std::string problem;    // why it cannot be sent, in place of a body
};

// Bytes in, in whatever pieces they come; records out. Empty lines are skipped.
class RecordReader {
 public:
  virtual ~RecordReader() = default;
  // An error says that the file as a whole cannot be read, and where.
  [[nodiscard]] virtual Result<void> push(std::string_view chunk) = 0;
  // No more bytes will come: what has no line's end is a record too.
  [[nodiscard]] virtual Result<void> finish() = 0;
  [[nodiscard]] virtual std::optional<Record> next() = 0;
  // What it found out about the file and a person may want to know; or empty.
  [[nodiscard]] virtual std::string described() const { return {}; }
};

}  // namespace sportapp::importing
