// What the journal is asked and what it answers.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "domain/domain.hpp"

namespace sportapp::journal {

// What a command answers to: events of another service. It takes effect only if `after` is the last of that
// service's events which counted here, so none is passed over and none counts twice, whatever failed before.
struct Cause {
  std::string source;  // the service
  Seq after;
  Seq upto;  // counted, once the command took effect; > after
  // Of the service's entry `upto`: which history it was of. Zeros: not known, and so not kept.
  Hash hash{};
};

// Which request a command came with, in the words of whoever submits it: means nothing to the journal.
using RequestTag = std::array<std::uint8_t, 16>;

struct Submission {
  std::string key;  // idempotency key; of a command with a cause the journal makes it
  domain::Command command;
  std::optional<Cause> cause{};
  RequestTag request{};
};
// On the journal's thread before each command is decided, and with null when none is any more.
using OnDeciding = std::function<void(const Submission*)>;

struct Answered {
  Seq seq;  // of the entry that holds the answer
  domain::Answer answer;
  bool replayed = false;  // the key was known: this is the first answer again
};
struct KeyReused {};  // the key is known, with another request
// Never decided here, or rolled back, since this node is not (any more) the primary: nothing of it counts
// here.
struct NotPrimary {};
using Outcome = std::variant<Answered, domain::Refusal, KeyReused, NotPrimary, Error>;
// For whoever cannot give the command to the primary.
[[nodiscard]] Error to_error(NotPrimary);
// What retention asks to be deleted: entries from the first on.
struct TrimRequest {
  Seq upto;
  std::size_t most = 0;     // entries at once
  std::int64_t opened = 0;  // as in the status by which `upto` was found: of that file and no other
};
struct Trimmed {
  Seq base;             // the last one deleted
  std::int64_t us = 0;  // that the journal's thread needed
};
// Called once, on the journal's thread, when the outcome is durable.
using Done = std::function<void(Outcome)>;

}  // namespace sportapp::journal
