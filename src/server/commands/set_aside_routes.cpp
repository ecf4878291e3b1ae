#include "server/commands/set_aside_routes.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <stdexcept>
#include <utility>

#include "net/http/problem.hpp"
#include "server/service/set_aside_answers.hpp"
#include "store/journal/reader.hpp"

namespace sportapp::commands {
namespace {

std::string key_of(std::string_view what, const domain::SetAside& event) {
  return fmt::format(" {}/{}/{}", what, event.source, event.event.seq.value);
}

}  // namespace

SetAsideRoutes::SetAsideRoutes(std::filesystem::path file, const domain::Domain& domain,
                               journal::Journal& journal, Loop& loop,
                               std::function<const hold::PrimaryLocation&()> primary)
    : file_(std::move(file)), domain_(domain), journal_(journal), loop_(loop), primary_(std::move(primary)) {}

void SetAsideRoutes::add_to(http::Router& router) {
  service::add_set_aside_routes(
      router, [this] { return list(); }, [this](const http::Reply& reply) { retry(reply); });
}

Result<std::vector<SetAsideRoutes::Row>> SetAsideRoutes::rows() const {
  const auto reader = journal::Reader::open(file_);
  if (!reader) return reader.error();
  const auto stored = (*reader)->rows_of(domain::kSetAsideTable, Id{}, service::kSetAsideListedMax);
  if (!stored) return stored.error();
  std::vector<Row> rows;
  for (const auto& row : *stored) rows.push_back({row.id, domain::set_aside_of(row.json)});
  return rows;
}

Result<std::vector<domain::SetAside>> SetAsideRoutes::list() const {
  if (!hold::is_here(primary_())) return Error{Retry::kLater, hold::only_the_primary(primary_())};
  auto found = rows();
  if (!found) return found.error();
  std::vector<domain::SetAside> events;
  for (auto& row : *found) events.push_back(std::move(row.event));
  return events;
}

void SetAsideRoutes::retry(const http::Reply& reply) {
  if (!hold::is_here(primary_())) return reply(http::unavailable(hold::only_the_primary(primary_())));
  if (round_) return reply(service::retry_under_way());
  auto found = rows();
  if (!found) return reply(http::unavailable(found.error().what));
  round_.emplace(Round{reply, std::move(*found)});
  next();
}

// What the event asks for now takes effect under a key of its own, and then its row goes under another: once,
// wherever this is cut off and begun again.
void SetAsideRoutes::next() {
  while (round_->at < round_->rows.size()) {
    const auto& [id, aside] = round_->rows[round_->at];
    try {
      auto reactions = domain_.react(aside.source, {aside.event});
      if (reactions.empty()) return clear();
      if (reactions.size() > 1) throw std::logic_error("one event asks for several commands");
      return submit(key_of("retry", aside), std::move(reactions.front().command),
                    &SetAsideRoutes::took_effect);
    } catch (const std::exception& failed) {
      spdlog::warn("event stays set aside source={} seq={}: {}", aside.source, aside.event.seq.value,
                   failed.what());
      ++round_->at;
    }
  }
  const auto left = static_cast<std::int64_t>(round_->rows.size()) - round_->retried;
  end(service::retry_ended(round_->retried, left));
}

void SetAsideRoutes::clear() {
  const auto& [id, aside] = round_->rows[round_->at];
  submit(key_of("cleared", aside), domain::clear_set_aside(id), &SetAsideRoutes::cleared);
}

void SetAsideRoutes::submit(std::string key, domain::Command command,
                            void (SetAsideRoutes::*then)(journal::Outcome)) {
  journal_.submit({std::move(key), std::move(command)}, [this, then](journal::Outcome outcome) {
    if (const auto* other = std::get_if<journal::NotPrimary>(&outcome)) outcome = to_error(*other);
    loop_.post([this, then, outcome = std::move(outcome)]() mutable { (this->*then)(std::move(outcome)); });
  });
}

void SetAsideRoutes::took_effect(journal::Outcome outcome) {
  if (const auto* error = std::get_if<Error>(&outcome); error != nullptr && error->retry != Retry::kNever) {
    return end(http::unavailable(error->what));
  }
  // A key that is known took effect before, if with words of an older program.
  if (std::holds_alternative<journal::Answered>(outcome) ||
      std::holds_alternative<journal::KeyReused>(outcome)) {
    return clear();
  }
  ++round_->at;
  next();
}

void SetAsideRoutes::cleared(journal::Outcome outcome) {
  if (const auto* error = std::get_if<Error>(&outcome)) return end(http::unavailable(error->what));
  ++round_->retried;
  ++round_->at;
  next();
}

void SetAsideRoutes::end(http::Response response) {
  const auto reply = std::move(round_->reply);
  round_.reset();
  reply(std::move(response));
}

}  // namespace sportapp::commands
