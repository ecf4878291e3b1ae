// The state that a journal's file implies, as the rules read it: for whoever asks what a command would do.
#pragma once
#include <filesystem>
#include <memory>

#include "base/result.hpp"
#include "domain/domain.hpp"

namespace sportapp::journal {

struct StateAt {
  Seq head;
  std::unique_ptr<domain::StateReader> state;
};
// Of one moment, over a connection of its own that only reads; the process may be running. What SQLite throws
// comes through the state's functions. One thread at a time.
[[nodiscard]] Result<StateAt> read_state(const std::filesystem::path& file);

}  // namespace sportapp::journal
