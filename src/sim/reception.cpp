#include "sim/reception.hpp"

#include <fmt/format.h>

#include <utility>

#include "sim/checker.hpp"
#include "sim/http_form.hpp"

namespace sportapp::simulator {
namespace {

constexpr std::int64_t kHoldMs = 5000;
constexpr std::size_t kHeldMax = 12;  // so few that some are too many

hold::PrimaryLocation location_of(const std::string& primary, const std::string& self) {
  if (primary.empty()) return hold::Nowhere{};
  if (primary == self) return hold::Here{};
  return hold::Elsewhere{primary, {}, primary, 1};
}

}  // namespace

Reception::Reception(Host& host, Network& network, Timeline& timeline, Owner owner, Us hop)
    : host_(host),
      network_(network),
      owner_(std::move(owner)),
      clock_(timeline),
      loop_(host.process(), hop),
      forwarder_(host, network, loop_),
      hold_({.count_max = kHeldMax}, clock_, loop_, forwarder_,
            [this](hold::HeldPtr held) { execute(std::move(held)); }),
      open_(host.process(), host.name()) {
  hold_.primary_is(hold::Nowhere{});
}

void Reception::request(LinkId link, const Request& request) {
  const auto arrival = ++arrivals_;
  const auto now_ms = clock_.monotonic_ms();
  auto reply =
      open_.open(arrival, now_ms + kHoldMs, [this, link, id = request.id](const http::Response& response) {
        network_.send(link, host_, encode(reply_of(id, response)));
      });
  auto held = std::make_shared<hold::Held>(hold::Held{std::move(reply), to_http(request)});
  held->arrival = arrival;
  held->arrived_ms = now_ms;
  held->until_ms = now_ms + kHoldMs;
  held->forwarded = request.forwarded;
  execute(std::move(held));
}

// As the primary, which it may be no more when the journal looks at it.
void Reception::execute(hold::HeldPtr held) {
  if (!hold::is_here(hold_.primary())) return take(held);
  open_.in_journal(held->arrival, true);
  const auto request = request_of(held->request);
  owner_.submit({request, [this, held = std::move(held), request](std::optional<Said> said, std::int64_t id) {
                   std::optional<Reply> reply;
                   if (said) {
                     owner_.answered(request, *said, id);
                     reply = Reply{request.id, *said, id};
                   }
                   loop_.post([this, held, reply] { ended(held, reply); });
                 }});
}

void Reception::ended(const hold::HeldPtr& held, std::optional<Reply> reply) {
  open_.in_journal(held->arrival, false);
  if (reply) return held->reply(to_http(*reply));
  held->tried = true;
  take(held);
}

// Whoever passed a request on keeps it: were it kept here, too, or passed on further, two would try it.
void Reception::take(const hold::HeldPtr& held) {
  hold_.take(held);
  if (held->forwarded && open_.has(held->arrival)) {
    throw Violation(fmt::format("{} does not give its request {} back, which another node passed on",
                                host_.name(), held->arrival));
  }
}

void Reception::look() {
  const auto counts = hold_.counts();
  open_.look(clock_.monotonic_ms(), counts.held + counts.forwarding);
  auto primary = owner_.decides() ? host_.name() : owner_.primary();
  if (primary == primary_) return;
  primary_ = primary;
  loop_.post([this, primary = std::move(primary)] { hold_.primary_is(location_of(primary, host_.name())); });
}

void Reception::dialled(const std::string& to, std::optional<LinkId> link) {
  forwarder_.dialled(to, link);
}

void Reception::reply(LinkId link, const Reply& reply) {
  forwarder_.reply(link, reply);
}

void Reception::broken(LinkId link) {
  forwarder_.broken(link);
}

}  // namespace sportapp::simulator
