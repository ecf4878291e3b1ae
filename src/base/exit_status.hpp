// How the commands of `sportapp` end, beside 0.
#pragma once

namespace sportapp {

inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitRunsAlready = 3;
inline constexpr int kExitNotRunning = 4;
inline constexpr int kExitPartlyServed = 5;  // it runs and serves, but not everything

}  // namespace sportapp
