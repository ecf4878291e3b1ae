#include "sim/names.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace sportapp::simulator {
namespace {

constexpr std::string_view kTake = "Take", kRead = "Read", kTable = "names", kName = "name";
constexpr int kFound = 200, kNotFound = 404, kTaken = 409;

domain::Refusal refusal(int status, Id holder) {
  return {status, {}, fmt::format("{}", holder.value), {}};
}

Said said_of(int status) {
  switch (status) {
    case kFound:
      return Said::kFound;
    case kNotFound:
      return Said::kNotFound;
    case kTaken:
      return Said::kTaken;
    default:
      throw std::logic_error(fmt::format("no rule refuses with {}", status));
  }
}

}  // namespace

// A read goes through the journal too, and changes nothing: it must say what was acknowledged.
domain::Decision Names::decide(const domain::StateReader& state, const domain::Command& command) const {
  const auto holder = state.id_of(kName, command.body);
  if (command.type == kRead) return refusal(holder ? kFound : kNotFound, holder.value_or(Id{}));
  if (holder) return refusal(kTaken, *holder);
  const auto id = state.last_id(kTable).next();
  return domain::Effect{{"Taken", 1, command.body}, {201, fmt::format("{}", id.value), {}}};
}

void Names::apply(domain::State& state, const domain::CommittedEvent& event) const {
  const auto id = state.last_id(kTable).next();
  state.put_row(kTable, id, event.event.payload);
  state.put_unique(kName, event.event.payload, id);
}

journal::Submission submission_of(const Request& request) {
  return {request.key, {std::string(request.read ? kRead : kTake), request.name}};
}

std::optional<Reply> reply_of(const Request& request, const journal::Outcome& outcome) {
  if (const auto* answered = std::get_if<journal::Answered>(&outcome)) {
    return Reply{request.id, Said::kAdded, std::stoll(answered->answer.body)};
  }
  if (const auto* refusal = std::get_if<domain::Refusal>(&outcome)) {
    return Reply{request.id, said_of(refusal->status), std::stoll(refusal->detail)};
  }
  if (std::holds_alternative<journal::KeyReused>(outcome)) {
    throw std::logic_error(request.key + " is taken for a key of another request");
  }
  return std::nullopt;
}

}  // namespace sportapp::simulator
