#include "ha/hold/hold.hpp"

#include <algorithm>
#include <utility>

#include "net/http/problem.hpp"

namespace sportapp::hold {
namespace {

constexpr std::int64_t kRetryEveryMs = 25;
constexpr std::string_view kNothingWasChanged =
    "no primary took this command in time; nothing was changed, try again";
constexpr std::string_view kMayHaveTakenEffect =
    "no primary answered this command in time, so it is not known whether it took effect; send it again with "
    "the same Idempotency-Key";
constexpr std::string_view kTooMany = "too many commands wait for a primary; nothing was changed, try again";
constexpr std::string_view kTooManyAndMayHaveTakenEffect =
    "too many commands wait for a primary, and it is not known whether this one took effect; send it again "
    "with "
    "the same Idempotency-Key";
constexpr std::size_t kBytesBeside = 512;  // of a kept request, beside its body

std::size_t bytes_of(const Held& held) {
  return held.request.body.size() + kBytesBeside;
}

bool has_header(const http::Response& response, std::string_view name) {
  return std::any_of(response.headers.begin(), response.headers.end(),
                     [&](const auto& header) { return header.first == name; });
}

// Any other 503 to a command that waited for a position is the answer to its waiting.
bool is_to_be_tried_again(const Held& held, const http::Response& response) {
  if (response.status != 503) return false;
  return has_header(response, kNotPrimaryHeader) || held.request.header("Sportapp-Position").empty();
}

}  // namespace

Hold::Hold(Limits limits, const Clock& clock, Loop& loop, http::Forwarder& forwarder,
           std::function<void(HeldPtr)> execute)
    : limits_(limits), clock_(clock), loop_(loop), forwarder_(forwarder), execute_(std::move(execute)) {}

Hold::~Hold() {
  if (timer_ != 0) loop_.cancel(timer_);
}

void Hold::primary_is(PrimaryLocation primary) {
  primary_ = std::move(primary);
  if (const auto* there = std::get_if<Elsewhere>(&primary_)) {
    forwarder_.go_to({there->local_socket, there->host, there->port});
  } else if (is_here(primary_)) {
    forwarder_.abandon();  // whatever was at a primary of before comes back, and is executed here
  }
  go_on();
}

void Hold::take(HeldPtr held) {
  if (held->forwarded) return held->reply(not_primary(primary_));
  const auto bytes = bytes_of(*held);
  if (counts_.held + counts_.forwarding >= limits_.count_max || bytes_ + bytes > limits_.bytes_max) {
    ++counts_.refused;
    return held->reply(http::unavailable(held->tried ? kTooManyAndMayHaveTakenEffect : kTooMany));
  }
  bytes_ += bytes;
  std::holds_alternative<Elsewhere>(primary_) ? forward(std::move(held)) : keep(std::move(held));
}

void Hold::keep(HeldPtr held) {
  if (!limits_.holds) return give_up(*held);
  ++counts_.held;
  const auto arrival = held->arrival;
  held_.emplace(arrival, std::move(held));
  arm();
}

void Hold::forward(HeldPtr held) {
  const auto left_ms = held->until_ms - clock_.monotonic_ms();
  if (left_ms <= 0) return keep(std::move(held));  // the next tick answers it
  ++counts_.forwarding;
  held->tried = true;
  const auto& request = held->request;
  forwarder_.send(request, left_ms,
                  [this, held](Result<http::Response> outcome) { answered(held, std::move(outcome)); });
}

void Hold::answered(const HeldPtr& held, Result<http::Response> outcome) {
  --counts_.forwarding;
  if (!outcome || is_to_be_tried_again(*held, *outcome)) return keep(held);
  ++counts_.forwarded;
  let_go(*held);
  held->reply(std::move(*outcome));
}

void Hold::go_on() {
  if (std::holds_alternative<Nowhere>(primary_)) return;
  for (auto& [arrival, held] : std::exchange(held_, {})) {
    --counts_.held;
    if (is_here(primary_)) {
      let_go(*held);
      execute_(std::move(held));
    } else {
      forward(std::move(held));
    }
  }
}

void Hold::tick() {
  timer_ = 0;
  const auto now_ms = clock_.monotonic_ms();
  std::vector<HeldPtr> late;
  std::erase_if(held_, [&](const auto& entry) {
    if (now_ms < entry.second->until_ms) return false;
    late.push_back(entry.second);
    return true;
  });
  counts_.held -= late.size();
  for (const auto& held : late) give_up(*held);
  go_on();
  if (!held_.empty()) arm();
}

void Hold::give_up(const Held& held) {
  ++counts_.timeouts;
  let_go(held);
  held.reply(http::unavailable(held.tried ? kMayHaveTakenEffect : kNothingWasChanged));
}

void Hold::arm() {
  if (timer_ == 0) timer_ = loop_.after(kRetryEveryMs, [this] { tick(); });
}

void Hold::let_go(const Held& held) {
  bytes_ -= bytes_of(held);
}

HoldCounts Hold::counts() const {
  return counts_;
}

}  // namespace sportapp::hold
