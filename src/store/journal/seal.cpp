#include "store/journal/seal.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <system_error>

#include "base/bytes.hpp"
#include "base/cause.hpp"
#include "base/durable.hpp"
#include "store/journal/slots.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

// In the form of the mark, both of its slots the same.
constexpr SlotFormat kSealFormat{"sportapp journal seal 1\n", 8 + 32 + 8 + 32 + 8};

std::string content_of(const Seal& seal) {
  return ByteWriter()
      .u64(seal.file.bytes)
      .hash(seal.file.hash)
      .i64(seal.head.seq.value)
      .hash(seal.head.hash)
      .i64(seal.opened)
      .take();
}

Seal seal_in(std::string_view content) {
  ByteReader reader(content);
  Seal seal;
  seal.file.bytes = reader.u64();
  seal.file.hash = reader.hash();
  seal.head = {Seq{reader.i64()}, reader.hash()};
  seal.opened = reader.i64();
  return seal;
}

}  // namespace

fs::path seal_of(const fs::path& journal) {
  return fs::path(journal).replace_extension(".seal");
}

Result<std::optional<Seal>> read_seal(const fs::path& journal) {
  const auto file = seal_of(journal);
  std::error_code unknown;
  if (!fs::exists(file, unknown) && !unknown) return std::optional<Seal>();
  const auto slots = open_slots(file);
  if (!slots) return slots.error();
  const auto contents = read_slots(*slots, file, kSealFormat);
  if (!contents) return contents.error();
  for (const auto& content : *contents) {
    if (content) return std::optional(seal_in(*content));
  }
  spdlog::warn("{}: it is damaged, and is not used", file.string());
  return std::optional<Seal>();
}

Result<void> write_seal(const fs::path& journal, const Seal& seal) {
  return make_slots(seal_of(journal), kSealFormat, content_of(seal));
}

Result<void> remove_seal(const fs::path& journal) {
  const auto file = seal_of(journal);
  std::error_code failed;
  if (!fs::remove(file, failed) && !failed) return {};
  if (failed) {
    return Error{Retry::kLater,
                 fmt::format("{} cannot be removed: {}", file.string(), cause_of(failed.value(), file))};
  }
  return sync_to_disk(folder_of(file));
}

}  // namespace sportapp::journal
