#include "server/quarantine/in_hand.hpp"

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
#include "base/seqlock.hpp"

namespace sportapp::quarantine {
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

struct InHand {
  std::int64_t since_ms;
  Text<kKeyBytes> key;
  Fingerprint request;
  std::uint32_t none;
};

struct Slot {
  alignas(8) Seqlock lock;  // its mark: odd where a request stands here
  SharedWords<InHand> words;
};

struct Facts {
  std::int64_t since_ms;
  std::int64_t time_ms;
  std::uint64_t program;
  Text<kKeyBytes> key;
  Text<kMethodBytes> method;
  Text<kPathBytes> path;
  Text<kWhatBytes> what;
};

struct Known {
  alignas(8) Seqlock lock;  // its mark: the Mark
  SharedWords<Facts> facts;
};

Mark to_mark(std::uint32_t mark) {
  return mark <= static_cast<std::uint32_t>(Mark::kQuarantined) ? static_cast<Mark>(mark) : Mark::kNone;
}

Mark mark_of(const Known& known) {
  return to_mark(known.lock.mark());
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
  return {Retry::kLater, fmt::format("cannot {} {}: {}; check that its folder exists and is writable", what,
                                     file.string(), std::strerror(errno))};
}

}  // namespace

struct InHandFile::Layout {
  std::atomic<std::uint64_t> magic;
  std::uint64_t bytes;
  std::atomic<std::uint32_t> used;  // of the known, those from there on never were any
  alignas(64) Slot slots[kExecutingThreads];
  alignas(64) SharedWords<Fingerprint> requests[kKnownMax];  // of `known`; apart: they are looked through
  Known known[kKnownMax];

  [[nodiscard]] std::optional<KnownRequest> read(std::size_t at) const;
  void write(std::size_t at, const KnownRequest& request);
};

namespace {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
// A file of an earlier version is taken over.
static_assert(sizeof(Slot) == 168 && sizeof(Known) == 568);

// In words, since others may have the memory mapped.
void clear(void* memory, std::size_t bytes) {
  auto* const words = static_cast<std::atomic<std::uint32_t>*>(memory);
  for (std::size_t i = 0; i < bytes / sizeof *words; ++i) words[i].store(0, std::memory_order_relaxed);
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

std::optional<KnownRequest> InHandFile::Layout::read(std::size_t at) const {
  const auto& entry = known[at];
  auto read = entry.lock.read([&](std::uint32_t mark) {
    const auto facts = entry.facts.load();
    return KnownRequest{requests[at].load(), to_mark(mark),    facts.since_ms,
                        facts.time_ms,       facts.program,    facts.key.get(),
                        facts.method.get(),  facts.path.get(), facts.what.get()};
  });
  if (read && read->mark == Mark::kNone) read.reset();
  return read;
}

void InHandFile::Layout::write(std::size_t at, const KnownRequest& request) {
  Facts facts{};
  facts.since_ms = request.since_ms;
  facts.time_ms = request.time_ms;
  facts.program = request.program;
  facts.key.set(request.key);
  facts.method.set(request.method);
  facts.path.set(request.path);
  facts.what.set(request.what);
  known[at].lock.write(static_cast<std::uint32_t>(request.mark), [&] {
    requests[at].store(request.request);
    known[at].facts.store(facts);
  });
}

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
      spdlog::warn("{} is not a record of requests in hand; it is started again", file.string());
    layout->magic = 0;
    clear(memory, sizeof(Layout));
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
    return Error{Retry::kLater, fmt::format("{} is not a record of requests in hand yet", file.string())};
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
  InHand in_hand{};
  in_hand.since_ms = machine_ms();
  in_hand.key.set(key);
  in_hand.request = request;
  slot.lock.write(1, [&] { slot.words.store(in_hand); });
}

void InHandFile::end(Executing thread) {
  layout_->slots[static_cast<std::size_t>(thread)].lock.clear();
}

std::optional<Standing> InHandFile::standing(Executing thread) const {
  const auto& slot = layout_->slots[static_cast<std::size_t>(thread)];
  if (slot.lock.mark() % 2 == 0) return std::nullopt;
  return slot.lock.read([&](std::uint32_t) {
    const auto in_hand = slot.words.load();
    return Standing{in_hand.request, in_hand.key.get(), in_hand.since_ms};
  });
}

bool InHandFile::stands(const Fingerprint& request, std::int64_t& since_ms) const {
  bool stands = false;
  for (std::size_t i = 0; i < kExecutingThreads; ++i) {
    const auto found = standing(static_cast<Executing>(i));
    if (!found || found->request != request) continue;
    since_ms = std::max(since_ms, found->since_ms);
    stands = true;
  }
  return stands;
}

std::int64_t InHandFile::longest_ms() const {
  std::int64_t longest_ms = 0;
  for (std::size_t i = 0; i < kExecutingThreads; ++i) {
    if (const auto found = standing(static_cast<Executing>(i)))
      longest_ms = std::max(longest_ms, machine_ms() - found->since_ms);
  }
  return longest_ms;
}

bool InHandFile::knows_any() const {
  return layout_->used.load(std::memory_order_acquire) > 0;
}

std::optional<KnownRequest> InHandFile::known(const Fingerprint& request) const {
  const auto used = std::min<std::size_t>(layout_->used.load(std::memory_order_acquire), kKnownMax);
  for (std::size_t i = 0; i < used; ++i) {
    if (layout_->requests[i].load() != request) continue;
    if (auto found = layout_->read(i); found && found->request == request) return found;
  }
  return std::nullopt;
}

std::vector<KnownRequest> InHandFile::all_known() const {
  std::vector<KnownRequest> all;
  const auto used = std::min<std::size_t>(layout_->used.load(std::memory_order_acquire), kKnownMax);
  for (std::size_t i = 0; i < used; ++i) {
    if (auto found = layout_->read(i)) all.push_back(std::move(*found));
  }
  return all;
}

std::size_t InHandFile::place_for(const Fingerprint& request) const {
  const auto used = std::min<std::size_t>(layout_->used.load(), kKnownMax);
  const auto order = [this](std::size_t at) {
    return std::pair(weight(mark_of(layout_->known[at])), layout_->known[at].facts.load().since_ms);
  };
  std::size_t least = 0;
  for (std::size_t at = 0; at < used; ++at) {
    if (layout_->requests[at].load() == request && mark_of(layout_->known[at]) != Mark::kNone) return at;
    if (order(at) < order(least)) least = at;
  }
  const bool is_free = used > 0 && mark_of(layout_->known[least]) == Mark::kNone;
  return is_free || used == kKnownMax ? least : used;
}

std::optional<KnownRequest> InHandFile::remember(const KnownRequest& request) {
  const auto place = place_for(request.request);
  auto gone = layout_->read(place);
  if (gone && (gone->mark != Mark::kQuarantined || gone->request == request.request)) gone.reset();
  layout_->write(place, request);
  if (place >= layout_->used.load()) layout_->used.store(static_cast<std::uint32_t>(place + 1));
  return gone;
}

// machine_ms() starts again with the machine, and what was suspect before it is a new process's concern no
// more.
void InHandFile::forget_before_reboot() {
  const auto now_ms = machine_ms();
  for (std::size_t i = 0; i < kKnownMax; ++i) {
    auto known = layout_->read(i);
    if (!known || known->since_ms <= now_ms) continue;
    if (known->mark != Mark::kQuarantined) {
      layout_->known[i].lock.clear();
    } else {
      known->since_ms = 0;
      layout_->write(i, *known);
    }
  }
  for (std::size_t i = 0; i < kExecutingThreads; ++i) {
    const auto thread = static_cast<Executing>(i);
    const auto found = standing(thread);
    if (found && found->since_ms > now_ms) end(thread);
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

}  // namespace sportapp::quarantine
