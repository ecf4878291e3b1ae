#pragma once
#include <string>
#include <string_view>

#include "ops/import/record.hpp"

namespace sportapp::importing {

// The idempotency key of each record of one file, the same in every run: what was registered in a run that
// was cut off is answered again, not done again. Keys of one file sort by line, so that the journal's index
// grows at one place.
class KeyMaker {
 public:
  KeyMaker(std::string_view source_name, std::string_view service);
  [[nodiscard]] std::string key(const Record& record) const;

 private:
  std::string prefix_;
};

}  // namespace sportapp::importing
