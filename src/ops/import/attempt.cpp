#include "ops/import/attempt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string_view>

#include "base/visible.hpp"

namespace sportapp::importing {
namespace {

namespace json = boost::json;

constexpr std::size_t kReasonBytesMax = 500;

std::string_view text_of(const json::object& problem, std::string_view name) {
  const auto* value = problem.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return value->get_string();
}

// `username is required; email must be an e-mail address`, where several fields are wrong.
std::string all_fields(const json::object& problem) {
  const auto* errors = problem.if_contains("errors");
  if (errors == nullptr || !errors->is_array() || errors->get_array().size() < 2) return {};
  std::string all;
  for (const auto& error : errors->get_array()) {
    const auto* entry = error.if_object();
    if (entry == nullptr) return {};
    auto field = text_of(*entry, "field");
    if (field.starts_with('/')) field.remove_prefix(1);
    all += fmt::format("{}{} {}", all.empty() ? "" : "; ", field, text_of(*entry, "detail"));
  }
  return all;
}

std::string raw_reason(const Answer& answer) {
  if (answer.status == 0) return answer.failure;
  json::error_code failed;
  const auto parsed = json::parse(answer.body, failed);
  if (!failed && parsed.is_object()) {
    const auto& problem = parsed.get_object();
    if (auto all = all_fields(problem); !all.empty()) return all;
    if (const auto detail = text_of(problem, "detail"); !detail.empty()) return std::string(detail);
    if (const auto error = text_of(problem, "error"); !error.empty()) return std::string(error);
  }
  return answer.status == 413 ? "is too large (HTTP 413)" : fmt::format("HTTP {}", answer.status);
}

}  // namespace

Verdict verdict(const Answer& answer) {
  switch (answer.status) {
    case 0:
    case 408:
    case 429:
    case 502:
    case 503:
    case 504:
      return Verdict::kTryAgain;
    case 401:
    case 403:
    case 404:
    case 405:
      return Verdict::kWrongServer;
    default:
      break;
  }
  if (answer.status >= 200 && answer.status < 300) {
    return answer.replayed ? Verdict::kReplayed : Verdict::kRegistered;
  }
  return answer.status < 400 ? Verdict::kWrongServer : Verdict::kRefused;
}

std::string reason(const Answer& answer) {
  return visible(raw_reason(answer).substr(0, kReasonBytesMax));
}

std::int64_t backoff_ms(int attempts, std::int64_t retry_after_s, std::minstd_rand& random) {
  constexpr std::int64_t kFirstMs = 50;
  constexpr std::int64_t kMostMs = 2000;
  constexpr std::int64_t kRetryAfterMostMs = 30'000;
  const auto doubled = std::min(kMostMs, kFirstMs << std::min(attempts - 1, 10));
  const auto asked = std::clamp<std::int64_t>(retry_after_s * 1000, 0, kRetryAfterMostMs);
  return std::max(doubled, asked) + std::uniform_int_distribution<std::int64_t>(0, doubled / 2)(random);
}

}  // namespace sportapp::importing
