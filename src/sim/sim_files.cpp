#include "sim/sim_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/bytes.hpp"
#include "ha/replication/message.hpp"

namespace sportapp::simulator {
namespace {

Error failed(const char* what) {
  return {Retry::kLater, fmt::format("the disk fails: {}", what)};
}

// A batch is as large as a message, so that the writer takes any number of entries.
constexpr std::size_t kEntriesMax = 10'000;

}  // namespace

std::string copied(const NodeFiles& files) {
  return ByteWriter().i64(files.base.value).take() + replication::encode(files.journal);
}

std::variant<std::unique_ptr<journal::Writer>, journal::Fault> SimFiles::open() {
  if (const auto damage = files_.damage(); damage == failover::Damage::kBroken) {
    return journal::damage("the journal is changed");
  } else if (damage == failover::Damage::kShort) {
    return journal::Fault{"the journal is shorter than it was", true, false, files_.head()};
  }
  if (!disk_.works_now()) return journal::Fault{"the disk fails", false, true};
  auto writer = journal::Writer::in_memory(names_);
  const std::span<const journal::Entry> all(files_.journal);
  for (std::size_t i = 0; i < all.size(); i += kEntriesMax) {
    if (auto appended = writer->append(all.subspan(i, std::min(kEntriesMax, all.size() - i))); !appended)
      return journal::fault_of(appended.error());
    writer->commit();
  }
  if (files_.base > Seq{}) writer->trim(files_.base, all.size());
  auto& mark = files_.mark;
  if (!files_.holds({mark.settled.seq, mark.settled.hash})) mark.settled = {};
  mark = {files_.head(), mark.settled, std::nullopt};
  return writer;
}

void SimFiles::commit(journal::Writer& writer, const journal::SharedEntries& entries,
                      std::function<void(std::optional<journal::WriteFailed>)> done) {
  if (entries.empty()) {
    writer.commit();
    return done(std::nullopt);
  }
  disk_.write(
      process_,
      [this, entries] { files_.journal.insert(files_.journal.end(), entries.begin(), entries.end()); },
      [this, &writer, done = std::move(done)](bool written) {
        if (written) writer.commit();
        done(written ? std::nullopt : std::optional(journal::WriteFailed{failed("a commit"), false}));
        after_write_();
      });
}

// Written at once, it survives the end of the process.
Result<void> SimFiles::mark(const Position& head, const journal::Settled& settled) {
  if (!disk_.works_now()) return failed("the mark");
  files_.mark = {head, settled, std::nullopt};
  return {};
}

Result<void> SimFiles::mark_gaps() {
  return disk_.works_now() ? Result<void>() : failed("the mark");
}

Result<SimFiles::Copy> SimFiles::copy_of(const std::filesystem::path& name) const {
  const auto found = copies_.find(name);
  if (found == copies_.end()) return Error{Retry::kNever, "there is no copy " + name.string()};
  ByteReader reader(found->second);
  const Seq base{reader.i64()};
  auto entries = replication::decode_entries(found->second.substr(sizeof base.value));
  if (!entries) return entries.error();
  return Copy{std::move(*entries), base};
}

Result<Position> SimFiles::prepare_replacement(const std::filesystem::path& name) {
  const auto copy = copy_of(name);
  if (!copy) return copy.error();
  Position head;
  for (const auto& entry : copy->entries) {
    if (entry.seq != head.seq.next() || entry.hash != journal::chained(head.hash, entry))
      return Error{Retry::kNever, fmt::format("the copy breaks at entry {}", entry.seq.value)};
    head = {entry.seq, entry.hash};
  }
  return head;
}

// The mark speaks of the copy until it is opened, as on a disk: a crash in between is a journal that is
// either.
Result<void> SimFiles::replace(const std::filesystem::path& name, const Position& end,
                               const std::optional<journal::Fault>&) {
  const auto copy = copy_of(name);
  if (!copy) return copy.error();
  files_.mark.replacing = end;
  const bool works = disk_.works_now();
  if (works || disk_.coin()) {
    files_.journal = copy->entries;
    files_.base = copy->base;
  }
  if (works) return {};
  return Error{Retry::kOutcomeUnknown, "the disk fails: a copy may be in place"};
}

Result<void> SimFiles::accept_loss(const Position& end) {
  if (!disk_.works_now()) return failed("the mark");
  files_.mark = {end, {}, std::nullopt};
  return {};
}

}  // namespace sportapp::simulator
