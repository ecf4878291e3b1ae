#include "ops/supervisor/question.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

#include "net/http/client.hpp"
#include "net/messaging/redis.hpp"

namespace sportapp::supervisor {
namespace {

using instance::Kind;

// One that asks who we are answers.
Result<void> ping_redis(const instance::Member& redis, int timeout_ms) {
  auto connection = messaging::Redis::connect({redis.host, redis.port}, timeout_ms);
  if (!connection) return connection.error();
  const std::array<std::string_view, 1> words{"PING"};
  const auto reply = connection->command(words);
  if (!reply) return reply.error();
  const auto said = messaging::text_of(**reply);
  if ((*reply)->type != REDIS_REPLY_ERROR || said.starts_with("NOAUTH")) return {};
  return Error{Retry::kLater, fmt::format("Redis answers: {}", said)};
}

const char* ready_path(Kind kind) {
  if (kind == Kind::kGateway) return "/health";
  return kind == Kind::kMonitor ? "/health/live" : "/health/ready";
}

}  // namespace

Result<void> check_alive(const instance::Member& member, int timeout_ms) {
  if (member.kind == Kind::kRedis) return ping_redis(member, timeout_ms);
  http::Client client(member.host, member.port, timeout_ms);
  // The gateway answers this one itself: it has no such route.
  const auto answer = client.get("/health/live");
  if (!answer) return answer.error();
  return {};
}

Result<void> ask_whether_serving(const instance::Member& member, int timeout_ms) {
  if (member.kind == Kind::kRedis) return ping_redis(member, timeout_ms);
  http::Client client(member.host, member.port, timeout_ms);
  const auto answer = client.get(ready_path(member.kind));
  if (!answer) return answer.error();
  if (answer->status == 200) return {};
  return Error{Retry::kLater, fmt::format("{} answers {} {}", member.name, answer->status, answer->body)};
}

}  // namespace sportapp::supervisor
