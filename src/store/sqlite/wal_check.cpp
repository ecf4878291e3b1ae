#include "store/sqlite/wal_check.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include "base/cause.hpp"
#include "base/descriptor.hpp"

namespace sportapp::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;
constexpr std::uint32_t kMagicLittle = 0x377f0682;  // its checksums are over little-endian words
constexpr std::uint32_t kMagicBig = 0x377f0683;
constexpr std::uint32_t kVersion = 3007000;
constexpr std::size_t kPageBytesMin = 512, kPageBytesMax = 65536;

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 |
         bytes[3];
}

std::uint32_t little_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[3]} << 24 | std::uint32_t{bytes[2]} << 16 | std::uint32_t{bytes[1]} << 8 |
         bytes[0];
}

// Of everything from the header on, as each frame has it.
struct Checksum {
  std::uint32_t first = 0, second = 0;
  bool operator==(const Checksum&) const = default;

  void add(const std::uint8_t* bytes, std::size_t count, bool of_big_endian) {
    const auto word = of_big_endian ? big_endian : little_endian;
    for (std::size_t i = 0; i + 8 <= count; i += 8) {
      first += word(bytes + i) + second;
      second += word(bytes + i + 4) + first;
    }
  }
};

struct Header {
  bool is_valid = false;
  bool of_big_endian = false;
  std::size_t page_bytes = 0;
  std::uint32_t salt1 = 0, salt2 = 0;
  Checksum checksum;
};

Header read_header(const std::uint8_t* bytes) {
  Header header;
  const auto magic = big_endian(bytes);
  header.of_big_endian = magic == kMagicBig;
  header.page_bytes = big_endian(bytes + 8);
  header.salt1 = big_endian(bytes + 16);
  header.salt2 = big_endian(bytes + 20);
  header.checksum.add(bytes, 24, header.of_big_endian);
  const bool is_page = header.page_bytes >= kPageBytesMin && header.page_bytes <= kPageBytesMax &&
                       (header.page_bytes & (header.page_bytes - 1)) == 0;
  header.is_valid = (magic == kMagicLittle || magic == kMagicBig) && big_endian(bytes + 4) == kVersion &&
                    is_page && header.checksum == Checksum{big_endian(bytes + 24), big_endian(bytes + 28)};
  return header;
}

struct Frame {
  bool is_of_header = false;  // it has the header's salts
  bool ends_transaction = false;
  bool is_valid = false;  // and continues the checksum of the frame before
};

Frame read_frame(const Header& header, const std::uint8_t* bytes, Checksum& checksum) {
  Frame frame;
  frame.is_of_header = big_endian(bytes + 8) == header.salt1 && big_endian(bytes + 12) == header.salt2;
  frame.ends_transaction = big_endian(bytes + 4) != 0;
  if (!frame.is_of_header || big_endian(bytes) == 0) return frame;
  checksum.add(bytes, 8, header.of_big_endian);
  checksum.add(bytes + kFrameHeaderBytes, header.page_bytes, header.of_big_endian);
  frame.is_valid = checksum == Checksum{big_endian(bytes + 16), big_endian(bytes + 20)};
  return frame;
}

Error failed(const fs::path& file) {
  return {Retry::kLater, fmt::format("{}: it cannot be read: {}", file.string(), cause_of(errno, file))};
}

// Fewer at the end of the file only.
Result<std::size_t> read_some(const Descriptor& in, std::vector<std::uint8_t>& buffer, const fs::path& file) {
  std::size_t count = 0;
  while (count < buffer.size()) {
    const auto got = ::read(in.get(), buffer.data() + count, buffer.size() - count);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(file);
    if (got == 0) break;
    count += static_cast<std::size_t>(got);
  }
  return count;
}

Result<WalCheck> check_frames(const Descriptor& in, const Header& header, const fs::path& file) {
  WalCheck found;
  std::vector<std::uint8_t> bytes(kFrameHeaderBytes + header.page_bytes);
  auto checksum = header.checksum;
  bool is_broken = false, is_ended = false;
  for (std::int64_t number = 1;; ++number) {
    const auto got = read_some(in, bytes, file);
    if (!got) return got.error();
    if (*got < bytes.size()) return found;
    const auto frame = read_frame(header, bytes.data(), checksum);
    if (!is_broken && frame.is_valid) {
      found.frames = number;
      continue;
    }
    is_broken = true;
    if (!frame.is_of_header) continue;
    if (is_ended) {
      found.damage = fmt::format(
          "{}: frame {} is broken though frames of later transactions follow it, the last that is seen is "
          "{}; it was damaged after it was written",
          file.string(), found.frames + 1, number);
      found.is_gap = true;
      return found;
    }
    is_ended = frame.ends_transaction;
  }
}

}  // namespace

Result<WalCheck> check_wal(const fs::path& database) {
  const fs::path file = database.string() + "-wal";
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in && errno == ENOENT) return WalCheck{};
  if (!in) return failed(file);
  std::vector<std::uint8_t> bytes(kHeaderBytes);
  const auto got = read_some(in, bytes, file);
  if (!got) return got.error();
  // A file that was only made longer before the power went holds zeros.
  const bool is_blank = std::all_of(bytes.begin(), bytes.end(), [](auto byte) { return byte == 0; });
  if (*got < bytes.size() || is_blank) return WalCheck{};
  const auto header = read_header(bytes.data());
  if (!header.is_valid) {
    WalCheck found;
    found.damage = fmt::format(
        "{}: its header is broken, so SQLite would pass over all of it; it was "
        "damaged after it was written",
        file.string());
    return found;
  }
  return check_frames(in, header, file);
}

}  // namespace sportapp::sqlite
