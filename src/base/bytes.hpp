// Numbers and strings as bytes on a wire: little endian, strings with their length before them.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.hpp"

namespace sportapp {

class ByteWriter {
 public:
  ByteWriter& u8(std::uint8_t number);
  ByteWriter& u32(std::uint32_t number);
  ByteWriter& u64(std::uint64_t number);
  ByteWriter& i64(std::int64_t number) { return u64(static_cast<std::uint64_t>(number)); }
  ByteWriter& text(std::string_view bytes);
  ByteWriter& hash(const Hash& hash);
  [[nodiscard]] std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what a ByteWriter wrote. What is missing or too long makes it fail: from then on every read gives
// zeros, and done() says false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  std::uint8_t u8();
  std::uint32_t u32();
  std::uint64_t u64();
  std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
  std::string text(std::size_t bytes_max);
  Hash hash();
  void fail() { failed_ = true; }
  [[nodiscard]] bool failed() const { return failed_; }
  // Everything was read, and nothing was wrong.
  [[nodiscard]] bool done() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view take(std::size_t count);
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace sportapp
