#include "ops/import/line_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "ops/import/csv.hpp"
#include "ops/import/json_lines.hpp"

namespace sportapp::importing {
namespace {

constexpr std::size_t kChunkBytes = 16 * 1024;
constexpr std::size_t kHeadBytesMax = 4096;

Error file_error(const std::string& file, const std::string& what) {
  return {Retry::kNever, file + ": " + what};
}

Format format_of_name(const std::string& file) {
  auto name = std::filesystem::path(file);
  if (name.extension() == ".gz") name.replace_extension();
  const auto extension = name.extension().string();
  if (extension == ".csv" || extension == ".tsv") return Format::kCsv;
  if (extension == ".jsonl" || extension == ".ndjson" || extension == ".json") return Format::kJsonLines;
  return Format::kByName;
}

bool is_readable_now(int fd) {
  pollfd waited{fd, POLLIN, 0};
  return ::poll(&waited, 1, 0) != 0;
}

}  // namespace

Result<std::unique_ptr<LineSource>> LineSource::open(SourceOptions options) {
  const bool is_stdin = options.file == "-";
  const int fd = is_stdin ? ::dup(STDIN_FILENO) : ::open(options.file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return file_error(options.file, std::strerror(errno));
  std::optional<std::int64_t> bytes_total;
  struct stat status {};
  if (::fstat(fd, &status) == 0) {
    if (S_ISDIR(status.st_mode)) {
      ::close(fd);
      return file_error(options.file, "is a folder; name a file");
    }
    if (S_ISREG(status.st_mode)) bytes_total = status.st_size;
  }
  if (options.format == Format::kByName) options.format = format_of_name(options.file);
  return std::unique_ptr<LineSource>(new LineSource(std::move(options), fd, bytes_total));
}

LineSource::LineSource(SourceOptions options, int fd, std::optional<std::int64_t> bytes_total)
    : options_(std::move(options)), fd_(fd), bytes_total_(bytes_total), decoder_(options_.encoding) {}

LineSource::~LineSource() {
  ::close(fd_);
}

Result<LineSource::State> LineSource::next(Record& record) {
  for (;;) {
    if (reader_) {
      if (auto ready = reader_->next()) {
        record = *std::move(ready);
        return State::kMore;
      }
    }
    if (ended_) return State::kEnd;
    const auto read = read_more();
    if (!read || *read == State::kWaiting) return read;
  }
}

Result<LineSource::State> LineSource::read_more() {
  if (!bytes_total_ && !is_readable_now(fd_)) return State::kWaiting;
  std::array<char, kChunkBytes> chunk;
  const auto got = ::read(fd_, chunk.data(), chunk.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return State::kWaiting;
  if (got < 0)
    return file_error(options_.file, fmt::format("after {} bytes: {}", bytes_read_, std::strerror(errno)));
  bytes_read_ += got;
  ended_ = got == 0;
  if (auto taken = named(take({chunk.data(), static_cast<std::size_t>(got)}, ended_)); !taken) {
    return taken.error();
  }
  return State::kMore;
}

Result<void> LineSource::named(Result<void> result) const {
  if (result) return result;
  return file_error(options_.file, result.error().what);
}

Result<void> LineSource::take(std::string_view bytes, bool last) {
  const auto text = text_of(bytes, last);
  if (!text) return text.error();
  return read_text(*text, last);
}

Result<std::string> LineSource::text_of(std::string_view bytes, bool last) {
  const auto unpacked = unpacker_.push(bytes);
  if (!unpacked) return unpacked.error();
  auto text = decoder_.push(*unpacked);
  if (!text || !last) return text;
  const auto packed_rest = unpacker_.finish();
  if (!packed_rest) return packed_rest.error();
  const auto more = decoder_.push(*packed_rest);
  if (!more) return more;
  const auto rest = decoder_.finish();
  if (!rest) return rest;
  return *text + *more + *rest;
}

Result<void> LineSource::read_text(std::string_view text, bool last) {
  if (!reader_) {
    head_.append(text);
    const bool decided = head_.find_first_not_of(" \t\r\n") != std::string::npos;
    if (!decided && !last && head_.size() < kHeadBytesMax) return {};
    choose_reader();
    if (auto pushed = reader_->push(head_); !pushed) return pushed;
    head_.clear();
  } else if (auto pushed = reader_->push(text); !pushed) {
    return pushed;
  }
  return last ? reader_->finish() : Result<void>();
}

std::string LineSource::described() const {
  const auto& encoding = decoder_.encoding();
  auto said = encoding == "auto" || encoding == "utf-8" ? std::string() : "as " + encoding;
  const auto more = reader_ ? reader_->described() : std::string();
  if (!said.empty() && !more.empty()) said += ", ";
  return said + more;
}

void LineSource::choose_reader() {
  if (options_.format == Format::kByName) {
    const auto first = head_.find_first_not_of(" \t\r\n");
    const bool is_json = first != std::string::npos && (head_[first] == '{' || head_[first] == '[');
    options_.format = is_json ? Format::kJsonLines : Format::kCsv;
  }
  if (options_.format == Format::kJsonLines) {
    reader_ = std::make_unique<JsonLinesReader>();
  } else {
    reader_ = std::make_unique<CsvReader>(CsvReader::Options{
        options_.columns, options_.fields, options_.ignored, options_.delimiter, options_.has_header});
  }
}

}  // namespace sportapp::importing
