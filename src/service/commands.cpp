#include "service/commands.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/clock.hpp"
#include "http/content.hpp"
#include "http/problem.hpp"
#include "journal/journal.hpp"
#include "messaging/relay.hpp"
#include "service/command_metrics.hpp"
#include "service/process.hpp"

namespace sportapp::service {
namespace {

constexpr std::size_t kKeyCharactersMax = 128;
constexpr std::int64_t kFeedEventsMax = 1000;
constexpr std::int64_t kPositionMax = std::numeric_limits<std::int64_t>::max();

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
  return http::problem(
      422, "Idempotency-Key reused",
      "this Idempotency-Key came with another request before; use a new key for a new request");
}

// The routes of one service's commands. Loop thread.
class CommandRoutes {
 public:
  CommandRoutes(const domain::Domain& domain, journal::Journal& journal, messaging::EventSource& events,
                Loop& loop)
      : domain_(domain), journal_(journal), events_(events), loop_(loop), service_(domain.service()) {}

  void add_to(http::Router& router) {
    const auto collection = "/api-commands/" + service_;
    for (const auto& route : domain_.routes()) {
      const bool one = route.target == domain::Target::kOne;
      router.add(route.method, one ? collection + "/{id}" : collection, http::Audience::kPublic,
                 [this, one](const http::Request& request, const http::Reply& reply) {
                   command(request, one, reply);
                 });
    }
    router.add("GET", "/internal/feed", http::Audience::kInternal,
               [this](const http::Request& request, const http::Reply& reply) { reply(feed(request)); });
  }

 private:
  void command(const http::Request& request, bool one, const http::Reply& reply) {
    if (!http::is_json_content_type(request.header("Content-Type"))) {
      return reply(http::problem(415, "Unsupported media type",
                                 "send the body as JSON in UTF-8, with Content-Type: application/json"));
    }
    std::string key(request.header("Idempotency-Key"));
    if (!is_idempotency_key(key)) {
      return reply(http::problem(400, "Bad Idempotency-Key",
                                 "Idempotency-Key must have 1 to 128 visible ASCII characters"));
    }
    std::optional<Id> id;
    if (one) {
      const auto number = http::parse_decimal(request.captures[0], 0, kPositionMax);
      if (!number) return reply(http::problem(404, "Not found", "there is no " + request.path));
      id = Id{*number};
    }
    auto parsed = domain_.parse(request.method, id, request.body);
    if (const auto* refusal = std::get_if<domain::Refusal>(&parsed)) return reply(refused(*refusal));
    submit({std::move(key), std::get<domain::Command>(std::move(parsed))}, reply);
  }

  void submit(journal::Submission submission, const http::Reply& reply) {
    // The reply's last copy must go on the loop, so it is handed over and not copied.
    journal_.submit(std::move(submission), [this, reply](journal::Outcome outcome) mutable {
      loop_.post([this, mine = std::move(reply), outcome = std::move(outcome)]() mutable {
        mine(to_response(service_, std::move(outcome)));
      });
    });
  }

  http::Response feed(const http::Request& request) {
    const auto after = http::parse_decimal(request.parameter("after").value_or("0"), 0, kPositionMax);
    const auto limit = http::parse_decimal(request.parameter("limit").value_or("1000"), 1, kFeedEventsMax);
    if (!after || !limit) {
      return http::problem(400, "Bad request", "after must be a position, limit 1 to 1000");
    }
    auto events = events_.read(Seq{*after}, static_cast<std::size_t>(*limit));
    if (!events) return http::unavailable(events.error().what);
    http::Response response;
    response.content_type = "application/x-ndjson";
    for (const auto& event : *events) {
      response.body += messaging::encode(event);
      response.body += '\n';
    }
    return response;
  }

  const domain::Domain& domain_;
  journal::Journal& journal_;
  messaging::EventSource& events_;
  Loop& loop_;
  const std::string service_;
};

void describe(Process& process, const journal::Journal& journal, const messaging::Relay& relay) {
  process.ready_when([&journal]() -> std::optional<std::string> {
    const auto status = journal.status();
    return status.failing.empty() ? std::nullopt
                                  : std::optional("the journal cannot write: " + status.failing);
  });
  process.describe("role", [] { return std::string("primary"); });
  process.describe(
      "state", [&journal] { return std::string(journal.status().failing.empty() ? "running" : "failing"); });
  process.describe_number("position", [&journal] { return journal.status().head.value; });
  process.describe_number("published", [&relay] { return relay.status().published.value; });
}

int run(Config config, const domain::Domain& domain) {
  const SystemClock clock;
  const auto file = config.data / "journal.db";
  const messaging::Relay::Options relay_options{config.redis, config.service, config.stream_length_max};
  Process process(std::move(config));
  CommandMetrics metrics(*process.metrics());
  std::unique_ptr<messaging::Relay> relay;  // outlives the journal, which hands it events
  auto journal = journal::Journal::open(
      {.file = file,
       .queue_max = static_cast<std::size_t>(process.config().queue_max),
       .batch_max = static_cast<std::size_t>(process.config().batch_max),
       .on_committed =
           [&relay](std::vector<domain::CommittedEvent> events) { relay->committed(std::move(events)); },
       .on_batch = [&metrics](const journal::BatchReport& report) { metrics.count(report); }},
      domain, clock);
  if (!journal) {
    spdlog::error("{}", journal.error().what);
    return 1;
  }
  auto for_relay = (*journal)->events();
  auto for_feed = (*journal)->events();
  if (!for_relay || !for_feed) {
    spdlog::error("{}", for_relay ? for_feed.error().what : for_relay.error().what);
    return 1;
  }
  relay = std::make_unique<messaging::Relay>(relay_options, std::move(*for_relay));
  CommandRoutes routes(domain, **journal, **for_feed, process.loop());
  routes.add_to(process.router());
  describe(process, **journal, *relay);
  process.on_metrics([&] { metrics.show((*journal)->status(), relay->status()); });
  const int status = process.run();
  journal->reset();  // while the loop is still there to take its last outcomes
  return status;
}

}  // namespace

int run_commands(int argc, char** argv, const domain::Domain& domain) {
  int status = 0;
  auto config = start_from_command_line(argc, argv, load_config, status);
  return config ? run(std::move(*config), domain) : status;
}

}  // namespace sportapp::service
