#include "ops/import/unpacker.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace sportapp::importing {
namespace {

constexpr std::string_view kGzip = "\x1f\x8b";
constexpr int kGzipOnly = 16 + MAX_WBITS;  // as inflateInit2 takes it

struct Kind {
  std::string_view begins;
  std::string_view what;
};
constexpr std::array kOthers{
    Kind{"PK\x03\x04", "a ZIP archive or an Excel workbook; unpack it, or save the sheet as CSV"},
    Kind{"\xd0\xcf\x11\xe0", "an old Excel workbook; save the sheet as CSV"},
    Kind{"BZh", "packed by bzip2; unpack it: bzcat FILE | sportapp import - ..."},
    Kind{"\xfd"
         "7zXZ",
         "packed by xz; unpack it: xzcat FILE | sportapp import - ..."},
    Kind{"\x28\xb5\x2f\xfd", "packed by zstd; unpack it: zstdcat FILE | sportapp import - ..."},
    Kind{"%PDF-", "a PDF document; save the table as CSV"}};

// More bytes decide.
bool begins_a_signature(std::string_view head) {
  const auto begins = [&](std::string_view whole) {
    return head.size() < whole.size() && whole.starts_with(head);
  };
  return begins(kGzip) ||
         std::any_of(kOthers.begin(), kOthers.end(), [&](const Kind& kind) { return begins(kind.begins); });
}

}  // namespace

struct Unpacker::Gzip {
  Gzip() {
    if (::inflateInit2(&stream, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~Gzip() { ::inflateEnd(&stream); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  [[nodiscard]] Result<std::string> unpack(std::string& bytes);

  z_stream stream{};
  bool is_at_end = false;  // of a member; another may follow
};

Unpacker::Unpacker() = default;
Unpacker::~Unpacker() = default;

Result<std::string> Unpacker::push(std::string_view bytes) {
  head_.append(bytes);
  if (!is_chosen_ && begins_a_signature(head_)) return std::string();
  return take();
}

Result<std::string> Unpacker::finish() {
  auto rest = take();
  if (rest && gzip_ && !gzip_->is_at_end) {
    return Error{Retry::kNever, "its gzip data is cut off; the file is not whole"};
  }
  return rest;
}

Result<void> Unpacker::choose() {
  is_chosen_ = true;
  for (const auto& [begins, what] : kOthers) {
    if (head_.starts_with(begins)) return Error{Retry::kNever, fmt::format("is {}", what)};
  }
  if (head_.starts_with(kGzip)) gzip_ = std::make_unique<Gzip>();
  return {};
}

Result<std::string> Unpacker::take() {
  if (!is_chosen_) {
    if (auto chosen = choose(); !chosen) return chosen.error();
  }
  if (gzip_) return gzip_->unpack(head_);
  return std::exchange(head_, {});
}

Result<std::string> Unpacker::Gzip::unpack(std::string& bytes) {
  std::string unpacked;
  std::array<char, 64 * 1024> piece;
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.avail_out = 1;
  while (stream.avail_in > 0 || stream.avail_out == 0) {
    if (stream.avail_in > 0 && std::exchange(is_at_end, false)) ::inflateReset(&stream);
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = piece.size();
    const auto done = ::inflate(&stream, Z_NO_FLUSH);
    if (done != Z_OK && done != Z_STREAM_END && done != Z_BUF_ERROR) {
      return Error{Retry::kNever, fmt::format("its gzip data is damaged ({})",
                                              stream.msg == nullptr ? "unknown" : stream.msg)};
    }
    is_at_end |= done == Z_STREAM_END;
    unpacked.append(piece.data(), piece.size() - stream.avail_out);
    if (done == Z_BUF_ERROR) break;
  }
  bytes.clear();
  return unpacked;
}

}  // namespace sportapp::importing
