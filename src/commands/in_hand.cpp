#include "commands/in_hand.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <ctime>
#include <utility>

#include "base/clock.hpp"
#include "base/hash.hpp"

namespace sportapp::commands {
namespace {

constexpr std::uint64_t kMagic = 0x31'646e'6168'6e69ULL;  // "inhand1"
constexpr std::size_t kKeyBytes = 128;
constexpr std::size_t kMethodBytes = 8;
constexpr std::size_t kPathBytes = 128;
constexpr std::size_t kWhatBytes = 256;

template <std::size_t kBytes>
struct Text {
  std::uint32_t size;
  char bytes[kBytes];

  void set(std::string_view text) {
    size = static_cast<std::uint32_t>(std::min(text.size(), kBytes));
    std::memcpy(bytes, text.data(), size);
  }
  [[nodiscard]] std::string get() const {
    return {bytes, std::min<std::size_t>(size, kBytes)};  // another process's: it may say anything
  }
};

struct Slot {
  std::atomic<std::uint32_t> turn;  // odd: a request stands here
  std::atomic<std::int64_t> since_ms;
  Text<kKeyBytes> key;
  Fingerprint request;
};

struct Known {
  std::atomic<std::uint32_t> mark;  // written last
  std::int64_t since_ms;
  std::int64_t time_ms;
  std::uint64_t program;
  Text<kKeyBytes> key;
  Text<kMethodBytes> method;
  Text<kPathBytes> path;
  Text<kWhatBytes> what;
};

Mark mark_of(const Known& known) {
  const auto mark = known.mark.load(std::memory_order_acquire);
  return mark <= static_cast<std::uint32_t>(Mark::kQuarantined) ? static_cast<Mark>(mark) : Mark::kNone;
}

int weight(Mark mark) {
  switch (mark) {
    case Mark::kNone:
      return 0;
    case Mark::kCleared:
      return 1;
    case Mark::kPassed:
      return 2;
    case Mark::kSuspect:
      return 3;
    case Mark::kQuarantined:
      return 4;
  }
  return 0;
}

Error cannot(const char* what, const std::filesystem::path& file) {
  return {Retry::kLater, fmt::format("cannot {} {}: {}; see that its folder is there and writable", what,
                                     file.string(), std::strerror(errno))};
}

}  // namespace

struct InHandFile::Layout {
  std::atomic<std::uint64_t> magic;
  std::uint64_t bytes;
  std::atomic<std::uint32_t> used;  // of the known, those from there on never were any
  alignas(64) Slot slots[kExecutingThreads];
  alignas(64) Fingerprint requests[kKnownMax];  // apart, since they are looked through
  Known known[kKnownMax];
};

namespace {

// What is shared between processes must mean the same in each.
static_assert(std::atomic<std::uint32_t>::is_always_lock_free &&
              std::atomic<std::uint64_t>::is_always_lock_free);

KnownRequest request_of(const Fingerprint& request, const Known& known, Mark mark) {
  return {request,
          mark,
          known.since_ms,
          known.time_ms,
          known.program,
          known.key.get(),
          known.method.get(),
          known.path.get(),
          known.what.get()};
}

void* map(int descriptor, std::size_t bytes, bool own) {
  void* const memory =
      ::mmap(nullptr, bytes, own ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) ::close(descriptor);
  return memory;
}

// A lock of the process, not of the opened file: at a process's end those go before any connection is closed,
// and whoever sees a connection break must see that its process is gone.
struct flock owners_lock(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_len = 1;
  return lock;
}

}  // namespace

Fingerprint fingerprint_of(std::string_view method, std::string_view path, std::string_view body) {
  const auto hash = Hasher().field(method).field(path).field(body).finish();
  Fingerprint request{};
  std::copy_n(hash.begin(), request.size(), request.begin());
  return request;
}

std::int64_t machine_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::uint64_t program_identity() {
  struct stat program {};
  if (::stat("/proc/self/exe", &program) != 0) return 0;
  return static_cast<std::uint64_t>(program.st_mtim.tv_sec) * 1'000'000'007ULL +
         static_cast<std::uint64_t>(program.st_mtim.tv_nsec) + static_cast<std::uint64_t>(program.st_size);
}

Result<std::unique_ptr<InHandFile>> InHandFile::open_own(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return cannot("open", file);
  struct stat found {};
  // Others may have it mapped: it is never replaced, and never made shorter. All of it is there from the
  // beginning, since a write to memory cannot tell that the disk is full.
  const int failed =
      ::fstat(descriptor, &found) != 0 ? errno : ::posix_fallocate(descriptor, 0, sizeof(Layout));
  if (failed != 0) {
    errno = failed;
    auto error = cannot("make room in", file);
    ::close(descriptor);
    return error;
  }
  void* const memory = map(descriptor, sizeof(Layout), true);
  if (memory == MAP_FAILED) return cannot("map", file);
  auto* const layout = static_cast<Layout*>(memory);
  if (layout->magic.load() != kMagic || layout->bytes != sizeof(Layout)) {
    if (found.st_size != 0)
      spdlog::warn("{} is no record of requests in hand; it is begun anew", file.string());
    layout->magic = 0;
    std::memset(memory, 0, sizeof(Layout));
    layout->bytes = sizeof(Layout);
    layout->magic = kMagic;
  }
  std::unique_ptr<InHandFile> own(new InHandFile(layout, descriptor));
  own->own_it(file);
  own->forget_before_reboot();
  own->suspect_what_stands();
  return own;
}

Result<std::unique_ptr<InHandFile>> InHandFile::open_other(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return cannot("open", file);
  struct stat found {};
  if (::fstat(descriptor, &found) != 0 || found.st_size < static_cast<off_t>(sizeof(Layout))) {
    ::close(descriptor);
    return Error{Retry::kLater, fmt::format("{} is no record of requests in hand yet", file.string())};
  }
  void* const memory = map(descriptor, sizeof(Layout), false);
  if (memory == MAP_FAILED) return cannot("map", file);
  return std::unique_ptr<InHandFile>(new InHandFile(static_cast<Layout*>(memory), descriptor));
}

InHandFile::InHandFile(Layout* layout, int descriptor) : layout_(layout), descriptor_(descriptor) {}

InHandFile::~InHandFile() {
  ::munmap(layout_, sizeof(Layout));
  ::close(descriptor_);
}

void InHandFile::own_it(const std::filesystem::path& file) const {
  auto lock = owners_lock(F_WRLCK);
  if (::fcntl(descriptor_, F_SETLK, &lock) == 0) return;
  spdlog::warn("{} cannot be locked ({}): what is in hand here may be taken for what a process died of",
               file.string(), std::strerror(errno));
}

bool InHandFile::owner_lives() const {
  auto lock = owners_lock(F_RDLCK);
  return ::fcntl(descriptor_, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

void InHandFile::begin(Executing thread, const Fingerprint& request, std::string_view key) {
  auto& slot = layout_->slots[static_cast<std::size_t>(thread)];
  auto turn = slot.turn.load(std::memory_order_relaxed);
  if (turn % 2 == 1) slot.turn.exchange(++turn, std::memory_order_acq_rel);
  slot.request = request;
  slot.since_ms.store(machine_ms(), std::memory_order_release);
  slot.key.set(key);
  slot.turn.store(turn + 1, std::memory_order_release);
}

void InHandFile::end(Executing thread) {
  auto& slot = layout_->slots[static_cast<std::size_t>(thread)];
  const auto turn = slot.turn.load(std::memory_order_relaxed);
  if (turn % 2 == 1) slot.turn.store(turn + 1, std::memory_order_release);
}

std::optional<Standing> InHandFile::standing(Executing thread) const {
  const auto& slot = layout_->slots[static_cast<std::size_t>(thread)];
  const auto turn = slot.turn.load(std::memory_order_acquire);
  if (turn % 2 == 0) return std::nullopt;
  Standing standing{slot.request, slot.key.get(), slot.since_ms};
  std::atomic_signal_fence(std::memory_order_acq_rel);
  if (slot.turn.load(std::memory_order_acquire) != turn) return std::nullopt;  // alive: it has gone on
  return standing;
}

bool InHandFile::stands(const Fingerprint& request, std::int64_t& since_ms) const {
  bool stands = false;
  for (std::size_t i = 0; i < kExecutingThreads; ++i) {
    const auto& slot = layout_->slots[i];
    if (slot.turn.load(std::memory_order_acquire) % 2 == 0 || slot.request != request) continue;
    const auto found = standing(static_cast<Executing>(i));
    if (!found || found->request != request) continue;
    since_ms = std::max(since_ms, found->since_ms);
    stands = true;
  }
  return stands;
}

std::int64_t InHandFile::longest_ms() const {
  std::int64_t longest_ms = 0;
  for (const auto& slot : layout_->slots) {
    const auto turn = slot.turn.load(std::memory_order_acquire);
    if (turn % 2 == 0) continue;
    const auto since_ms = slot.since_ms.load(std::memory_order_acquire);
    if (slot.turn.load(std::memory_order_acquire) == turn)
      longest_ms = std::max(longest_ms, machine_ms() - since_ms);
  }
  return longest_ms;
}

bool InHandFile::knows_any() const {
  return layout_->used.load(std::memory_order_acquire) > 0;
}

std::optional<KnownRequest> InHandFile::known(const Fingerprint& request) const {
  const auto used = std::min<std::size_t>(layout_->used.load(std::memory_order_acquire), kKnownMax);
  for (std::size_t i = 0; i < used; ++i) {
    if (layout_->requests[i] != request) continue;
    const auto mark = mark_of(layout_->known[i]);
    if (mark != Mark::kNone) return request_of(request, layout_->known[i], mark);
  }
  return std::nullopt;
}

std::vector<KnownRequest> InHandFile::all_known() const {
  std::vector<KnownRequest> all;
  const auto used = std::min<std::size_t>(layout_->used.load(std::memory_order_acquire), kKnownMax);
  for (std::size_t i = 0; i < used; ++i) {
    const auto mark = mark_of(layout_->known[i]);
    if (mark != Mark::kNone) all.push_back(request_of(layout_->requests[i], layout_->known[i], mark));
  }
  return all;
}

std::size_t InHandFile::place_for(const Fingerprint& request) const {
  const auto used = std::min<std::size_t>(layout_->used.load(), kKnownMax);
  const auto order = [this](std::size_t at) {
    return std::pair(weight(mark_of(layout_->known[at])), layout_->known[at].since_ms);
  };
  std::size_t least = 0;
  for (std::size_t at = 0; at < used; ++at) {
    if (layout_->requests[at] == request && mark_of(layout_->known[at]) != Mark::kNone) return at;
    if (order(at) < order(least)) least = at;
  }
  const bool is_free = used > 0 && mark_of(layout_->known[least]) == Mark::kNone;
  return is_free || used == kKnownMax ? least : used;
}

std::optional<KnownRequest> InHandFile::remember(const KnownRequest& request) {
  const auto place = place_for(request.request);
  auto& known = layout_->known[place];
  std::optional<KnownRequest> gone;
  if (mark_of(known) == Mark::kQuarantined && layout_->requests[place] != request.request) {
    gone = request_of(layout_->requests[place], known, Mark::kQuarantined);
  }
  known.mark.store(static_cast<std::uint32_t>(Mark::kNone), std::memory_order_release);
  layout_->requests[place] = request.request;
  known.since_ms = request.since_ms;
  known.time_ms = request.time_ms;
  known.program = request.program;
  known.key.set(request.key);
  known.method.set(request.method);
  known.path.set(request.path);
  known.what.set(request.what);
  known.mark.store(static_cast<std::uint32_t>(request.mark), std::memory_order_release);
  if (place >= layout_->used.load()) layout_->used.store(static_cast<std::uint32_t>(place + 1));
  return gone;
}

// machine_ms() begins anew with the machine, and what was suspect before it is a new process's concern no
// more.
void InHandFile::forget_before_reboot() {
  const auto now_ms = machine_ms();
  for (auto& known : layout_->known) {
    if (known.since_ms <= now_ms) continue;
    if (mark_of(known) != Mark::kQuarantined) known.mark.store(static_cast<std::uint32_t>(Mark::kNone));
    known.since_ms = 0;
  }
  for (std::size_t i = 0; i < kExecutingThreads; ++i) {
    if (layout_->slots[i].since_ms > now_ms) end(static_cast<Executing>(i));
  }
}

// First remembered, then taken out: whatever comes between, it is not forgotten.
void InHandFile::suspect_what_stands() {
  for (std::size_t i = 0; i < kExecutingThreads; ++i) {
    const auto thread = static_cast<Executing>(i);
    const auto found = standing(thread);
    if (!found) continue;
    auto known = this->known(found->request).value_or(KnownRequest{found->request});
    if (known.mark != Mark::kQuarantined) {
      const bool passed = known.mark == Mark::kPassed;
      known.mark = passed ? Mark::kQuarantined : Mark::kSuspect;
      known.what = passed ? "its trial went well, and the process died of it all the same"
                          : "it was in hand when the process died";
      known.key = found->key;
      known.since_ms = found->since_ms;
      known.time_ms = SystemClock().wall_ms();
      known.program = program_identity();
      remember(known);
      spdlog::warn("a request was in hand when this process died the last time: key={} {}", known.key,
                   passed ? "(quarantined)" : "(it is tried apart before it is executed)");
    }
    end(thread);
  }
}

}  // namespace sportapp::commands
