#include "ha/node/node_copy.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <string_view>

#include "base/cause.hpp"
#include "base/durable.hpp"
#include "ha/node/incoming_copy.hpp"
#include "store/journal/copy.hpp"
#include "store/projection/base_model.hpp"
#include "store/projection/read_model.hpp"

namespace sportapp::node {
namespace {

namespace fs = std::filesystem;

// Behind the journal come the bytes of the base model and then this: a mark, and how many they are. A journal
// alone is followed by nothing.
constexpr std::string_view kMark = "sportapp-base-1\n";
constexpr std::size_t kMarkBytes = 16, kCountBytes = 20;
constexpr std::size_t kTailBytes = kMarkBytes + kCountBytes;
static_assert(kMark.size() == kMarkBytes);
constexpr std::size_t kPiece = std::size_t{1} << 20;

Error failed(const fs::path& file, const char* doing) {
  return {Retry::kLater, fmt::format("{}: cannot {}: {}", file.string(), doing, cause_of(errno, file))};
}

// `count` bytes of `from`, from `first` on, in order; `take` gets how far from there each piece is.
Result<void> each_piece(const fs::path& from, std::uint64_t first, std::uint64_t count,
                        const std::function<Result<void>(std::uint64_t, std::string_view)>& take) {
  std::ifstream in(from, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(first));
  std::string piece(kPiece, '\0');
  for (std::uint64_t offset = 0; offset < count; offset += piece.size()) {
    piece.resize(std::min<std::uint64_t>(count - offset, kPiece));
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    if (!in) return failed(from, "read");
    if (auto taken = take(offset, piece); !taken) return taken;
  }
  return {};
}

// The first `count` bytes of `from`, to the end of `to`.
Result<void> append(const fs::path& from, std::uint64_t count, const fs::path& to) {
  std::ofstream out(to, std::ios::binary | std::ios::app);
  return each_piece(from, 0, count, [&](std::uint64_t, std::string_view bytes) {
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush();
    return out ? Result<void>() : failed(to, "write");
  });
}

// How many bytes of the file are those of a base model, with what marks them; 0: it is a journal alone.
Result<std::uint64_t> base_bytes(const fs::path& copy, std::uint64_t size) {
  if (size < kTailBytes) return std::uint64_t{0};
  std::ifstream in(copy, std::ios::binary);
  in.seekg(static_cast<std::streamoff>(size - kTailBytes));
  std::array<char, kTailBytes> tail{};
  if (!in.read(tail.data(), kTailBytes)) return failed(copy, "read");
  if (std::string_view(tail.data(), kMarkBytes) != kMark) return std::uint64_t{0};
  const auto count = std::strtoull(std::string(tail.data() + kMarkBytes, kCountBytes).c_str(), nullptr, 10);
  if (count + kTailBytes >= size) {
    return Error{Retry::kLater, fmt::format("{}: the copy that came is not whole", copy.string())};
  }
  return count;
}

}  // namespace

Result<Position> copy_node(const fs::path& journal, const fs::path& to, const std::function<bool()>& go_on) {
  const auto source = journal::CopySource::open(journal);
  if (!source) return source.error();
  const auto base = projection::hold_with_base(**source, journal);
  if (!base) return base.error();
  const auto progress = [&](std::uint64_t, std::uint64_t) { return go_on(); };
  const auto copied = (*source)->copy(to, progress);
  if (!copied) return copied.error();
  const Position end = copied->head;
  if (!*base) return end;
  const auto beside = fs::path(to.string() + ".base");
  const auto count = (*base)->copy(beside, progress);
  auto appended = count ? append(beside, *count, to) : count.error();
  std::error_code ignored;
  fs::remove(beside, ignored);
  if (!appended) return appended.error();
  std::ofstream out(to, std::ios::binary | std::ios::app);
  out << kMark << fmt::format("{:020}", *count) << std::flush;
  return out ? Result<Position>(end) : failed(to, "write");
}

Result<void> take_apart(const fs::path& copy, const fs::path& base) {
  if (auto removed = projection::remove_model(base); !removed) return removed;
  std::error_code failure;
  const auto size = fs::file_size(copy, failure);
  if (failure)
    return Error{Retry::kLater, fmt::format("{}: {}", copy.string(), cause_of(failure.value(), copy))};
  const auto count = base_bytes(copy, size);
  if (!count) return count.error();
  if (*count == 0) return {};
  const auto journal_bytes = size - *count - kTailBytes;
  IncomingCopy part(base.string() + ".part");
  const auto cut =
      each_piece(copy, journal_bytes, *count,
                 [&part](std::uint64_t offset, std::string_view bytes) { return part.write(offset, bytes); });
  if (!cut) return cut;
  const auto whole = part.finish();
  if (!whole) return whole.error();
  if (auto renamed = rename_durably(*whole, base); !renamed) return renamed;
  if (::truncate(copy.c_str(), static_cast<off_t>(journal_bytes)) != 0) return failed(copy, "shorten");
  return sync_to_disk(copy);
}

}  // namespace sportapp::node
