#include "server/service/toml_reader.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <set>
#include <utility>

namespace sportapp::service {

struct TomlReader::Document {
  std::filesystem::path file;
  toml::table root;
  std::vector<std::pair<toml::source_index, std::string>> mistakes;  // by line, as they were found
  std::vector<std::shared_ptr<Node>> handed_out;

  void fail(const toml::source_region& where, const std::string& what) {
    const auto line = where.begin.line;
    mistakes.emplace_back(line, fmt::format("{}:{}: {}", file.string(), line, what));
  }
};

struct TomlReader::Node {
  toml::table empty;
  const toml::table* table = &empty;
  toml::source_region place{{1, 1}, {1, 1}, nullptr};  // of the table, or of the one that it is missing in
  std::set<std::string, std::less<>> known;
};

namespace {

std::optional<double> number_in(const toml::node& node, double least, double most) {
  const auto number = node.is_number() ? node.value<double>() : std::nullopt;
  return number && *number >= least && *number <= most ? number : std::nullopt;  // not a number is neither
}

}  // namespace

TomlReader::TomlReader(std::shared_ptr<Document> document, std::shared_ptr<Node> node)
    : document_(std::move(document)), node_(std::move(node)) {
  document_->handed_out.push_back(node_);
}

Result<TomlReader> TomlReader::open(const std::filesystem::path& file) {
  auto document = std::make_shared<Document>();
  document->file = file;
  std::error_code unknown;
  if (std::filesystem::is_directory(file, unknown))
    return Error{Retry::kNever, fmt::format("{} is a folder; name a file", file.string())};
  try {
    document->root = toml::parse_file(file.string());
  } catch (const toml::parse_error& failed) {
    const auto line = failed.source().begin.line;
    if (line == 0) {
      return Error{Retry::kNever,
                   fmt::format("{}: {}; is it there and readable?", file.string(), failed.description())};
    }
    return Error{Retry::kNever, fmt::format("{}:{}: {}", file.string(), line, failed.description())};
  }
  auto node = std::make_shared<Node>();
  node->table = &document->root;
  return TomlReader(std::move(document), std::move(node));
}

void TomlReader::read(std::string_view key, std::string& target) {
  node_->known.emplace(key);
  const auto* found = node_->table->get(key);
  if (found == nullptr) return;
  if (const auto text = found->value_exact<std::string>()) {
    target = *text;
  } else {
    document_->fail(found->source(), fmt::format("'{}' must be a string in quotes", key));
  }
}

void TomlReader::read(std::string_view key, std::filesystem::path& target) {
  auto text = target.string();
  read(key, text);
  target = text;
}

void TomlReader::read(std::string_view key, bool& target) {
  node_->known.emplace(key);
  const auto* found = node_->table->get(key);
  if (found == nullptr) return;
  if (const auto said = found->value_exact<bool>()) {
    target = *said;
  } else {
    document_->fail(found->source(), fmt::format("'{}' must be true or false", key));
  }
}

void TomlReader::read(std::string_view key, double& target, double least, double most) {
  node_->known.emplace(key);
  const auto* found = node_->table->get(key);
  if (found == nullptr) return;
  const auto number = number_in(*found, least, most);
  if (!number) {
    return document_->fail(found->source(),
                           fmt::format("'{}' must be a number from {} to {}", key, least, most));
  }
  target = *number;
}

void TomlReader::read(std::string_view key, std::pair<double, double>& target, double least, double most) {
  node_->known.emplace(key);
  const auto* found = node_->table->get(key);
  if (found == nullptr) return;
  const auto* pair = found->as_array();
  const bool is_pair = pair != nullptr && pair->size() == 2;
  const auto first = number_in(is_pair ? *pair->get(0) : *found, least, most);
  const auto second = number_in(is_pair ? *pair->get(1) : *found, least, most);
  if (!first || !second || *first > *second) {
    const auto* wanted =
        "'{0}' must be a number from {1} to {2}, or two of them, the lesser first: [{1}, {2}]";
    return document_->fail(found->source(), fmt::format(fmt::runtime(wanted), key, least, most));
  }
  target = {*first, *second};
}

void TomlReader::read(std::string_view key, std::vector<std::string>& target) {
  node_->known.emplace(key);
  const auto* found = node_->table->get(key);
  if (found == nullptr) return;
  const auto* list = found->as_array();
  std::vector<std::string> texts;
  for (std::size_t at = 0; list != nullptr && at < list->size(); ++at) {
    const auto text = list->get(at)->value_exact<std::string>();
    if (!text) break;
    texts.push_back(*text);
  }
  if (list == nullptr || texts.size() != list->size()) {
    return document_->fail(found->source(),
                           fmt::format("'{}' must be a list of strings: [\"a\", \"b\"]", key));
  }
  target = std::move(texts);
}

bool TomlReader::has(std::string_view key) const {
  return node_->table->get(key) != nullptr;
}

std::vector<std::string> TomlReader::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : *node_->table) keys.emplace_back(key.str());
  return keys;
}

void TomlReader::refuse(std::string_view key, const std::string& what) {
  const auto* found = node_->table->get(key);
  document_->fail(found == nullptr ? node_->place : found->source(), what);
}

void TomlReader::require(std::string_view key) {
  if (!has(key)) refuse(key, fmt::format("'{}' is missing", key));
}

std::string TomlReader::no_such(std::string_view text, std::string_view there_are) {
  return fmt::format("unknown value '{}'; known: {}", text, there_are);
}

void TomlReader::read_number(std::string_view key, std::int64_t& target, std::int64_t least,
                             std::int64_t most) {
  node_->known.emplace(key);
  const auto* found = node_->table->get(key);
  if (found == nullptr) return;
  const auto number = found->value_exact<std::int64_t>();
  if (!number || *number < least || *number > most) {
    document_->fail(found->source(),
                    fmt::format("'{}' must be a whole number from {} to {}", key, least, most));
    return;
  }
  target = *number;
}

TomlReader TomlReader::table(std::string_view key) {
  node_->known.emplace(key);
  auto node = std::make_shared<Node>();
  node->place = node_->place;
  if (const auto* found = node_->table->get(key)) {
    node->place = found->source();
    if (found->is_table()) {
      node->table = found->as_table();
    } else {
      document_->fail(found->source(), fmt::format("'{}' must be a table: [{}]", key, key));
    }
  }
  return {document_, std::move(node)};
}

std::vector<TomlReader> TomlReader::tables(std::string_view key) {
  node_->known.emplace(key);
  std::vector<TomlReader> readers;
  const auto* found = node_->table->get(key);
  if (found == nullptr) return readers;
  if (!found->is_array_of_tables()) {
    document_->fail(found->source(), fmt::format("'{}' must be tables: [[{}]]", key, key));
    return readers;
  }
  for (const auto& element : *found->as_array()) {
    auto node = std::make_shared<Node>();
    node->table = element.as_table();
    node->place = element.source();
    readers.push_back(TomlReader(document_, std::move(node)));
  }
  return readers;
}

void TomlReader::refuse_unknown_keys() {
  for (const auto& node : document_->handed_out) {
    for (const auto& [key, value] : *node->table) {
      if (!node->known.contains(key.str())) {
        document_->fail(value.source(),
                        fmt::format("'{}' is not a setting here; is it a typing mistake?", key.str()));
      }
    }
  }
}

Result<void> TomlReader::finish() {
  refuse_unknown_keys();
  if (document_->mistakes.empty()) return {};
  return Error{Retry::kNever, document_->mistakes.front().second};
}

std::vector<std::string> TomlReader::mistakes() {
  refuse_unknown_keys();
  auto found = document_->mistakes;
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> texts;
  for (auto& [line, text] : found) texts.push_back(std::move(text));
  return texts;
}

}  // namespace sportapp::service
