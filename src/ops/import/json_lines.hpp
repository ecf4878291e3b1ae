#pragma once
#include <deque>
#include <string>
#include <string_view>

#include "ops/import/record.hpp"

namespace sportapp::importing {

// One JSON object a line, sent as it stands: whether it is good is for the service to say.
class JsonLinesReader final : public RecordReader {
 public:
  [[nodiscard]] Result<void> push(std::string_view chunk) override;
  [[nodiscard]] Result<void> finish() override;
  [[nodiscard]] std::optional<Record> next() override;

 private:
  void keep(std::string_view piece);
  [[nodiscard]] Result<void> end_line();

  std::deque<Record> ready_;
  std::int64_t line_ = 1;
  bool seen_any_ = false;
  std::string raw_;
  bool too_long_ = false;
};

}  // namespace sportapp::importing
