#include "store/journal/beside.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

namespace sportapp::journal {
namespace {

namespace fs = std::filesystem;

using Wrong = Result<std::string>;

Wrong not_held(Reader& reader, const fs::path& file, const Position& entry, const char* which) {
  const auto base = reader.base();
  if (!base) return base.error();
  if (entry.seq <= Seq{} || entry.seq < base->seq) return std::string();
  const auto here = reader.hash_at(entry.seq);
  if (!here) return here.error();
  if (*here == entry.hash) return std::string();
  const auto last = reader.head();
  if (!last) return last.error();
  return fmt::format("{}: entry {}, {}, is {}; the last one here is {}", file.string(), entry.seq.value,
                     which, *here ? "another one" : "gone", last->value);
}

Wrong not_marked(Reader& reader, const fs::path& file, const Mark& mark) {
  if (!mark.damage.empty()) return mark.damage;
  auto wrong = not_held(reader, file, mark.head, "which was on disk and may have been acknowledged");
  if (!wrong || !wrong->empty()) return wrong;
  return not_held(reader, file, {mark.settled.seq, mark.settled.hash}, "which was acknowledged");
}

Wrong not_sealed(Reader& reader, const fs::path& file, const Seal& seal, const sqlite::WholeFile& whole) {
  const auto opened = reader.times_opened();
  if (!opened) return opened.error();
  if (*opened != seal.opened) {
    spdlog::warn(
        "{}: it is of an earlier moment, since a program that knows no seals wrote to {}; it is not "
        "used",
        seal_of(file).string(), file.string());
    return std::string();
  }
  if (whole == seal.file) return std::string();
  return fmt::format("{}: its bytes are not those with which it was closed, as {} says", file.string(),
                     seal_of(file).string());
}

Result<bool> is_copy(Reader& reader, const Mark& mark) {
  if (!mark.replacing) return false;
  const auto last = reader.head();
  if (!last) return last.error();
  const auto hash = reader.hash_at(*last);
  if (!hash) return hash.error();
  return *mark.replacing == Position{*last, hash->value_or(Hash{})};
}

}  // namespace

Result<Beside> read_beside(const fs::path& journal) {
  auto mark = MarkFile::read_only(journal);
  if (!mark) return mark.error();
  return read_beside(journal, std::move(*mark));
}

Result<Beside> read_beside(const fs::path& journal, std::optional<Mark> mark) {
  Beside beside;
  beside.mark = std::move(mark);
  auto seal = read_seal(journal);
  if (!seal) return seal.error();
  beside.seal = std::move(*seal);
  if (!beside.seal) return beside;
  auto whole = sqlite::read_whole(journal);
  if (!whole) return whole.error();
  beside.whole = *whole;
  return beside;
}

Result<HeldAgainst> hold_against(Reader& reader, const fs::path& journal, const Beside& beside) {
  HeldAgainst found;
  const auto mark = beside.mark.value_or(Mark{});
  const auto copied = is_copy(reader, mark);
  if (!copied) return copied.error();
  found.is_new_copy = *copied;
  if (found.is_new_copy) return found;
  auto wrong = not_marked(reader, journal, mark);
  if (wrong && wrong->empty() && beside.seal)
    wrong = not_sealed(reader, journal, *beside.seal, *beside.whole);
  if (!wrong) return wrong.error();
  found.wrong = std::move(*wrong);
  return found;
}

}  // namespace sportapp::journal
