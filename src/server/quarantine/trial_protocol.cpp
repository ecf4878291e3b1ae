#include "server/quarantine/trial_protocol.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "net/http/content.hpp"

namespace sportapp::quarantine::trial {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 62;

std::string field(std::string_view bytes) {
  return fmt::format("{}\n{}", bytes.size(), bytes);
}

// A field as field() makes it, taken from the front.
std::optional<std::string> taken(std::string_view& bytes) {
  const auto end = bytes.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto size = http::parse_decimal(bytes.substr(0, end), 0, kMost);
  bytes.remove_prefix(end + 1);
  if (!size || static_cast<std::size_t>(*size) > bytes.size()) return std::nullopt;
  std::string field(bytes.substr(0, static_cast<std::size_t>(*size)));
  bytes.remove_prefix(field.size());
  return field;
}

}  // namespace

std::string encode(const TrialRequest& request) {
  return field(request.journal.string()) + field(request.method) +
         field(request.id ? std::to_string(request.id->value) : "") + field(request.body);
}

std::optional<TrialRequest> decode(std::string_view bytes) {
  TrialRequest request;
  const auto journal = taken(bytes);
  auto method = journal ? taken(bytes) : std::nullopt;
  const auto id = method ? taken(bytes) : std::nullopt;
  auto body = id ? taken(bytes) : std::nullopt;
  if (!body || !bytes.empty()) return std::nullopt;
  request.journal = *journal;
  request.method = std::move(*method);
  request.body = std::move(*body);
  if (id->empty()) return request;
  const auto number = http::parse_decimal(*id, 0, std::numeric_limits<std::int64_t>::max());
  if (!number) return std::nullopt;
  request.id = Id{*number};
  return request;
}

}  // namespace sportapp::quarantine::trial
