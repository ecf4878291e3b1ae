#include "store/journal/background_check.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "store/journal/content_checks.hpp"
#include "store/journal/reader.hpp"
#include "store/journal/scratch.hpp"

namespace sportapp::journal {
namespace {

constexpr std::size_t kSliceEntries = 256;
constexpr int kScratchCacheKib = 4 * 1024;
constexpr int kLowest = 19;
// A record of the state counts for so many bytes.
constexpr std::uint64_t kRecordBytes = 100;
constexpr std::chrono::milliseconds kAfterFailure{60'000};
constexpr std::chrono::milliseconds kLook{200};  // whether the file is open, or another

}  // namespace

// One reading of the whole file. What it finds is nothing (all is right), damage, or an error.
class BackgroundCheck::Round {
 public:
  Round(BackgroundCheck& check, const std::stop_token& stop) : check_(check), stop_(stop) {}

  // The file was reopened meanwhile, or it is to end: what was found does not count.
  [[nodiscard]] bool is_over() const {
    return stop_.stop_requested() || check_.durable_->opened.load() != check_.opened_ ||
           check_.durable_->unreadable.load();
  }

  Result<std::optional<Difference>> run() {
    auto wrong = entries();
    if (!wrong || *wrong || is_over() || !scratch_) return wrong;
    for (const auto& pages :
         {std::pair{&Scratch::rows, &stored_rows}, std::pair{&Scratch::names, &stored_uniques}}) {
      auto differs = state(pages.first, pages.second);
      if (!differs || *differs || is_over()) return differs;
    }
    return std::optional<Difference>();
  }
  [[nodiscard]] bool checks_state() const { return scratch_ != nullptr; }
  [[nodiscard]] Seq last() const { return last_.seq; }

 private:
  using Wrong = Result<std::optional<Difference>>;

  // All there are.
  Wrong entries() {
    for (bool first = true; !is_over(); first = false) {
      const auto reader = Reader::open(check_.file_);
      if (!reader) return reader.error();
      if (first) {
        const auto base = (*reader)->base();
        if (!base) return base.error();
        last_ = *base;
        if (base->seq == Seq{}) scratch_ = std::make_unique<Scratch>(kScratchCacheKib);
      }
      const auto before = last_.seq;
      auto wrong = next_page(**reader);
      if (!wrong || *wrong || last_.seq == before) return wrong;
    }
    return std::optional<Difference>();
  }

  // All that are there at the reader's moment.
  Wrong catch_up(Reader& reader) {
    for (;;) {
      const auto before = last_.seq;
      auto wrong = next_page(reader);
      if (!wrong || *wrong || last_.seq == before) return wrong;
    }
  }

  // Of those behind the last one that was read.
  Wrong next_page(Reader& reader) {
    if (auto followed = follow_base(reader); !followed) return followed.error();
    const auto page = reader.entries(last_.seq, kSliceEntries);
    if (!page) return page.error();
    const auto after = last_.seq;
    std::uint64_t bytes = 0;
    for (const auto& entry : *page) {
      auto wrong = Wrong(wrong_link(last_, entry));
      if (*wrong) return wrong;
      if (auto replayed = replay_one(entry); !replayed) return replayed.error();
      last_ = {entry.seq, entry.hash};
      bytes += size_of(entry);
    }
    const auto unfound = reader.not_found_by_key(after, last_.seq);
    if (!unfound) return unfound.error();
    if (*unfound) {
      return std::optional(Difference{fmt::format("entry {}", (*unfound)->value), "found by its key", "not"});
    }
    check_.checked_until_ = std::max(check_.checked_until_.load(), last_.seq.value);
    pause_for(bytes);
    return std::optional<Difference>();
  }

  // One that this program cannot apply, though the chain says that it is what was written, is no damage; but
  // then the state cannot be made again.
  Result<void> replay_one(const Entry& entry) {
    if (!scratch_) return {};
    const auto refused = replay(check_.domain_, *scratch_, entry);
    if (!refused) return refused.error();
    if (*refused) scratch_.reset();
    return {};
  }

  // Entries that retention deletes are gone for good, and the state that they made cannot be made again.
  Result<void> follow_base(Reader& reader) {
    const auto base = reader.base();
    if (!base) return base.error();
    if (base->seq > Seq{}) scratch_.reset();
    if (base->seq > last_.seq) last_ = *base;
    return {};
  }

  // A page at a time, each held against the entries up to the very moment of which it is.
  Wrong state(Pages (Scratch::*expected)(), Pages (*stored)(Reader&)) {
    for (auto after = lowest(); !is_over();) {
      const auto reader = Reader::open(check_.file_);
      if (!reader) return reader.error();
      auto wrong = catch_up(**reader);
      if (!wrong || *wrong || !scratch_) return wrong;
      const auto want = (scratch_.get()->*expected)()(after);
      if (!want) return want.error();
      const auto have = stored(**reader)(after);
      if (!have) return have.error();
      const auto once = [](const std::vector<Record>& page) {
        return [&page, given = false](const Key&) mutable {
          return Result<std::vector<Record>>(std::exchange(given, true) ? std::vector<Record>() : page);
        };
      };
      const auto compared = compare(once(*want), once(*have), [](std::int64_t) {});
      if (!compared) return compared.error();
      if (compared->first || want->empty()) return compared->first;
      after = want->back().key;
      pause_for(want->size() * kRecordBytes);
    }
    return std::optional<Difference>();
  }

  void pause_for(std::uint64_t bytes) {
    owed_bytes_ += bytes;
    const auto per_s = std::max<std::uint64_t>(1, check_.pace_.bytes_per_s);
    const auto time_ms = owed_bytes_ * 1000 / per_s;
    owed_bytes_ -= time_ms * per_s / 1000;
    check_.rest(stop_, std::chrono::milliseconds(time_ms));
  }

  BackgroundCheck& check_;
  const std::stop_token& stop_;
  std::unique_ptr<Scratch> scratch_{};  // none: the state is not checked
  Position last_{};
  std::uint64_t owed_bytes_ = 0;  // read since the last pause
};

BackgroundCheck::BackgroundCheck(std::filesystem::path file, std::shared_ptr<const Durable> durable,
                                 const domain::Domain& domain, BackgroundPace pace, Owner owner)
    : file_(std::move(file)),
      durable_(std::move(durable)),
      domain_(domain),
      pace_(pace),
      owner_(std::move(owner)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

BackgroundCheck::~BackgroundCheck() = default;

void BackgroundCheck::rest(const std::stop_token& stop, std::chrono::milliseconds time) {
  if (time.count() <= 0) return;
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
}

void BackgroundCheck::run(const std::stop_token& stop) {
  ::setpriority(PRIO_PROCESS, 0, kLowest);  // of this thread
  auto next = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    rest(stop, kLook);
    const auto opened = durable_->opened.load();
    if (opened == 0 || durable_->unreadable.load() || stop.stop_requested()) continue;
    if (std::exchange(opened_, opened) != opened) {
      const bool needs_none = owner_.was_complete() && !pace_.begins_at_once;
      checked_until_ = needs_none ? durable_->seq.load() : 0;
      next = std::chrono::steady_clock::now() + (needs_none ? pace_.every : std::chrono::milliseconds(0));
    }
    if (std::chrono::steady_clock::now() < next) continue;
    next = std::chrono::steady_clock::now() + round(stop);
  }
}

// Gives how long it can be left alone.
std::chrono::milliseconds BackgroundCheck::round(const std::stop_token& stop) {
  const auto began = std::chrono::steady_clock::now();
  Round reading(*this, stop);
  auto wrong = [&]() -> Result<std::optional<Difference>> {
    try {
      return reading.run();
    } catch (const std::exception& failed) {  // of the temporary file
      return Error{Retry::kLater, failed.what()};
    }
  }();
  if (reading.is_over()) return {};
  if (!wrong && wrong.error().retry != Retry::kNever) {
    spdlog::warn("{} cannot be checked at present: {}", file_.string(), wrong.error().what);
    return kAfterFailure;
  }
  if (!wrong || *wrong) {
    owner_.damaged(wrong ? fmt::format("{}: {} should be {}, and is {}", file_.string(), (*wrong)->place,
                                       (*wrong)->expected, (*wrong)->found)
                         : wrong.error().what,
                   opened_);
    return pace_.every;
  }
  spdlog::info(
      "{} was read in the background up to entry {} and is right{}, after {} s", file_.string(),
      reading.last().value,
      reading.checks_state() ? ", its state too" : "; its state was not checked, since entries are deleted",
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count());
  return pace_.every;
}

}  // namespace sportapp::journal
