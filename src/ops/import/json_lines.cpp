#include "ops/import/json_lines.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sportapp::importing {

Result<void> JsonLinesReader::push(std::string_view chunk) {
  while (!chunk.empty()) {
    const auto end = chunk.find('\n');
    keep(chunk.substr(0, end));
    if (end == std::string_view::npos) return {};
    if (auto ended = end_line(); !ended) return ended;
    chunk.remove_prefix(end + 1);
  }
  return {};
}

Result<void> JsonLinesReader::finish() {
  return end_line();
}

std::optional<Record> JsonLinesReader::next() {
  if (ready_.empty()) return std::nullopt;
  auto record = std::move(ready_.front());
  ready_.pop_front();
  return record;
}

void JsonLinesReader::keep(std::string_view piece) {
  const auto room = kRecordBytesMax - raw_.size();
  too_long_ |= piece.size() > room;
  raw_.append(piece.substr(0, room));
}

Result<void> JsonLinesReader::end_line() {
  if (!raw_.empty() && raw_.back() == '\r') raw_.pop_back();
  const auto first = raw_.find_first_not_of(" \t\r");
  if (first != std::string::npos) {
    if (!seen_any_ && raw_[first] == '[') {
      return Error{Retry::kNever, fmt::format("line {}: begins a JSON array; make it one object a line "
                                              "(jq -c '.[]' does), or say --format csv",
                                              line_)};
    }
    seen_any_ = true;
    Record record{line_, raw_, {}, {}};
    if (too_long_) {
      record.problem = fmt::format("is longer than {} bytes", kRecordBytesMax);
    } else {
      record.body = std::move(raw_);
    }
    ready_.push_back(std::move(record));
  }
  raw_.clear();
  too_long_ = false;
  ++line_;
  return {};
}

}  // namespace sportapp::importing
