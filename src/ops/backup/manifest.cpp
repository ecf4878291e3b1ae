#include "ops/backup/manifest.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "base/files.hpp"
#include "base/json_reading.hpp"

namespace sportapp::backup {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

json::object to_json(const ServicePart& part) {
  json::object consumed;
  for (const auto& [source, seq] : part.consumed) consumed[source] = seq.value;
  return {{"service", part.service},     {"node", part.node},
          {"epoch", part.epoch.value},   {"position", part.head.seq.value},
          {"hash", hex(part.head.hash)}, {"consumed", std::move(consumed)}};
}

json::object to_json(const FilePart& part) {
  return {{"file", part.file}, {"bytes", part.bytes}, {"blake2b", hex(part.hash)}};
}

template <class Part>
json::array to_json(const std::vector<Part>& parts) {
  json::array array;
  for (const auto& part : parts) array.push_back(to_json(part));
  return array;
}

json::object to_json(const Manifest& manifest) {
  return {{"format", kFormat},
          {"version", manifest.version},
          {"data", manifest.data},
          {"started", manifest.started},
          {"finished", manifest.finished},
          {"services", to_json(manifest.services)},
          {"files", to_json(manifest.files)}};
}

// Of everything but the checksum itself, however it is laid out.
std::string checksum_of(json::object object) {
  object.erase("checksum");
  return hex(Hasher().field(json::serialize(object)).finish());
}

std::string lines_of(const json::array& array) {
  std::string text = "[";
  for (const auto& element : array) {
    text += (text.size() == 1 ? "\n    " : ",\n    ") + json::serialize(element);
  }
  return text + "\n  ]";
}

Hash hash_from(const std::string& digits) {
  Hash hash{};
  if (digits.size() != 2 * hash.size())
    throw std::invalid_argument(fmt::format("'{}' is not a hash", digits));
  for (std::size_t i = 0; i < hash.size(); ++i) {
    hash[i] = static_cast<std::uint8_t>(std::stoi(digits.substr(2 * i, 2), nullptr, 16));
  }
  return hash;
}

ServicePart service_from(const json::object& object) {
  ServicePart part;
  part.service = text_at(object, "service");
  part.node = text_at(object, "node");
  part.epoch = Epoch{object.at("epoch").to_number<std::int64_t>()};
  part.head = {Seq{object.at("position").to_number<std::int64_t>()}, hash_from(text_at(object, "hash"))};
  for (const auto& [source, seq] : object.at("consumed").as_object()) {
    part.consumed[source] = Seq{seq.to_number<std::int64_t>()};
  }
  return part;
}

bool stays_below(const fs::path& file) {
  if (file.empty() || file.is_absolute() || file.native() != file.lexically_normal().native()) return false;
  return *file.begin() != ".." && *file.begin() != "." && file.has_filename();
}

FilePart file_from(const json::object& object) {
  FilePart part{text_at(object, "file"), object.at("bytes").to_number<std::uint64_t>(),
                hash_from(text_at(object, "blake2b"))};
  if (!stays_below(part.file)) throw std::invalid_argument(fmt::format("'{}' is no file of it", part.file));
  return part;
}

Manifest manifest_from(const json::object& object) {
  Manifest manifest{text_at(object, "version"),
                    text_at(object, "data"),
                    text_at(object, "started"),
                    text_at(object, "finished"),
                    {},
                    {}};
  for (const auto& one : object.at("services").as_array()) {
    manifest.services.push_back(service_from(one.as_object()));
  }
  for (const auto& one : object.at("files").as_array()) manifest.files.push_back(file_from(one.as_object()));
  return manifest;
}

}  // namespace

std::string journal_file_of(const std::string& service) {
  return fmt::format("{}-commands-{}/journal.db", service, kNode);
}

std::uint64_t Manifest::bytes() const {
  return std::accumulate(files.begin(), files.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const FilePart& part) { return sum + part.bytes; });
}

std::string to_text(const Manifest& manifest) {
  auto object = to_json(manifest);
  object["checksum"] = checksum_of(object);
  std::string text = "{";
  for (const auto& [name, value] : object) {
    text += (text.size() == 1 ? "\n  " : ",\n  ") + json::serialize(json::string(name)) + ": ";
    text += value.is_array() ? lines_of(value.as_array()) : json::serialize(value);
  }
  return text + "\n}\n";
}

Result<Manifest> manifest_of(std::string_view text) {
  try {
    const auto parsed = json::parse(json::string_view(text.data(), text.size()));
    const auto& object = parsed.as_object();
    const auto format = object.at("format").to_number<std::int64_t>();
    if (format > kFormat) {
      return Error{Retry::kNever, fmt::format("it is of format {}, of a newer program than this, which knows "
                                              "{}: use the program that took it",
                                              format, kFormat)};
    }
    if (text_at(object, "checksum") != checksum_of(object)) {
      return Error{Retry::kNever, "it is damaged: its own checksum differs; use another backup"};
    }
    return manifest_from(object);
  } catch (const std::exception& failed) {
    return Error{Retry::kNever, fmt::format("it is damaged: {}; use another backup", failed.what())};
  }
}

Result<Manifest> read_manifest(const fs::path& folder) {
  const auto file = folder / kManifestFile;
  const auto text = read_file(file);
  if (!text) {
    return Error{Retry::kNever,
                 fmt::format("{} is not a backup: there is no {} in it that can be read; name the "
                             "folder that `sportapp backup` made",
                             folder.string(), kManifestFile)};
  }
  auto manifest = manifest_of(*text);
  if (!manifest) {
    return Error{manifest.error().retry, fmt::format("{}: {}", file.string(), manifest.error().what)};
  }
  return manifest;
}

}  // namespace sportapp::backup
