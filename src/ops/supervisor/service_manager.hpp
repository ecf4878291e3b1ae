#pragma once
#include <string_view>

namespace sportapp::supervisor {

// Tells the service manager that started this process, where one did that wants to know: "READY=1",
// "WATCHDOG=1", as sd_notify(3) lists them. Never blocks, never fails: nothing here depends on it.
void tell_service_manager(std::string_view message);

}  // namespace sportapp::supervisor
