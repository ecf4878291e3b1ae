// Request bodies, one after the other on one state: parse, decide, apply.
#include <boost/json.hpp>
#include <cstdint>

#include "domain/memory_state.hpp"
#include "domain/text.hpp"
#include "services/users/users.hpp"
#include "testing/require.hpp"

namespace {

using namespace sportapp::domain;
using sportapp::testing::require;

constexpr char kBetweenBodies = '\x1e';

void check_normal_form(const Domain& users, const Command& command) {
  const auto again = users.parse("POST", std::nullopt, command.body);
  const auto* same = std::get_if<Command>(&again);
  require(same != nullptr, "a normal form is accepted");
  require(same->body == command.body && same->type == command.type, "a normal form is its own normal form");
  const auto body = boost::json::parse(command.body).as_object();
  const std::string_view username = body.at("username").as_string();
  require(nfc(username) == username, "a username is kept in NFC");
  const auto seen = characters(username);
  require(seen.count >= 1 && seen.count <= 50 && !seen.has_control && !seen.has_outer_space,
          "an accepted username obeys the rule");
  if (const auto* email = body.if_contains("email")) {
    const std::string_view address = email->as_string();
    require(nfc(address) == address && is_email(address), "an accepted e-mail obeys the rule");
    const auto folded = case_folded(address);
    require(folded && case_folded(*folded) == folded, "an e-mail folded twice is folded once");
  }
}

void check_effect(const Domain& users, MemoryState& state, const Command& command, const Effect& effect) {
  require(effect.answer.body == effect.event.payload, "the answer is what was recorded");
  const auto rows_before = state.rows.size();
  users.apply(state, {Seq{1}, 0, effect.event});
  require(state.rows.size() == rows_before + 1, "a registration is one row");
  const auto again = users.decide(state, command);
  const auto* refused = std::get_if<Refusal>(&again);
  require(refused != nullptr && refused->status == 409, "what was registered is taken");
}

void send(const Domain& users, MemoryState& state, std::string_view body) {
  const auto parsed = users.parse("POST", std::nullopt, body);
  if (const auto* refused = std::get_if<Refusal>(&parsed)) {
    require(refused->status == 400 && !refused->detail.empty(), "a refused body is a 400 that says why");
    return;
  }
  const auto& command = std::get<Command>(parsed);
  check_normal_form(users, command);
  const auto decision = users.decide(state, command);
  if (const auto* refused = std::get_if<Refusal>(&decision)) {
    require(refused->status == 409 && !refused->detail.empty(), "a refused command is a 409 that says why");
    return;
  }
  check_effect(users, state, command, std::get<Effect>(decision));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto users = make_users();
  MemoryState state;
  std::string_view left(reinterpret_cast<const char*>(data), size);
  while (!left.empty()) {
    const auto end = std::min(left.find(kBetweenBodies), left.size());
    send(*users, state, left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return 0;
}
