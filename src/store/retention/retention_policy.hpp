#pragma once
#include <cstdint>

namespace sportapp::retention {

// Which entries retention deletes: those that neither limit keeps; none where neither is set.
struct RetentionPolicy {
  std::int64_t keep_entries = 0;  // the last so many stay; 0: no matter how many
  std::int64_t keep_days = 0;     // those of the last so many days stay; 0: no matter how old
  // So long a key is known in any case, by this process's own time: somebody may still repeat it.
  std::int64_t keep_keys_s = 600;
  [[nodiscard]] bool deletes() const { return keep_entries > 0 || keep_days > 0; }
};

}  // namespace sportapp::retention
