#include "server/commands/command_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "net/http/content.hpp"
#include "net/http/problem.hpp"
#include "server/service/query_parameters.hpp"

namespace sportapp::commands {
namespace {

constexpr std::size_t kKeyCharactersMax = 128;
constexpr std::int64_t kFeedEventsMax = 1000;
constexpr std::int64_t kPositionMax = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kWaitersMax = 10'000;
// A refusal that may be early: whoever registers a user and orders at once is not told that there is none.
constexpr int kEarlyEveryMs = 25;
constexpr int kEarlyTries = 12;
constexpr std::size_t kEarlyMax = 1000;

bool is_idempotency_key(std::string_view key) {
  return !key.empty() && key.size() <= kKeyCharactersMax &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

http::Response refused(const domain::Refusal& refusal) {
  std::vector<http::FieldProblem> fields;
  for (const auto& error : refusal.errors) fields.push_back({error.field, error.detail});
  return http::problem(refusal.status, refusal.title, refusal.detail, fields);
}

http::Response answered(const std::string& service, journal::Answered answer) {
  http::Response response;
  response.status = answer.answer.status;
  response.body = std::move(answer.answer.body);
  if (!answer.answer.location.empty())
    response.headers.emplace_back("Location", std::move(answer.answer.location));
  response.headers.emplace_back("Sportapp-Position", fmt::format("{}={}", service, answer.seq.value));
  if (answer.replayed) response.headers.emplace_back("Idempotency-Replayed", "true");
  return response;
}

http::Response failed(const Error& error) {
  if (error.retry == Retry::kNever) return http::problem(500, "Internal error", error.what);
  return http::unavailable(error.what);
}

http::Response to_response(const std::string& service, journal::Outcome outcome) {
  if (auto* answer = std::get_if<journal::Answered>(&outcome)) return answered(service, std::move(*answer));
  if (const auto* refusal = std::get_if<domain::Refusal>(&outcome)) return refused(*refusal);
  if (const auto* error = std::get_if<Error>(&outcome)) return failed(*error);
  if (const auto* other = std::get_if<journal::NotPrimary>(&outcome)) return failed(to_error(*other));
  return http::problem(
      422, "Idempotency-Key reused",
      "this Idempotency-Key was already used with a different request; use a new key for a new request");
}

}  // namespace

CommandRoutes::CommandRoutes(const domain::Domain& domain, journal::Journal& journal,
                             messaging::EventSource& events, const Clock& clock, Loop& loop,
                             http::Forwarder& forwarder, quarantine::Quarantine& quarantine, Options options)
    : domain_(domain),
      journal_(journal),
      events_(events),
      clock_(clock),
      loop_(loop),
      quarantine_(quarantine),
      options_(std::move(options)),
      service_(domain.service()),
      seal_(service_, options_.key),
      hold_(options.hold, clock, loop, forwarder, [this](hold::HeldPtr held) { admit(std::move(held)); }) {
  for (const auto& source : domain.sources()) {
    sources_.try_emplace(source, loop, kWaitersMax);
    taken_in(source, journal.consumed(source));
  }
}

void CommandRoutes::add_to(http::Router& router) {
  const auto collection = "/api-commands/" + service_;
  for (const auto& route : domain_.routes()) {
    const bool one = route.target == domain::Target::kOne;
    router.add(route.method, one ? collection + "/{id}" : collection, http::Audience::kPublic,
               [this](const http::Request& request, const http::Reply& reply) { command(request, reply); });
  }
  router.add("GET", "/internal/feed", http::Audience::kInternal,
             [this](const http::Request& request, const http::Reply& reply) { reply(feed(request)); });
  router.add("GET", "/internal/feed/hash", http::Audience::kInternal,
             [this](const http::Request& request, const http::Reply& reply) { reply(feed_hash(request)); });
}

void CommandRoutes::taken_in(std::string_view source, Seq position) {
  auto& known = sources_.find(source)->second;
  known.position = std::max(known.position, position);
  known.waiters.reached(known.position);
}

void CommandRoutes::primary_is(hold::PrimaryLocation primary) {
  const bool here = hold::is_here(primary);
  if (here) {
    for (const auto& [source, known] : sources_) taken_in(source, journal_.consumed(source));
  }
  hold_.primary_is(std::move(primary));
  if (here) return;
  // Events are taken in by the primary: who waits for some here goes there.
  for (auto& [source, known] : sources_) known.waiters.reached(Seq{kPositionMax});
}

void CommandRoutes::command(const http::Request& request, const http::Reply& reply) {
  auto held = std::make_shared<hold::Held>(hold::Held{reply, http::passed_on(request)});
  held->request.captures = request.captures;
  held->arrival = ++arrivals_;
  held->arrived_ms = clock_.monotonic_ms();
  held->until_ms = held->arrived_ms + options_.hold_ms;
  held->forwarded = !request.header("Sportapp-Forwarded").empty();
  held->fingerprint = quarantine::fingerprint_of(request.method, request.path, request.body);
  admit(std::move(held));
}

// A suspect is not even read here before its trial: reading may be what it ends the process by.
void CommandRoutes::admit(hold::HeldPtr held) {
  switch (quarantine_.verdict(held->fingerprint)) {
    case quarantine::Quarantine::Verdict::kQuarantined:
      return held->reply(quarantine_.answer(held->fingerprint));
    case quarantine::Quarantine::Verdict::kSuspect:
      return hold::is_here(primary()) ? try_apart(std::move(held)) : hold_.take(std::move(held));
    case quarantine::Quarantine::Verdict::kInnocent:
      return execute(std::move(held));
  }
}

void CommandRoutes::try_apart(hold::HeldPtr held) {
  quarantine_.try_apart(held->request, held->fingerprint,
                        [this, held](quarantine::TrialOutcome::Kind outcome) {
                          switch (outcome) {
                            case quarantine::TrialOutcome::Kind::kPassed:
                              held->tried_apart = true;
                              return execute(held);
                            case quarantine::TrialOutcome::Kind::kFailed:
                              return held->reply(quarantine_.answer(held->fingerprint));
                            case quarantine::TrialOutcome::Kind::kNotTried:
                              return held->reply(
                                  http::unavailable("this command was in hand when a process died, and "
                                                    "cannot be looked at more closely at present; "
                                                    "nothing was changed by it now, try again"));
                          }
                        });
}

CommandRoutes::Read CommandRoutes::read(const http::Request& request) const {
  if (!http::is_json_content_type(request.header("Content-Type"))) {
    return http::problem(415, "Unsupported media type",
                         "send the body as JSON in UTF-8, with Content-Type: application/json");
  }
  std::string key(request.header("Idempotency-Key"));
  if (!is_idempotency_key(key)) {
    return http::problem(400, "Bad Idempotency-Key",
                         "Idempotency-Key must have 1 to 128 visible ASCII characters");
  }
  std::optional<Id> id;
  if (!request.captures.empty()) {
    const auto number = http::parse_decimal(request.captures[0], 0, kPositionMax);
    if (!number) return http::problem(404, "Not found", "there is no " + request.path);
    id = Id{*number};
  }
  auto parsed = domain_.parse(request.method, id, request.body);
  if (const auto* refusal = std::get_if<domain::Refusal>(&parsed)) return refused(*refusal);
  Asked asked{.submission = {std::move(key), std::get<domain::Command>(std::move(parsed))}};
  if (auto malformed = read_wishes(request, asked)) return std::move(*malformed);
  asked.tries_left = sources_.empty() ? 0 : kEarlyTries;
  return asked;
}

// The answer, when they are malformed.
std::optional<http::Response> CommandRoutes::read_wishes(const http::Request& request, Asked& asked) const {
  for (const auto& [source, known] : sources_) {
    auto read = service::position_wish(request, source);
    if (auto* malformed = std::get_if<http::Response>(&read)) return std::move(*malformed);
    auto& wish = std::get<service::PositionWish>(read);
    if (!wish.preference_applied.empty()) asked.preference_applied = wish.preference_applied;
    if (wish.position <= known.position) continue;
    asked.wishes[source] = wish.position;
    asked.wait_ms = wish.wait_ms;
    asked.waits_until_ms = clock_.monotonic_ms() + wish.wait_ms;
  }
  return std::nullopt;
}

void CommandRoutes::execute(hold::HeldPtr held) {
  auto read = [&] {
    const quarantine::Quarantine::Reading reading(quarantine_, held->fingerprint,
                                                  held->request.header("Idempotency-Key"));
    return this->read(held->request);
  }();
  if (auto* refused = std::get_if<http::Response>(&read)) {
    if (held->tried_apart) quarantine_.executed(held->fingerprint);
    return held->reply(std::move(*refused));
  }
  auto& asked = std::get<Asked>(read);
  held->until_ms = held->arrived_ms + options_.hold_ms + asked.wait_ms;
  asked.submission.request = held->fingerprint;
  asked.held = std::move(held);
  await(std::make_shared<Asked>(std::move(asked)));
}

void CommandRoutes::await(AskedPtr asked) {
  if (!hold::is_here(primary())) return hold_.take(asked->held);
  for (const auto& [source, position] : asked->wishes) {
    auto& known = sources_.find(source)->second;
    if (position <= known.position) continue;
    const auto late = [asked, at = &known, name = source, wished = position] {
      asked->held->reply(
          http::unavailable(fmt::format("position {}={} was not taken in within {} ms, only {} is; try again",
                                        name, wished.value, asked->wait_ms, at->position.value)));
    };
    const auto left_ms = asked->waits_until_ms - clock_.monotonic_ms();
    if (left_ms <= 0) return late();
    const auto then = [this, asked, late](service::Waited waited) {
      if (waited == service::Waited::kTimedOut) return late();
      await(asked);
    };
    if (!known.waiters.wait_for(position, left_ms, then)) {
      asked->held->reply(http::unavailable("too many commands wait for a position; try again"));
    } else if (options_.on_wait) {
      options_.on_wait(source, left_ms);
    }
    return;
  }
  submit(std::move(asked));
}

void CommandRoutes::submit(AskedPtr asked) {
  // One that is not tried again needs no copy.
  auto submission = asked->tries_left > 0 ? asked->submission : std::move(asked->submission);
  // The reply's last copy must go on the loop, so it is handed over and not copied.
  journal_.submit(std::move(submission), [this, asked = std::move(asked)](journal::Outcome outcome) mutable {
    loop_.post([this, mine = std::move(asked), outcome = std::move(outcome)]() mutable {
      ended(mine, std::move(outcome));
    });
  });
}

void CommandRoutes::ended(const AskedPtr& asked, journal::Outcome outcome) {
  if (tries_again(asked, outcome)) return;
  if (is_to_be_held(outcome)) {
    asked->held->tried = true;
    return hold_.take(asked->held);
  }
  if (asked->held->tried_apart) quarantine_.executed(asked->held->fingerprint);
  auto response = to_response(service_, std::move(outcome));
  if (!asked->preference_applied.empty()) {
    response.headers.emplace_back("Preference-Applied", asked->preference_applied);
  }
  asked->held->reply(std::move(response));
}

bool CommandRoutes::is_to_be_held(const journal::Outcome& outcome) const {
  if (std::holds_alternative<journal::NotPrimary>(outcome)) return true;
  const auto* error = std::get_if<Error>(&outcome);
  return error != nullptr && error->retry != Retry::kNever && options_.has_peers &&
         !journal_.status().failing.empty();
}

bool CommandRoutes::tries_again(const AskedPtr& asked, const journal::Outcome& outcome) {
  const auto* refusal = std::get_if<domain::Refusal>(&outcome);
  if (refusal == nullptr || !refusal->may_be_early || asked->tries_left == 0 || early_ >= kEarlyMax) {
    return false;
  }
  --asked->tries_left;
  ++early_;
  loop_.after(kEarlyEveryMs, [this, asked] {
    --early_;
    submit(asked);
  });
  return true;
}

http::Response CommandRoutes::feed(const http::Request& request) {
  if (!hold::is_here(primary())) return http::unavailable(hold::only_the_primary(primary()));
  const auto after = http::parse_decimal(request.parameter("after").value_or("0"), 0, kPositionMax);
  const auto limit = http::parse_decimal(request.parameter("limit").value_or("1000"), 1, kFeedEventsMax);
  if (!after || !limit) {
    return http::problem(400, "Bad request", "after must be a position, limit 1 to 1000");
  }
  auto events = events_.read(Seq{*after}, static_cast<std::size_t>(*limit));
  if (!events) {
    const auto base = events_.base();
    if (base && Seq{*after} < *base) return http::problem(410, "Gone", events.error().what);
    return http::unavailable(events.error().what);
  }
  if (options_.on_feed_read) options_.on_feed_read(Seq{*after});
  http::Response response;
  response.content_type = "application/x-ndjson";
  for (const auto& event : *events) {
    response.body += seal_.encode(event);
    response.body += '\n';
  }
  return response;
}

// By it, whoever has taken events in knows whether they were of the history that this journal has.
http::Response CommandRoutes::feed_hash(const http::Request& request) {
  if (!hold::is_here(primary())) return http::unavailable(hold::only_the_primary(primary()));
  const auto at = http::parse_decimal(request.parameter("at").value_or(""), 0, kPositionMax);
  if (!at) return http::problem(400, "Bad request", "at must be a position");
  const auto hash = events_.hash_at(Seq{*at});
  if (!hash && hash.error().retry == Retry::kNever) return http::problem(410, "Gone", hash.error().what);
  if (!hash) return http::unavailable(hash.error().what);
  if (!*hash) return http::problem(404, "Not found", fmt::format("the journal ends before entry {}", *at));
  http::Response response;
  response.content_type = "text/plain";
  response.body = hex(**hash);
  return response;
}

}  // namespace sportapp::commands
