#include "lab/request/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>

namespace sportapp::lab {
namespace {

constexpr std::size_t kWrittenAtOnceBytes = 64 * 1024;
constexpr std::size_t kColumns = 14;
constexpr std::string_view kHeader =
    "number\tclient\top\tkey\tsubject\tdue_us\tsent_us\tanswered_us\toutcome\tretry_after\tposition_"
    "asked\tposition\t"
    "expected\tanswer";

void append_escaped(std::string& line, std::string_view text) {
  for (const char letter : text) {
    switch (letter) {
      case '\t':
        line += "\\t";
        break;
      case '\n':
        line += "\\n";
        break;
      case '\r':
        line += "\\r";
        break;
      case '\\':
        line += "\\\\";
        break;
      default:
        line += letter;
    }
  }
}

// Nothing where a backslash stands before what no writer puts there.
std::optional<std::string> unescaped(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      plain += text[at];
      continue;
    }
    switch (++at < text.size() ? text[at] : '\0') {
      case 't':
        plain += '\t';
        break;
      case 'n':
        plain += '\n';
        break;
      case 'r':
        plain += '\r';
        break;
      case '\\':
        plain += '\\';
        break;
      default:
        return std::nullopt;
    }
  }
  return plain;
}

bool split(std::string_view line, std::array<std::string_view, kColumns>& columns) {
  for (std::size_t column = 0; column < kColumns; ++column) {
    const auto end = line.find('\t');
    if ((end == std::string_view::npos) != (column == kColumns - 1)) return false;
    columns.at(column) = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  }
  return true;
}

template <class Number>
bool to_number(std::string_view text, Number& number) {
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end;
}

bool to_text(std::string_view column, std::string& text) {
  auto plain = unescaped(column);
  if (!plain) return false;
  text = *std::move(plain);
  return true;
}

}  // namespace

Result<std::unique_ptr<RequestLogWriter>> RequestLogWriter::create(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) {
    return Error{Retry::kLater,
                 fmt::format("cannot write {}: {}; choose a folder that this user may write to",
                             file.string(), std::strerror(errno))};
  }
  std::unique_ptr<RequestLogWriter> log(new RequestLogWriter(file, fd));
  log->waiting_.append(kHeader).append("\n");
  if (auto written = log->flush(); !written) return written.error();
  return log;
}

RequestLogWriter::~RequestLogWriter() {
  (void)flush();  // whoever wants to know has called it
  ::close(fd_);
}

Result<void> RequestLogWriter::add(const Request& request) {
  fmt::format_to(std::back_inserter(waiting_), "{}\t{}\t{}\t", request.number, request.client,
                 lab::to_text(request.op));
  append_escaped(waiting_, request.key);
  waiting_ += '\t';
  append_escaped(waiting_, request.subject);
  fmt::format_to(std::back_inserter(waiting_), "\t{}\t{}\t{}", request.due_us, request.sent_us,
                 request.answered_us);
  for (const auto* text : {&request.outcome, &request.retry_after, &request.position_asked, &request.position,
                           &request.expected, &request.answer}) {
    waiting_ += '\t';
    append_escaped(waiting_, *text);
  }
  waiting_ += '\n';
  return waiting_.size() < kWrittenAtOnceBytes ? Result<void>() : flush();
}

Result<void> RequestLogWriter::flush() {
  for (std::string_view rest = waiting_; !rest.empty();) {
    const auto written = ::write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const auto* const why = std::strerror(errno);
      waiting_.clear();  // it cannot be kept without a bound
      return Error{Retry::kNever,
                   fmt::format("cannot write {}: {}; make room and run again", file_.string(), why)};
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  waiting_.clear();
  return {};
}

RequestLogReader::RequestLogReader(std::filesystem::path file)
    : file_(std::move(file)), in_(file_, std::ios::binary) {}

Result<std::unique_ptr<RequestLogReader>> RequestLogReader::open(const std::filesystem::path& file) {
  std::unique_ptr<RequestLogReader> reader(new RequestLogReader(file));
  if (!reader->in_) {
    return Error{Retry::kNever, fmt::format("cannot read {}: {}", file.string(), std::strerror(errno))};
  }
  const auto header = reader->line();
  if (!header) return header.error();
  if (*header != kHeader) {
    if (!*header) reader->line_number_ = 1;
    return reader->wrong(
        "is not a log of requests of this version: its first line must be the names of the columns");
  }
  return reader;
}

Result<std::optional<std::string_view>> RequestLogReader::line() {
  if (!std::getline(in_, line_)) {
    if (in_.bad()) return wrong("cannot be read on");
    return std::optional<std::string_view>();
  }
  ++line_number_;
  if (in_.eof()) return wrong("is cut off: its writer ended before it was whole");
  return std::optional<std::string_view>(line_);
}

Result<std::optional<Request>> RequestLogReader::next() {
  const auto read = line();
  if (!read) return read.error();
  if (!*read) return std::optional<Request>();
  std::array<std::string_view, kColumns> columns;
  if (!split(**read, columns)) return wrong(fmt::format("has not {} columns", kColumns));
  const auto op = op_of(columns[2]);
  if (!op) return wrong(fmt::format("unknown op '{}'", columns[2]));
  Request request;
  request.op = *op;
  const bool numbers = to_number(columns[0], request.number) && to_number(columns[1], request.client) &&
                       to_number(columns[5], request.due_us) && to_number(columns[6], request.sent_us) &&
                       to_number(columns[7], request.answered_us);
  if (!numbers) return wrong("number, client, due_us, sent_us and answered_us must be integers");
  const bool texts = to_text(columns[3], request.key) && to_text(columns[4], request.subject) &&
                     to_text(columns[8], request.outcome) && to_text(columns[9], request.retry_after) &&
                     to_text(columns[10], request.position_asked) && to_text(columns[11], request.position) &&
                     to_text(columns[12], request.expected) && to_text(columns[13], request.answer);
  if (!texts) return wrong(R"(a backslash must be followed by t, n, r or \)");
  return std::optional<Request>(std::move(request));
}

Error RequestLogReader::wrong(std::string_view what) const {
  return {Retry::kNever, fmt::format("{}:{}: {}", file_.string(), line_number_, what)};
}

}  // namespace sportapp::lab
