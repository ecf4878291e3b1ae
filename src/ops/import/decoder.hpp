#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sportapp::importing {

// The names that the C library's iconv takes, and `auto`.
[[nodiscard]] const std::vector<std::string>& encodings();

// A file's bytes as UTF-8, in whatever pieces they come. By itself it knows a byte order mark, UTF-16 by
// where its zero bytes are, and UTF-8. What is no UTF-8 at its first character beyond ASCII is read as
// Windows-1252, which is what Excel writes; where a file is UTF-8 up to there, it is an error, since nobody
// can know what it is. One thread.
class Decoder {
 public:
  // `encoding`: one of encodings().
  explicit Decoder(std::string encoding = "auto");
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // An error names the line and what to do.
  [[nodiscard]] Result<std::string> push(std::string_view bytes);
  [[nodiscard]] Result<std::string> finish();
  // As it was told or found so far.
  [[nodiscard]] const std::string& encoding() const { return encoding_; }

 private:
  struct Iconv;
  [[nodiscard]] bool choose(bool last);
  [[nodiscard]] Result<std::string> decode(bool last);
  [[nodiscard]] Result<std::string> take_utf8(bool last);
  [[nodiscard]] Result<std::string> convert(bool last);
  [[nodiscard]] Error malformed(std::size_t at) const;
  void passed(std::string_view text);

  std::string encoding_;
  const bool is_given_;
  bool is_chosen_ = false;
  bool has_utf8_ = false;  // characters beyond ASCII, and they are right
  std::unique_ptr<Iconv> iconv_;
  std::string waiting_;  // not decoded yet
  std::int64_t line_ = 1;
};

}  // namespace sportapp::importing
