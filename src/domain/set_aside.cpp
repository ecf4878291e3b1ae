#include "domain/set_aside.hpp"

#include <boost/json.hpp>
#include <stdexcept>
#include <utility>

#include "base/json_reading.hpp"
#include "domain/domain_wrapper.hpp"

namespace sportapp::domain {
namespace {

namespace json = boost::json;

constexpr std::string_view kSetCommand = "SetEventAside";
constexpr std::string_view kClearCommand = "ClearSetAside";
constexpr std::string_view kSetEvent = "EventSetAside";
constexpr std::string_view kClearedEvent = "SetAsideCleared";
constexpr std::string_view kPassCommand = "PassEvents";
constexpr std::string_view kPassedEvent = "EventsPassed";

json::object parsed(std::string_view text) {
  json::parse_options options;
  options.allow_invalid_utf8 = true;  // whatever bytes the event had
  return json::parse(text, {}, options).as_object();
}

class WithSetAside final : public DomainWrapper {
 public:
  using DomainWrapper::DomainWrapper;

  Decision decide(const StateReader& state, const Command& command) const override {
    if (command.type == kSetCommand) return Effect{{std::string(kSetEvent), 1, command.body}, {}};
    if (command.type == kPassCommand) return Effect{{std::string(kPassedEvent), 1, command.body}, {}};
    if (command.type != kClearCommand) return wrapped().decide(state, command);
    const Id row{parsed(command.body).at("id").as_int64()};
    if (!state.row(kSetAsideTable, row)) {
      return Refusal{404, "Not found", "event " + std::to_string(row.value) + " is not set aside", {}};
    }
    return Effect{{std::string(kClearedEvent), 1, command.body}, {}};
  }

  void apply(State& state, const CommittedEvent& committed) const override {
    const auto& event = committed.event;
    if (event.type == kSetEvent) {
      // The entry's own number: unlike a count, it is never given again when rows have gone.
      state.put_row(kSetAsideTable, Id{committed.seq.value}, event.payload);
    } else if (event.type == kClearedEvent) {
      state.remove_row(kSetAsideTable, Id{parsed(event.payload).at("id").as_int64()});
    } else if (!tells_of_passing(event)) {
      wrapped().apply(state, committed);
    }
  }
};

}  // namespace

Command set_aside(const SetAside& aside) {
  const auto& [seq, time_ms, event, previous, hash] = aside.event;
  const json::object inner{{"time_ms", time_ms}, {"version", event.version}, {"payload", event.payload}};
  const json::object body{{"source", aside.source},
                          {"seq", seq.value},
                          {"type", event.type},
                          {"event", inner},
                          {"reason", aside.reason}};
  return {std::string(kSetCommand), json::serialize(body)};
}

Command clear_set_aside(Id row) {
  return {std::string(kClearCommand), json::serialize(json::object{{"id", row.value}})};
}

SetAside set_aside_of(std::string_view row) {
  const auto body = parsed(row);
  const auto& event = body.at("event").as_object();
  return {text_at(body, "source"),
          {Seq{body.at("seq").as_int64()},
           event.at("time_ms").as_int64(),
           {text_at(body, "type"), json::value_to<int>(event.at("version")), text_at(event, "payload")}},
          text_at(body, "reason")};
}

Command pass(std::string_view source, Seq upto) {
  return {std::string(kPassCommand), json::serialize(json::object{{"source", source}, {"upto", upto.value}})};
}

bool tells_of_passing(const Event& event) {
  return event.type == kPassedEvent;
}

bool is_about_set_aside(const Event& event) {
  return event.type == kSetEvent || event.type == kClearedEvent || tells_of_passing(event);
}

std::unique_ptr<Domain> with_set_aside(std::unique_ptr<Domain> domain) {
  return std::make_unique<WithSetAside>(std::move(domain));
}

}  // namespace sportapp::domain
