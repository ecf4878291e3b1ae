#include "net/messaging/event_source.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <limits>

namespace sportapp::messaging {
namespace {

namespace json = boost::json;

std::string in_quotes(std::string_view text) {
  return json::serialize(json::string_view(text.data(), text.size()));
}

Error damaged(std::string_view line, std::string_view why) {
  constexpr std::size_t kShownMax = 120;
  return {Retry::kNever,
          fmt::format("an encoded event is damaged: {}; it begins: {}", why, line.substr(0, kShownMax))};
}

const std::int64_t* number(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_int64();
}

const json::string* text(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? nullptr : value->if_string();
}

std::string copied(const json::string& text) {
  return {text.data(), text.size()};
}

}  // namespace

// The payload goes as a string, not as nested JSON, and so comes back with every byte as it was.
std::string encode(const domain::CommittedEvent& event) {
  return fmt::format(R"({{"seq":{},"time_ms":{},"type":{},"version":{},"payload":{}}})", event.seq.value,
                     event.time_ms, in_quotes(event.event.type), event.event.version,
                     in_quotes(event.event.payload));
}

Result<domain::CommittedEvent> decode(std::string_view line) {
  json::parse_options options;
  options.max_depth = 2;
  // What encode() wrote must be readable, whatever bytes it was given.
  options.allow_invalid_utf8 = true;
  unsigned char buffer[4096];
  json::monotonic_resource memory(buffer, sizeof buffer);
  json::error_code failed;
  const auto value = json::parse(line, failed, &memory, options);
  if (failed) return damaged(line, failed.message());
  const auto* object = value.if_object();
  if (object == nullptr) return damaged(line, "it is no JSON object");

  const auto* seq = number(*object, "seq");
  const auto* time_ms = number(*object, "time_ms");
  const auto* type = text(*object, "type");
  const auto* version = number(*object, "version");
  const auto* payload = text(*object, "payload");
  if (seq == nullptr || time_ms == nullptr || version == nullptr) {
    return damaged(line, "seq, time_ms and version must be integers");
  }
  if (type == nullptr || payload == nullptr) return damaged(line, "type and payload must be strings");
  if (*seq < 1) return damaged(line, "seq must be at least 1");
  if (*version < 1 || *version > std::numeric_limits<int>::max()) {
    return damaged(line, "version must be a small positive number");
  }
  return domain::CommittedEvent{
      Seq{*seq}, *time_ms, {copied(*type), static_cast<int>(*version), copied(*payload)}};
}

}  // namespace sportapp::messaging
