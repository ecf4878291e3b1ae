#pragma once
#include <atomic>
#include <filesystem>
#include <memory>

#include "messaging/event_source.hpp"

namespace sportapp::journal {

// Reads entries as events over a connection of its own, and none beyond `durable_seq`: what is visible in the
// file may not be on disk yet. After a failed read the file is opened anew.
[[nodiscard]] Result<std::unique_ptr<messaging::EventSource>> make_committed_events(
    std::filesystem::path file, std::shared_ptr<const std::atomic<std::int64_t>> durable_seq);

}  // namespace sportapp::journal
