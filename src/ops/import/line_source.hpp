#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/domain.hpp"
#include "ops/import/decoder.hpp"
#include "ops/import/record.hpp"
#include "ops/import/unpacker.hpp"

namespace sportapp::importing {

enum class Format { kByName, kCsv, kJsonLines };

struct SourceOptions {
  std::string file;  // `-` is standard input
  Format format = Format::kByName;
  std::vector<std::string> columns{};
  // As CsvReader::Options:
  std::vector<domain::Field> fields{};
  std::vector<std::string> ignored{};
  std::optional<char> delimiter{};
  bool has_header = true;
  std::string encoding = "auto";  // one of encodings()
};

// A file as a stream of records, read piece by piece. One thread.
class LineSource {
 public:
  enum class State { kMore, kWaiting, kEnd };  // kWaiting: nothing yet, poll fd()

  // An error names the file and what to do.
  [[nodiscard]] static Result<std::unique_ptr<LineSource>> open(SourceOptions options);
  ~LineSource();
  LineSource(const LineSource&) = delete;
  LineSource& operator=(const LineSource&) = delete;

  // Puts the next record into `record` where it gives kMore. Never waits for a pipe or a terminal.
  [[nodiscard]] Result<State> next(Record& record);
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::int64_t bytes_read() const { return bytes_read_; }
  [[nodiscard]] std::optional<std::int64_t> bytes_total() const { return bytes_total_; }
  // How the file is read, where it is not UTF-8 and commas; as far as is known by now.
  [[nodiscard]] std::string described() const;

 private:
  LineSource(SourceOptions options, int fd, std::optional<std::int64_t> bytes_total);
  [[nodiscard]] Result<State> read_more();
  [[nodiscard]] Result<void> take(std::string_view bytes, bool last);
  [[nodiscard]] Result<std::string> text_of(std::string_view bytes, bool last);
  [[nodiscard]] Result<void> read_text(std::string_view text, bool last);
  [[nodiscard]] Result<void> named(Result<void> result) const;
  void choose_reader();

  SourceOptions options_;
  int fd_;
  std::optional<std::int64_t> bytes_total_;
  std::int64_t bytes_read_ = 0;
  bool ended_ = false;
  Unpacker unpacker_;
  Decoder decoder_;
  std::string head_;  // until the format is known
  std::unique_ptr<RecordReader> reader_;
};

}  // namespace sportapp::importing
