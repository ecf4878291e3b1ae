#include "base/bytes.hpp"

#include <cstring>

namespace sportapp {
namespace {

template <class Number>
void put(std::string& bytes, Number number) {
  for (unsigned i = 0; i < sizeof(Number); ++i) {
    bytes.push_back(static_cast<char>(static_cast<std::uint8_t>(number >> (8 * i))));
  }
}

template <class Number>
Number get(std::string_view bytes) {
  Number number = 0;
  for (unsigned i = 0; i < bytes.size(); ++i) {
    number |= static_cast<Number>(static_cast<Number>(static_cast<std::uint8_t>(bytes[i])) << (8 * i));
  }
  return number;
}

}  // namespace

ByteWriter& ByteWriter::u8(std::uint8_t number) {
  bytes_.push_back(static_cast<char>(number));
  return *this;
}

ByteWriter& ByteWriter::u32(std::uint32_t number) {
  put(bytes_, number);
  return *this;
}

ByteWriter& ByteWriter::u64(std::uint64_t number) {
  put(bytes_, number);
  return *this;
}

ByteWriter& ByteWriter::text(std::string_view bytes) {
  u32(static_cast<std::uint32_t>(bytes.size()));
  bytes_.append(bytes);
  return *this;
}

ByteWriter& ByteWriter::hash(const Hash& hash) {
  bytes_.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  return *this;
}

std::string_view ByteReader::take(std::size_t count) {
  if (failed_ || rest_.size() < count) {
    failed_ = true;
    return {};
  }
  const auto taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::uint8_t ByteReader::u8() {
  return static_cast<std::uint8_t>(get<std::uint32_t>(take(1)));
}

std::uint32_t ByteReader::u32() {
  return get<std::uint32_t>(take(4));
}

std::uint64_t ByteReader::u64() {
  return get<std::uint64_t>(take(8));
}

std::string ByteReader::text(std::size_t bytes_max) {
  const auto size = u32();
  if (size > bytes_max) failed_ = true;
  return std::string(take(size));
}

Hash ByteReader::hash() {
  Hash hash{};
  const auto bytes = take(hash.size());
  if (!failed_) std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

}  // namespace sportapp
