#include "store/retention/retention.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "base/durable.hpp"
#include "net/messaging/back_off.hpp"

namespace sportapp::retention {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRestMs = 200;       // nothing to do
constexpr std::int64_t kRestIdleMs = 1000;  // and nothing will be
constexpr std::int64_t kShortRestMs = 10;   // there is more to do
constexpr std::int64_t kRestPart = 10;  // the journal's thread is left alone ten times as long as it was used
constexpr std::size_t kKeptAtOnce = 500;
constexpr std::size_t kKeptBytes = std::size_t{1} << 20;
constexpr std::size_t kTrimmedLeast = 16, kTrimmedMost = 1024;
constexpr std::int64_t kLongUs = 4000, kShortUs = 1500;  // of one trim
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kSamples = 100;  // of how far the journal was, over keep_keys_s

Error unlike(const fs::path& file, Seq seq) {
  return {Retry::kLater, fmt::format("{} does not continue with entry {} of the journal as it is now",
                                     file.string(), seq.value)};
}

}  // namespace

Retention::Retention(Options options, journal::Journal& journal, const domain::Projection& projection,
                     const Clock& clock)
    : options_(std::move(options)),
      journal_(journal),
      projection_(projection),
      clock_(clock),
      file_(projection::base_file_of(options_.journal)),
      next_(projection::next_base_of(options_.journal)),
      at_once_(kTrimmedLeast * 8),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Retention::~Retention() = default;

std::string Retention::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Retention::tell(std::string trouble) {
  const std::lock_guard lock(mutex_);
  if (trouble_ == trouble) return;
  trouble_ = std::move(trouble);
  if (trouble_.empty()) {
    spdlog::info("retention: all is well again");
  } else {
    spdlog::error("retention: {}", trouble_);
  }
}

void Retention::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) messaging::pause(stop, static_cast<int>(step(stop)));
}

std::int64_t Retention::step(const std::stop_token& stop) {
  const auto status = journal_.status();
  if (!status.failing.empty()) return kRestIdleMs;
  const auto idle_ms = options_.policy.deletes() ? kRestMs : kRestIdleMs;
  const auto is_ready = ready(status);
  if (!is_ready) {
    tell(is_ready.error().what);
    return kRestIdleMs;
  }
  tell({});
  if (!*is_ready) return idle_ms;
  const auto limit = allowed(status);
  auto kept = model_->position() < limit ? keep(limit) : Result<std::size_t>(std::size_t{0});
  auto pause_ms = kept ? trim(status, limit, stop) : Result<std::int64_t>(kept.error());
  if (!pause_ms) {
    // What is wrong with the journal's file, its own thread finds out and tells.
    if (pause_ms.error().retry == Retry::kNever) tell(pause_ms.error().what);
    model_.reset();
    return kRestIdleMs;
  }
  return *kept == kKeptAtOnce || *pause_ms > 0 ? std::max(kShortRestMs, *pause_ms) : idle_ms;
}

// Whether there is a base model to go on with; none is needed where nothing is deleted. An error says what to
// do.
Result<bool> Retention::ready(const journal::JournalStatus& status) {
  if (std::exchange(opened_, status.opened) != status.opened) {
    model_.reset();
    entries_.reset();
    seen_.clear();
  }
  if (!entries_) {
    auto opened = journal_.entries();
    if (!opened) return opened.error();
    entries_ = std::move(*opened);
  }
  if (auto taken = take_over_next(status); !taken) return taken.error();
  if (!model_) {
    if (auto opened = open_model(status); !opened) return opened.error();
  }
  return model_ != nullptr;
}

// Whether what was deleted in the journal is in `file`, and nothing that the journal knows otherwise.
Result<bool> Retention::fits(const fs::path& file, const journal::JournalStatus& status) {
  const auto end = projection::base_end_of(file);
  if (!end) return end.error();
  if (!*end || (*end)->position < status.base.seq) return false;
  const auto hash = entries_->hash_at((*end)->position);
  if (!hash) return hash.error();
  return *hash && **hash == (*end)->hash;
}

// It came before the journal's copy was put in place: whether it is the journal's now, its end says.
Result<void> Retention::take_over_next(const journal::JournalStatus& status) {
  std::error_code failed;
  if (!fs::exists(next_, failed)) return {};
  const auto next_fits = fits(next_, status);
  if (!next_fits) return next_fits.error();
  if (!*next_fits) return {};
  model_.reset();
  const auto file_fits = fits(file_, status);
  if (!file_fits) return file_fits.error();
  if (*file_fits) return projection::remove_model(next_);  // it is as good, and further
  if (auto removed = projection::remove_model(file_); !removed) return removed;
  if (auto renamed = rename_durably(next_, file_); !renamed) return renamed;
  spdlog::info("{} came with the journal's copy and is in place", file_.string());
  return projection::remove_model(next_);  // what was beside it
}

Result<void> Retention::open_model(const journal::JournalStatus& status) {
  const auto file_fits = fits(file_, status);
  if (!file_fits) return file_fits.error();
  if (!*file_fits && status.base.seq > Seq{}) {
    return Error{
        Retry::kNever,
        fmt::format("{} is missing or not of this journal, whose entries up to {} are deleted: read models "
                    "cannot be rebuilt from this node, and nothing more is deleted; what to do: "
                    "docs/retention.md",
                    file_.string(), status.base.seq.value)};
  }
  if (!options_.policy.deletes() && status.base.seq == Seq{}) return {};
  if (!*file_fits) {
    if (auto removed = projection::remove_model(file_); !removed) return removed;
  }
  projection::ReadModel::Options options;
  options.file = file_;
  options.is_base = true;
  auto opened = projection::ReadModel::open(std::move(options), projection_, clock_);
  if (!opened) return opened.error();
  const auto end = projection::base_end_of(file_);
  if (!end) return end.error();
  kept_hash_ = *end ? (*end)->hash : Hash{};
  model_ = std::move(*opened);
  return {};
}

// Up to where the rule lets go, but for the age of the entries themselves.
Seq Retention::allowed(const journal::JournalStatus& status) {
  auto limit = seen_long_ago(status);
  if (!options_.policy.deletes()) return Seq{};
  limit = std::min(limit, Seq{status.head.value - std::max<std::int64_t>(1, options_.policy.keep_entries)});
  if (options_.needed_after) {
    if (const auto needed = options_.needed_after()) limit = std::min(limit, *needed);
  }
  return limit;
}

// By the monotonic clock: setting the other one forward must make no key old.
Seq Retention::seen_long_ago(const journal::JournalStatus& status) {
  const auto now_ms = clock_.monotonic_ms();
  const auto keep_ms = options_.policy.keep_keys_s * 1000;
  if (seen_.empty() || now_ms - seen_.back().at_ms >= keep_ms / kSamples) {
    seen_.push_back({now_ms, status.settled.seq});
  }
  while (seen_.size() > 1 && seen_[1].at_ms <= now_ms - keep_ms) seen_.pop_front();
  const bool long_ago = !seen_.empty() && seen_.front().at_ms <= now_ms - keep_ms;
  return long_ago ? std::min(seen_.front().settled, status.settled.seq) : Seq{};
}

// Into the base model, on disk: some of what comes next. Gives how many.
Result<std::size_t> Retention::keep(Seq upto) {
  const auto position = model_->position();
  const auto most = std::min(kKeptAtOnce, static_cast<std::size_t>(upto.value - position.value));
  auto entries = entries_->read(position, most, kKeptBytes);
  if (!entries) return entries.error();
  const auto newest_ms = clock_.wall_ms() - options_.policy.keep_days * kDayMs;
  std::vector<domain::CommittedEvent> events;
  auto hash = kept_hash_;
  for (auto& entry : *entries) {
    if (options_.policy.keep_days > 0 && entry.time_ms > newest_ms) break;
    // The journal may have become another one since.
    if (journal::chained(hash, entry) != entry.hash) return unlike(file_, entry.seq);
    events.push_back({entry.seq, entry.time_ms, std::move(entry.event), hash, entry.hash});
    hash = entry.hash;
  }
  if (events.empty()) return std::size_t{0};
  if (auto written = model_->write_base(events, hash); !written) return written.error();
  kept_hash_ = hash;
  return events.size();
}

// Deletes some of what the base model has. Gives how long the journal's thread is to be left alone.
Result<std::int64_t> Retention::trim(const journal::JournalStatus& status, Seq limit,
                                     const std::stop_token& stop) {
  const auto upto = std::min(model_->position(), limit);
  if (upto <= status.base.seq) return std::int64_t{0};
  const auto told = std::make_shared<std::promise<Result<journal::Trimmed>>>();
  auto future = told->get_future();
  journal_.trim({upto, at_once_, status.opened},
                [told](const Result<journal::Trimmed>& trimmed) { told->set_value(trimmed); });
  while (future.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready) {
    if (stop.stop_requested()) return Error{Retry::kLater, "this process is stopping"};
  }
  const auto trimmed = future.get();
  if (!trimmed) return trimmed.error();
  if (trimmed->us > kLongUs) at_once_ = std::max(kTrimmedLeast, at_once_ / 2);
  if (trimmed->us < kShortUs) at_once_ = std::min(kTrimmedMost, at_once_ * 2);
  if (trimmed->base == status.base.seq) return std::int64_t{0};
  return std::max(kShortRestMs, kRestPart * trimmed->us / 1000);
}

}  // namespace sportapp::retention
