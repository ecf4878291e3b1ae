#pragma once
#include <filesystem>

namespace sportapp::supervisor {

// `sportapp down`: asks the supervisor to end, waits, and ends what a killed one left. Gives the exit status:
// nothing running is a success too.
[[nodiscard]] int down(const std::filesystem::path& data, int timeout_s);

}  // namespace sportapp::supervisor
