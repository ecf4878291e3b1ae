// What waits in a journal's state: things begun and not ended, events set aside. For status and metrics.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "domain/domain.hpp"

namespace sportapp::commands {

class Backlog {
 public:
  struct Counts {
    std::int64_t set_aside = 0;
    std::int64_t open = 0;            // counted up to 100,000
    std::int64_t oldest_open_ms = 0;  // its age; 0 where none is open
  };
  Backlog(std::filesystem::path journal, const domain::Domain& domain, const Clock& clock);
  // As the file has it, read at most every quarter of a second; as before while the file cannot be read.
  [[nodiscard]] const Counts& counts();
  [[nodiscard]] bool has_open() const { return !open_table_.empty(); }

 private:
  [[nodiscard]] Result<Counts> read() const;

  const std::filesystem::path journal_;
  const std::string open_table_;
  const Clock& clock_;
  Counts counts_;
  std::int64_t fresh_until_ms_ = 0;
  std::string told_;  // why it could not be read last
};

}  // namespace sportapp::commands
