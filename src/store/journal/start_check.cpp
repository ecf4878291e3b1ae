#include "store/journal/start_check.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "store/journal/beside.hpp"
#include "store/journal/content_checks.hpp"
#include "store/journal/reader.hpp"
#include "store/journal/store.hpp"
#include "store/sqlite/wal_check.hpp"

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

constexpr auto kPageEntries = static_cast<std::int64_t>(kPageRecords);  // as walk() reads them

std::uintmax_t size_of_file(const fs::path& file) {
  std::error_code missing;
  const auto bytes = fs::file_size(file, missing);
  return missing ? 0 : bytes;
}

class Check {
 public:
  Check(const fs::path& file, const std::optional<Mark>& mark, const domain::Domain& domain,
        const StartDepth& depth)
      : file_(file), mark_(mark.value_or(Mark{})), domain_(domain), depth_(depth) {}

  StartCheck run();

 private:
  // Each gives what is damaged, or nothing; an error where that cannot be known.
  using Found = Result<std::string>;

  [[nodiscard]] bool is_missing() const { return size_of_file(file_) == 0; }
  [[nodiscard]] std::string missing() const;
  [[nodiscard]] Found wal() const;
  [[nodiscard]] Result<bool> open();
  [[nodiscard]] Found held();
  [[nodiscard]] Found sound();
  [[nodiscard]] Found tail();
  [[nodiscard]] Found page(Seq after, Seq until, std::size_t& bytes);
  [[nodiscard]] Found state();
  [[nodiscard]] std::string text(const Difference& difference) const {
    return fmt::format("{}: {} should be {}, and is {}", file_.string(), difference.place,
                       difference.expected, difference.found);
  }

  const fs::path& file_;
  const Mark mark_;
  const domain::Domain& domain_;
  const StartDepth& depth_;
  Beside beside_{};
  std::unique_ptr<Reader> reader_{};
  Position base_{}, head_{};
  StartCheck result_{};
};

StartCheck Check::run() {
  const auto failed = [this](Fault fault) {
    result_.fault = std::move(fault);
    return result_;
  };
  if (is_missing()) {
    result_.is_new = true;
    auto what = missing();
    if (what.empty()) return result_;
    auto fault = damage(what);
    if (size_of_file(file_.string() + "-wal") == 0) fault.shorter = Position{};
    return failed(std::move(fault));
  }
  const auto in_wal = wal();
  if (!in_wal) return failed(fault_of(in_wal.error()));
  if (!in_wal->empty()) return failed(damage(*in_wal));
  const auto opened = open();
  if (!opened) return failed(fault_of(opened.error()));
  if (!*opened) return result_;
  // Entries that are missing at the end are told only once the rest is known to be right.
  std::optional<Fault> lost;
  for (const auto step : {&Check::held, &Check::sound, &Check::tail, &Check::state}) {
    const auto found = (this->*step)();
    if (!found) return failed(fault_of(found.error()));
    if (found->empty()) continue;
    if (step != &Check::held || mark_.head.seq <= head_.seq || !mark_.damage.empty())
      return failed(lost ? *lost : damage(*found));
    lost = damage(*found);
  }
  if (!lost) return result_;
  lost->shorter = head_;
  return failed(*lost);
}

std::string Check::missing() const {
  const fs::path wal = file_.string() + "-wal";
  if (mark_.head.seq > Seq{} || mark_.replacing) {
    return fmt::format("{} is gone or empty, though it had {} entries, as {} says", file_.string(),
                       mark_.head.seq.value, MarkFile::of(file_).string());
  }
  if (size_of_file(wal) == 0) return {};
  return fmt::format("{} is gone or empty, though {} exists", file_.string(), wal.string());
}

Check::Found Check::wal() const {
  auto found = sqlite::check_wal(file_);
  if (!found) return found.error();
  if (found->is_gap && mark_.may_have_gaps) return std::string();
  return std::move(found->damage);
}

// Whether there is anything to check. The seal's bytes are read before SQLite has the file open.
Result<bool> Check::open() {
  auto beside = read_beside(file_, mark_);
  if (!beside) return beside.error();
  beside_ = std::move(*beside);
  auto reader = Reader::open(file_);
  if (!reader) return reader.error();
  reader_ = std::move(*reader);
  const auto format = reader_->format();
  if (!format) return format.error();
  if (*format > kFormatMax) {
    result_.fault = Fault{newer_format(file_, *format).what, false, false};
    return false;
  }
  if (*format == 0) {
    result_.is_new = true;
    if (mark_.head.seq > Seq{}) {
      return Error{Retry::kNever,
                   fmt::format("{} is no journal, though it had {} entries, as {} says", file_.string(),
                               mark_.head.seq.value, MarkFile::of(file_).string())};
    }
    return false;
  }
  const auto base = reader_->base();
  if (!base) return base.error();
  base_ = *base;
  const auto last = reader_->head();
  if (!last) return last.error();
  const auto hash = reader_->hash_at(*last);
  if (!hash) return hash.error();
  head_ = {*last, hash->value_or(Hash{})};
  return true;
}

Check::Found Check::held() {
  auto found = hold_against(*reader_, file_, beside_);
  if (!found) return found.error();
  result_.is_new_copy = found->is_new_copy;
  return std::move(found->wrong);
}

Check::Found Check::sound() {
  if (size_of_file(file_) + size_of_file(file_.string() + "-wal") > depth_.sqlite_bytes_max)
    return std::string();
  auto found = reader_->damage();
  if (!found) return found.error();
  if (!*found) return std::string();
  return fmt::format("{}: SQLite finds it damaged: {}", file_.string(), **found);
}

// From the last entry backwards, a page at a time.
Check::Found Check::tail() {
  auto until = head_.seq;
  std::size_t bytes = 0;
  while (until > base_.seq && head_.seq.value - until.value < depth_.entries && bytes < depth_.bytes) {
    const Seq after{std::max(base_.seq.value, until.value - kPageEntries)};
    auto found = page(after, until, bytes);
    if (!found || !found->empty()) return found;
    until = after;
  }
  result_.is_complete = until <= base_.seq;
  return std::string();
}

// The hash before the page is that of its row, which the page before it holds against its content.
Check::Found Check::page(Seq after, Seq until, std::size_t& bytes) {
  const auto before = reader_->hash_at(after);
  if (!before) return before.error();
  if (after > Seq{} && !*before) return fmt::format("{}: entry {} is missing", file_.string(), after.value);
  Position last{after, before->value_or(Hash{})};
  auto wrong = walk(*reader_, after, until, [&](const Entry& entry) -> Result<std::optional<Difference>> {
    auto difference = wrong_link(last, entry);
    last = {entry.seq, entry.hash};
    bytes += journal::size_of(entry);
    return difference;
  });
  if (!wrong) return wrong.error();
  if (*wrong) return text(**wrong);
  if (last.seq != until) return fmt::format("{}: entry {} is missing", file_.string(), last.seq.next().value);
  const auto unfound = reader_->not_found_by_key(after, until);
  if (!unfound) return unfound.error();
  if (!*unfound) return std::string();
  return fmt::format("{}: entry {} is not found by its key", file_.string(), (*unfound)->value);
}

Check::Found Check::state() {
  const bool is_all = base_.seq == Seq{} && result_.is_complete && depth_.state;
  result_.is_complete = result_.is_complete && is_all;
  if (!is_all) return std::string();
  const auto checked = check_state(*reader_, domain_, [](std::int64_t, std::int64_t) {});
  if (!checked) return checked.error();
  if (checked->is_unknown_event) {
    spdlog::warn("{}; its state is not checked", text(*checked->first));
    return std::string();
  }
  return checked->first ? text(*checked->first) : std::string();
}

}  // namespace

StartCheck check_at_start(const fs::path& file, const std::optional<Mark>& mark, const domain::Domain& domain,
                          const StartDepth& depth) {
  return Check(file, mark, domain, depth).run();
}

}  // namespace sportapp::journal
