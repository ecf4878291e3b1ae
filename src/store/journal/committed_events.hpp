#pragma once
#include <filesystem>
#include <memory>

#include "net/messaging/event_source.hpp"
#include "store/journal/live_file.hpp"

namespace sportapp::journal {

// Reads entries as events over a connection of its own, and none beyond `durable`: what is visible in the
// file may not be on disk yet. The file is opened when it is first read, and anew after a failed read.
[[nodiscard]] std::unique_ptr<messaging::JournalEvents> make_committed_events(
    std::filesystem::path file, std::shared_ptr<const Durable> durable);

}  // namespace sportapp::journal
