// What a command means, apart from how it arrives and where it is kept: the one narrow interface by which
// journal and services know a domain. Everything here is pure: no socket, no clock, no SQL.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/hash.hpp"
#include "base/strong.hpp"

namespace sportapp::domain {

// What was asked for, checked and in normal form. `body` is JSON with the known fields in fixed order, so
// that two requests that mean the same have the same bytes.
struct Command {
  std::string type;  // imperative: RegisterUser
  std::string body;
};

// What happened. Past tense, versioned; `payload` is JSON.
struct Event {
  std::string type;  // UserRegistered
  int version = 1;
  std::string payload;
};

// An event that is durable, with its place: what relay, feed and read models carry.
struct CommittedEvent {
  Seq seq;
  std::int64_t time_ms = 0;  // wall clock of the commit, since 1970
  Event event;
  // Of the journal's entry before it and of its own: what binds it to one history. Zeros: not known.
  Hash previous{};
  Hash hash{};
};

struct Answer {
  int status = 200;
  std::string body;      // JSON
  std::string location;  // route of the thing made, or empty
};

struct FieldError {
  std::string field;  // JSON pointer: /username
  std::string detail;
};

// The command was understood or not, but nothing happened.
struct Refusal {
  int status = 400;
  std::string title;
  std::string detail;
  std::vector<FieldError> errors;
  // What was missed is another service's, whose event may be on its way: worth another try in a moment.
  bool may_be_early = false;
};

struct Effect {
  Event event;
  Answer answer;
};
using Decision = std::variant<Effect, Refusal>;

// State of one service as its rules read it: rows by id and unique names of rows.
class StateReader {
 public:
  virtual ~StateReader() = default;
  [[nodiscard]] virtual std::optional<std::string> row(std::string_view table, Id id) const = 0;
  [[nodiscard]] virtual std::optional<Id> id_of(std::string_view unique_field,
                                                std::string_view value) const = 0;
  [[nodiscard]] virtual Id last_id(std::string_view table) const = 0;
};

class State : public StateReader {
 public:
  virtual void put_row(std::string_view table, Id id, std::string_view json) = 0;
  virtual void remove_row(std::string_view table, Id id) = 0;  // one that is not there is no error
  // A value that already exists is a defect of `decide`: the implementation throws.
  virtual void put_unique(std::string_view unique_field, std::string_view value, Id id) = 0;
};

// A route of the commands service: on the collection (/users) or on one of it (/users/{id}).
enum class Target { kCollection, kOne };
struct Route {
  std::string method;
  Target target;
};

// A field of the body that makes a new one, for whoever makes bodies from something that knows no types.
struct Field {
  enum class Kind { kText, kInteger };
  std::string name;
  Kind kind = Kind::kText;
  bool required = true;
};

// What events of another service ask of this one.
struct Reaction {
  Seq upto;  // the last of the events that it accounts for
  Command command;
};

class Domain {
 public:
  virtual ~Domain() = default;
  [[nodiscard]] virtual std::string_view service() const = 0;  // users
  [[nodiscard]] virtual std::vector<Route> routes() const = 0;
  [[nodiscard]] virtual std::vector<Field> fields() const = 0;
  // A request body, as it came from outside, to a command or the reasons why not. Any thread may call.
  [[nodiscard]] virtual std::variant<Command, Refusal> parse(std::string_view method, std::optional<Id> id,
                                                             std::string_view body) const = 0;
  [[nodiscard]] virtual Decision decide(const StateReader& state, const Command& command) const = 0;
  // Must give the same state for the same events, always: a journal is replayed with it.
  virtual void apply(State& state, const CommittedEvent& event) const = 0;

  // The services whose events this one takes in.
  [[nodiscard]] virtual std::vector<std::string> sources() const { return {}; }
  // How long events of the source may wait to be taken in together; 0: not at all. A request that waits for
  // a position ends it.
  [[nodiscard]] virtual int gather_ms(std::string_view) const { return 0; }
  // Of these, those whose things it keeps: each in a table of that service's name, as react() asks for it.
  [[nodiscard]] virtual std::vector<std::string> keeps() const { return {}; }
  // What `events` of `source` (without a gap, in order) ask for, in their order: several events may become
  // one command, one that is no concern of this service becomes none. `decide` must not refuse such a
  // command. Throws std::exception for an event that concerns it and cannot be understood.
  [[nodiscard]] virtual std::vector<Reaction> react(std::string_view,
                                                    const std::vector<CommittedEvent>&) const {
    return {};
  }
  // The state table that has a row for each thing begun and not ended yet, {"since_ms":...}; empty: none
  // does.
  [[nodiscard]] virtual std::string_view open_table() const { return {}; }
};

}  // namespace sportapp::domain
