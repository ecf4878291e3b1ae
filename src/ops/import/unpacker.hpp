#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sportapp::importing {

// A file's bytes as they are, or those that are packed in it by gzip. Archives and workbooks are refused by
// their name. One thread.
class Unpacker {
 public:
  Unpacker();
  ~Unpacker();
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  [[nodiscard]] Result<std::string> push(std::string_view bytes);
  [[nodiscard]] Result<std::string> finish();

 private:
  struct Gzip;
  [[nodiscard]] Result<void> choose();
  [[nodiscard]] Result<std::string> take();

  bool is_chosen_ = false;
  std::string head_;  // until it is
  std::unique_ptr<Gzip> gzip_;
};

}  // namespace sportapp::importing
