#include "server/queries/query_routes.hpp"

#include <fmt/format.h>

#include <limits>
#include <stdexcept>
#include <utility>

#include "base/hash.hpp"
#include "net/http/content.hpp"
#include "net/http/problem.hpp"
#include "server/service/query_parameters.hpp"

namespace sportapp::queries {
namespace {

using http::Request;
using http::Response;
using Rows = std::vector<projection::ReadModelReader::Row>;

constexpr std::size_t kRowsPerPiece = 500;
constexpr std::size_t kEtagCharacters = 32;

Response json_response(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

void append(std::string& array, const Rows& rows) {
  for (const auto& row : rows) {
    if (array.empty() || array.back() != '[') array += ',';
    array += row.view;
  }
}

// Of what is sent and nothing else, so that every queries process gives the same.
std::string etag_of(std::string_view body) {
  return '"' + hex(Hasher().field(body).finish()).substr(0, kEtagCharacters) + '"';
}

Response not_open() {
  return http::unavailable("the read model is not open at present; try again");
}

}  // namespace

QueryRoutes::QueryRoutes(const domain::Projection& projection, LiveModel& model,
                         service::PositionWaiters& waiters)
    : service_(projection.service()),
      path_("/api-queries/" + service_),
      filters_(projection.filters()),
      model_(model),
      waiters_(waiters) {}

void QueryRoutes::add_to(http::Router& router) {
  const auto handler = [this](Answer answer) {
    return
        [this, answer](const Request& request, const http::Reply& reply) { serve(request, reply, answer); };
  };
  router.add("GET", path_, http::Audience::kPublic, handler(&QueryRoutes::collection));
  router.add("GET", path_ + "/{id}", http::Audience::kPublic, handler(&QueryRoutes::single));
}

void QueryRoutes::serve(const Request& request, const http::Reply& reply, Answer answer) {
  auto read = service::position_wish(request, service_);
  if (auto* refused = std::get_if<Response>(&read)) return reply(std::move(*refused));
  auto& wish = std::get<service::PositionWish>(read);
  const bool wishes = wish.position > Seq{};
  const auto send = [this, answer, reply, wishes, applied = wish.preference_applied](const Request& asked) {
    if (wishes) model_.see_latest();
    auto response = (this->*answer)(asked);
    if (!applied.empty()) response.headers.emplace_back("Preference-Applied", applied);
    reply(std::move(response));
  };
  if (wish.position <= model_.position()) return send(request);
  const auto then = [this, send, reply, wish, asked = request](service::Waited waited) {
    if (waited == service::Waited::kReached) return send(asked);
    reply(
        http::unavailable(fmt::format("position {}={} was not reached within {} ms; the read model holds {}",
                                      service_, wish.position.value, wish.wait_ms, model_.position().value)));
  };
  if (!waiters_.wait_for(wish.position, wish.wait_ms, then)) {
    return reply(http::unavailable("too many queries wait for a position; try again"));
  }
  model_.hurry(wish.wait_ms);
}

Response QueryRoutes::collection(const Request& request) {
  const auto read = service::range_of(request);
  if (const auto* refused = std::get_if<Response>(&read)) return *refused;
  if (model_.reader() == nullptr) return not_open();
  if (auto found = filtered(request)) return std::move(*found);
  const auto& range = std::get<service::Range>(read);
  return range.limit ? page(range.after, *range.limit) : whole(range.after);
}

Response QueryRoutes::single(const Request& request) {
  const auto id = http::parse_decimal(request.captures.at(0), 1, std::numeric_limits<std::int64_t>::max());
  if (!id) {
    return http::problem(404, "Not found",
                         fmt::format("'{}' is not an id of {}", request.captures[0], service_));
  }
  if (model_.reader() == nullptr) return not_open();
  auto view = model_.reader()->view({*id});
  if (!view) return unreadable(view.error());
  if (!*view) return http::problem(404, "Not found", fmt::format("there is no {} in {}", *id, service_));
  auto response = json_response(std::move(**view));
  auto etag = etag_of(response.body);
  if (http::etag_matches(request.header("If-None-Match"), etag)) {
    response.status = 304;
    response.body.clear();
  }
  response.headers.emplace_back("ETag", std::move(etag));
  return response;
}

Response QueryRoutes::page(Id after, std::size_t limit) {
  auto rows = model_.reader()->page(after, limit + 1);
  if (!rows) return unreadable(rows.error());
  const bool more = rows->size() > limit;
  if (more) rows->pop_back();
  std::string body = "[";
  append(body, *rows);
  auto response = json_response(body + ']');
  if (more) {
    response.headers.emplace_back(
        "Link", fmt::format("<{}?limit={}&after={}>; rel=\"next\"", path_, limit, rows->back().id.value));
  }
  return response;
}

// Piece by piece, each read when the client took the one before: neither memory nor a read transaction is
// held for a slow one, and it goes on by id when the file is changed for a rebuilt one meanwhile.
Response QueryRoutes::whole(Id after) {
  auto rows = model_.reader()->page(after, kRowsPerPiece);
  if (!rows) return unreadable(rows.error());
  std::string body = "[";
  append(body, *rows);
  if (rows->size() < kRowsPerPiece) return json_response(body + ']');
  auto response = json_response(std::move(body));
  response.next_chunk = [this, last = rows->back().id,
                         ended = false]() mutable -> std::optional<std::string> {
    if (ended) return std::nullopt;
    if (model_.reader() == nullptr)
      throw std::runtime_error("the read model was closed in the middle of a list");
    const auto next = model_.reader()->page(last, kRowsPerPiece);
    if (!next) {
      model_.read_failed(next.error());
      throw std::runtime_error(next.error().what);
    }
    std::string piece;
    append(piece, *next);
    if (!next->empty()) last = next->back().id;
    ended = next->size() < kRowsPerPiece;
    if (ended) piece += ']';
    return piece;
  };
  return response;
}

std::optional<Response> QueryRoutes::filtered(const Request& request) {
  bool asked = false, none = false;
  std::optional<projection::ReadModelReader::Row> match;
  for (const auto& filter : filters_) {
    const auto text = request.parameter(filter.field);
    if (!text) continue;
    asked = true;
    const auto value = filter.normal_form(*text);
    if (!value) {
      none = true;
      continue;
    }
    auto found = model_.reader()->find(filter.field, *value);
    if (!found) return unreadable(found.error());
    none = none || !*found || (match && match->id != (*found)->id);
    match = std::move(*found);
  }
  if (!asked) return std::nullopt;
  return json_response(none ? "[]" : '[' + match->view + ']');
}

Response QueryRoutes::unreadable(const Error& error) {
  model_.read_failed(error);
  return http::unavailable("the read model cannot be read at present; try again");
}

}  // namespace sportapp::queries
