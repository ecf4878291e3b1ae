// Import files: the first byte chooses the format and in what pieces the rest comes.
#include <boost/json.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "ops/import/csv.hpp"
#include "ops/import/json_lines.hpp"
#include "ops/import/key.hpp"
#include "tests/support/require.hpp"

namespace {

using namespace sportapp::importing;
using sportapp::testing::require;

using sportapp::domain::Field;

const std::vector<std::string> kColumns{"username", "email", "age"};
const std::vector<Field> kFields{
    {"username"}, {"email", Field::Kind::kText, false}, {"age", Field::Kind::kInteger, false}};

struct Read {
  std::vector<Record> records;
  std::string error;
};

Read read_all(RecordReader& reader, std::string_view text, std::size_t piece) {
  Read read;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (const auto pushed = reader.push(text.substr(at, piece)); !pushed) return {{}, pushed.error().what};
    while (auto record = reader.next()) read.records.push_back(*std::move(record));
  }
  if (const auto finished = reader.finish(); !finished) return {{}, finished.error().what};
  while (auto record = reader.next()) read.records.push_back(*std::move(record));
  return read;
}

std::unique_ptr<RecordReader> make_reader(int kind) {
  if (kind == 0) return std::make_unique<JsonLinesReader>();
  const bool has_header = kind == 1;
  return std::make_unique<CsvReader>(
      CsvReader::Options{has_header ? std::vector<std::string>{} : kColumns, kFields});
}

void check_records(const std::vector<Record>& records) {
  const KeyMaker keys("fuzz", "users");
  std::int64_t line = 0;
  for (const auto& record : records) {
    require(record.line > line, "records come in order of their lines");
    line = record.line;
    require(record.body.empty() != record.problem.empty(), "a record is a request or a problem");
    require(record.bytes.size() <= kRecordBytesMax, "a record is bounded");
    const auto key = keys.key(record);
    require(key.size() <= 128, "a key fits its header");
    for (const char c : key) require(c > 0x20 && c < 0x7f, "a key is visible ASCII");
  }
}

void check_same(const Read& left, const Read& right) {
  require(left.error == right.error, "pieces do not change an error");
  require(left.records.size() == right.records.size(), "pieces do not change how many records there are");
  for (std::size_t i = 0; i < left.records.size(); ++i) {
    const auto& a = left.records[i];
    const auto& b = right.records[i];
    require(a.line == b.line && a.bytes == b.bytes && a.body == b.body && a.problem == b.problem,
            "pieces do not change a record");
  }
}

std::string quoted(std::string_view field) {
  std::string text = "\"";
  for (const char c : field) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + '"';
}

std::string as_text(const boost::json::value* field) {
  if (field == nullptr) return {};
  return field->is_string() ? std::string(field->get_string()) : boost::json::serialize(*field);
}

// What a CSV record says, written as CSV again, says the same.
void check_round_trip(const Record& record) {
  if (!record.problem.empty()) return;
  boost::json::error_code failed;
  boost::json::parse_options options;
  options.allow_invalid_utf8 = true;
  const auto value = boost::json::parse(record.body, failed, {}, options);
  require(!failed && value.is_object(), "a CSV record becomes a JSON object");
  std::string text;
  for (const auto& name : kColumns) {
    const auto* field = value.get_object().if_contains(name);
    if (!text.empty()) text += ',';
    text += quoted(as_text(field));
  }
  if (text.size() > kRecordBytesMax) return;
  CsvReader reader({.columns = kColumns, .fields = kFields, .delimiter = ',', .has_header = false});
  const auto again = read_all(reader, text, text.size());
  require(again.records.size() == 1 && again.records[0].body == record.body,
          "CSV written again reads the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const int kind = data[0] % 3;
  const std::size_t piece = 1 + data[0] / 3;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = read_all(*make_reader(kind), text, std::max<std::size_t>(text.size(), 1));
  check_records(whole.records);
  check_same(whole, read_all(*make_reader(kind), text, piece));
  if (kind == 2) {
    for (const auto& record : whole.records) check_round_trip(record);
  }
  return 0;
}
