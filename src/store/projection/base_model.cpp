#include "store/projection/base_model.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <utility>

#include "store/projection/model_file.hpp"

namespace sportapp::projection {
namespace {

namespace fs = std::filesystem;

// Retention goes on between the two holds: rarely, and never far.
constexpr int kHoldsMax = 100;
constexpr std::chrono::milliseconds kHoldPause{20};

}  // namespace

Result<std::unique_ptr<HeldBase>> HeldBase::open(const fs::path& file) {
  auto held = sqlite::HeldFile::open(file);
  if (!held) return held.error();
  return std::unique_ptr<HeldBase>(new HeldBase(std::move(*held)));
}

Result<BaseEnd> HeldBase::hold() {
  const auto end = file_.hold([](SQLite::Database& database) -> std::optional<BaseEnd> {
    const auto position = position_of(database);
    const auto hash = origin_of(database);
    return hash ? std::optional(BaseEnd{position, *hash}) : std::nullopt;
  });
  if (!end) return end.error();
  if (!*end) return Error{Retry::kNever, fmt::format("{} is not a base model", file_.file().string())};
  return **end;
}

Result<std::optional<BaseEnd>> base_end_of(const fs::path& file) {
  std::error_code failed;
  if (!fs::exists(file, failed)) return std::optional<BaseEnd>();
  const auto base = HeldBase::open(file);
  const auto end = base ? (*base)->hold() : Result<BaseEnd>(base.error());
  if (!end && end.error().retry == Retry::kLater) return end.error();
  return end ? std::optional(*end) : std::nullopt;
}

Result<std::unique_ptr<HeldBase>> hold_with_base(journal::CopySource& journal, const fs::path& file) {
  std::unique_ptr<HeldBase> base;
  for (int holds = 0; holds < kHoldsMax; ++holds) {
    // The base model first: it is ahead of what is deleted, so that it is behind afterwards is rare.
    BaseEnd end;
    std::error_code failed;
    if (fs::exists(base_file_of(file), failed)) {
      auto opened = HeldBase::open(base_file_of(file));
      if (!opened) return opened.error();
      base = std::move(*opened);
      if (const auto held = base->hold()) end = *held;
    }
    if (auto held = journal.hold(); !held) return held.error();
    if (journal.base().seq == Seq{}) return std::unique_ptr<HeldBase>();
    const auto hash = journal.hash_at(end.position);
    if (!hash) return hash.error();
    if (base && *hash == end.hash) return base;
    std::this_thread::sleep_for(kHoldPause);
  }
  return Error{
      Retry::kNever,
      fmt::format("{} is not the base model of {}, whose entries up to {} were deleted by retention; "
                  "what to do: docs/retention.md",
                  base_file_of(file).string(), file.string(), journal.base().seq.value)};
}

}  // namespace sportapp::projection
