#include "lab/agent/disks.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <utility>

#include "lab/disk_shim/disk_table.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "libsportapp-disk.so";

Error wrong(const fs::path& table, const std::string& what) {
  return {Retry::kLater, fmt::format("table of disks {}: {}", table.string(), what)};
}

class MappedTable {
 public:
  [[nodiscard]] static Result<MappedTable> open(const fs::path& file) {
    const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return wrong(file, std::strerror(errno));
    struct stat seen {};
    const bool fits = ::fstat(fd, &seen) == 0 && seen.st_size == static_cast<off_t>(sizeof(DiskTable));
    void* mapped =
        fits ? ::mmap(nullptr, sizeof(DiskTable), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    ::close(fd);
    if (mapped == MAP_FAILED) return wrong(file, "it is none");
    return MappedTable(static_cast<DiskTable*>(mapped));
  }
  ~MappedTable() {
    if (table_ != nullptr) ::munmap(table_, sizeof(DiskTable));
  }
  MappedTable(MappedTable&& other) noexcept : table_(std::exchange(other.table_, nullptr)) {}
  MappedTable& operator=(MappedTable&&) = delete;

  // The folder's slot, or a free one; null where all are taken.
  [[nodiscard]] DiskSlot* slot(const std::string& folder) {
    auto& slots = table_->slots;
    const auto own = std::find_if(std::begin(slots), std::end(slots), [&](const DiskSlot& slot) {
      return !is_free(slot) && folder == slot.folder;
    });
    if (own != std::end(slots)) return own;
    const auto free = std::find_if(std::begin(slots), std::end(slots), is_free);
    if (free == std::end(slots)) return nullptr;
    folder.copy(free->folder, folder.size());
    free->folder[folder.size()] = '\0';
    return free;
  }
  void count() {
    const auto troubled = kDiskSlots - static_cast<std::size_t>(std::count_if(
                                           std::begin(table_->slots), std::end(table_->slots), is_free));
    table_->in_trouble.store(static_cast<std::uint32_t>(troubled), std::memory_order_release);
  }

 private:
  explicit MappedTable(DiskTable* table) : table_(table) {}
  static bool is_free(const DiskSlot& slot) { return slot.sync_delay_ms == 0 && slot.is_full == 0; }
  DiskTable* table_;
};

template <class Change>
Result<void> change(const fs::path& table, const fs::path& folder, const Change& change_slot) {
  auto mapped = MappedTable::open(table);
  if (!mapped) return mapped.error();
  // The library sees where files really are.
  std::error_code unknown;
  const auto real = fs::weakly_canonical(folder, unknown);
  const auto text = (unknown ? folder : real).string();
  if (text.size() >= kDiskFolderBytes) return wrong(table, fmt::format("the path {} is too long", text));
  auto* slot = mapped->slot(text);
  if (slot == nullptr) return wrong(table, fmt::format("all {} places are taken", kDiskSlots));
  change_slot(*slot);
  mapped->count();
  return {};
}

}  // namespace

Result<void> make_disk_table(const fs::path& table) {
  ::unlink(table.c_str());  // programs may have an older one mapped
  const int fd = ::open(table.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const bool made = fd >= 0 && ::ftruncate(fd, sizeof(DiskTable)) == 0;
  const std::string why = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  return made ? Result<void>() : wrong(table, why);
}

Result<Environment> disk_environment(const fs::path& table) {
  const auto library = fs::read_symlink("/proc/self/exe").parent_path() / "lab" / kLibrary;
  if (!fs::exists(library)) {
    return Error{Retry::kNever, fmt::format("{} is missing; build it: ./sportapp up does", library.string())};
  }
  // A program with the address sanitizer would refuse to be started with any other library before its own.
  const char* options = std::getenv("ASAN_OPTIONS");
  const auto set =
      std::string(options == nullptr ? "" : std::string(options) + ":") + "verify_asan_link_order=0";
  return Environment{{"LD_PRELOAD", library.string()},
                     {kDiskTableVariable, fs::absolute(table).string()},
                     {"ASAN_OPTIONS", set}};
}

Result<void> trouble_disk(const fs::path& table, const fs::path& folder, const DiskFault& trouble) {
  return change(table, folder, [&](DiskSlot& slot) {
    if (trouble.sync_delay_ms > 0) slot.sync_delay_ms.store(trouble.sync_delay_ms, std::memory_order_release);
    if (trouble.is_full) slot.is_full.store(1, std::memory_order_release);
  });
}

Result<void> heal_disk(const fs::path& table, const fs::path& folder, const DiskFault& trouble) {
  return change(table, folder, [&](DiskSlot& slot) {
    if (trouble.sync_delay_ms > 0) slot.sync_delay_ms.store(0, std::memory_order_release);
    if (trouble.is_full) slot.is_full.store(0, std::memory_order_release);
  });
}

}  // namespace sportapp::lab
