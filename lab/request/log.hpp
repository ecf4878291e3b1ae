// The clients' own log, requests.tsv: a line of names, then a line for each request, written when it ended.
// Tab, newline, carriage return and backslash in a text are \t \n \r \\.
#pragma once
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "lab/request/request.hpp"

namespace sportapp::lab {

// One thread. What was added is in the file after flush(), or at the end.
class RequestLogWriter {
 public:
  // A file that is there is replaced.
  [[nodiscard]] static Result<std::unique_ptr<RequestLogWriter>> create(const std::filesystem::path& file);
  ~RequestLogWriter();
  RequestLogWriter(const RequestLogWriter&) = delete;
  RequestLogWriter& operator=(const RequestLogWriter&) = delete;

  // An error is for good: the log has a gap then.
  [[nodiscard]] Result<void> add(const Request& request);
  [[nodiscard]] Result<void> flush();

 private:
  RequestLogWriter(std::filesystem::path file, int fd) : file_(std::move(file)), fd_(fd) {}
  const std::filesystem::path file_;
  const int fd_;
  std::string waiting_;
};

// One request after the other, so that a log of any length can be read.
class RequestLogReader {
 public:
  // Refuses a file whose first line does not have the names.
  [[nodiscard]] static Result<std::unique_ptr<RequestLogReader>> open(const std::filesystem::path& file);
  // Nothing at the end. An error names file and line.
  [[nodiscard]] Result<std::optional<Request>> next();

 private:
  explicit RequestLogReader(std::filesystem::path file);
  [[nodiscard]] Error wrong(std::string_view what) const;
  // Nothing at the end.
  [[nodiscard]] Result<std::optional<std::string_view>> line();

  const std::filesystem::path file_;
  std::ifstream in_;
  std::string line_;
  std::int64_t line_number_ = 0;
};

}  // namespace sportapp::lab
