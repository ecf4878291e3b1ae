#pragma once
#include <filesystem>
#include <memory>

#include "journal/live_file.hpp"
#include "messaging/event_source.hpp"

namespace sportapp::journal {

// Reads entries as events over a connection of its own, and none beyond `durable`: what is visible in the
// file may not be on disk yet. After a failed read the file is opened anew.
[[nodiscard]] Result<std::unique_ptr<messaging::EventSource>> make_committed_events(
    std::filesystem::path file, std::shared_ptr<const Durable> durable);

}  // namespace sportapp::journal
