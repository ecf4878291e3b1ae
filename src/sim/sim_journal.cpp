#include "sim/sim_journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.hpp"
#include "ha/replication/message.hpp"

namespace sportapp::simulator {
namespace {

constexpr std::size_t kBatchMax = 8;
constexpr Us kRecoverEvery = 500 * kMs;

Error refused(std::string what) {
  return {Retry::kNever, std::move(what)};
}

// What is wrong with entries that are to follow `head`; empty: nothing.
std::string fault_of(Position head, const journal::SharedEntries& entries) {
  for (const auto& entry : entries) {
    if (entry.seq != head.seq.next())
      return fmt::format("entry {} after {}", entry.seq.value, head.seq.value);
    if (journal::chained(head.hash, entry) != entry.hash)
      return fmt::format("the hash of {}", entry.seq.value);
    head = {entry.seq, entry.hash};
  }
  return {};
}

}  // namespace

SimJournal::SimJournal(Process& process, Disk& disk, NodeFiles& files, Checker& checker, Us hop, Owner owner)
    : process_(process), disk_(disk), files_(files), checker_(checker), hop_(hop), owner_(std::move(owner)) {
  index_anew();
}

void SimJournal::submit(Command command) {
  if (!leading_ || failing_) return command.done(std::nullopt, 0);
  queue_.push_back(std::move(command));
  look_for_work();
}

void SimJournal::lead(Epoch epoch, bool settles) {
  put([this, epoch, settles] {
    leading_ = true;
    epoch_ = epoch;
    if (settles) wrote(files_.head().seq);
  });
}

void SimJournal::follow(std::function<void()> done) {
  put([this, done = std::move(done)] {
    leading_ = false;
    answer_waiting();
    done();
  });
}

void SimJournal::append(journal::SharedEntries entries, Written done) {
  put([this, entries = std::move(entries), done = std::move(done)] { do_append(entries, done); });
}

void SimJournal::replace(std::string bytes, Written done) {
  put([this, bytes = std::move(bytes), done = std::move(done)] { do_replace(bytes, done); });
}

void SimJournal::trim(std::int64_t part) {
  put([this, part] { do_trim(part); });
}

void SimJournal::do_trim(std::int64_t part) {
  const auto most = std::min(settled_.value, files_.head().seq.value - 1);
  const Seq upto{files_.base.value + (most - files_.base.value) * part / 100};
  if (failing_ || upto <= files_.base) return;
  checker_.trimmed(files_.at(upto));
  write([this, upto] { files_.base = upto; },
        [this](bool written) {
          if (!written) return begin_failing("entries could not be deleted");
          busy_ = false;
          look_for_work();
        });
}

void SimJournal::put(Task task) {
  tasks_.push_back(std::move(task));
  look_for_work();
}

void SimJournal::look_for_work() {
  if (busy_ || (tasks_.empty() && queue_.empty()) || std::exchange(woken_, true)) return;
  process_.after(hop_, [this] {
    woken_ = false;
    work();
    look_for_work();
  });
}

void SimJournal::work() {
  if (busy_) return;
  if (!tasks_.empty()) {
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  } else if (!queue_.empty()) {
    decide();
  }
}

void SimJournal::decide() {
  busy_ = true;
  batch_.emplace();
  known_ = checker_.known();
  while (!queue_.empty() && batch_->commands.size() < kBatchMax) {
    decide(queue_.front());
    batch_->commands.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  owner_.opened(batch_->entries);
}

void SimJournal::decide(const Command& command) {
  const auto& request = command.request;
  const auto known = keys_.find(request.key);
  const auto holder = names_.find(request.name);
  const bool taken = holder != names_.end();
  if (known != keys_.end()) {
    batch_->outcomes.emplace_back(Said::kAdded, known->second);
  } else if (request.read) {
    batch_->outcomes.emplace_back(taken ? Said::kFound : Said::kNotFound, taken ? holder->second : 0);
  } else if (taken) {
    batch_->outcomes.emplace_back(Said::kTaken, holder->second);
  } else {
    const auto before = batch_->entries.empty()
                            ? files_.head()
                            : Position{batch_->entries.back().seq, batch_->entries.back().hash};
    journal::Entry entry{before.seq.next(),          epoch_, owner_.wall_ms(), request.key, {},
                         {"added", 1, request.name}, {}};
    entry.answer = {201, fmt::format("{}", entry.seq.value), {}};
    entry.hash = journal::chained(before.hash, entry);
    names_[request.name] = keys_[request.key] = entry.seq.value;
    batch_->entries.push_back(entry);
    batch_->outcomes.emplace_back(Said::kAdded, entry.seq.value);
  }
}

void SimJournal::release() {
  process_.after(hop_, [this] {
    if (!batch_) return;
    if (batch_->entries.empty()) return commit();
    write(
        [this] {
          files_.journal.insert(files_.journal.end(), batch_->entries.begin(), batch_->entries.end());
        },
        [this](bool written) {
          if (written) return commit();
          auto batch = std::exchange(batch_, std::nullopt);
          begin_failing("a commit failed");
          for (auto& command : batch->commands) command.done(std::nullopt, 0);
          owner_.commit_failed();
        });
  });
}

void SimJournal::commit() {
  busy_ = false;
  auto batch = std::exchange(batch_, std::nullopt);
  index_more();
  wrote(files_.head().seq);
  owner_.committed(files_.head());
  for (std::size_t i = 0; i < batch->commands.size(); ++i) {
    batch->commands[i].done(batch->outcomes[i].first, batch->outcomes[i].second);
  }
  look_for_work();
}

void SimJournal::roll_back() {
  process_.after(hop_, [this] {
    if (!batch_) return;
    auto batch = std::exchange(batch_, std::nullopt);
    busy_ = leading_ = false;
    index_anew();
    for (auto& command : batch->commands) command.done(std::nullopt, 0);
    answer_waiting();
    look_for_work();
  });
}

void SimJournal::do_append(const journal::SharedEntries& entries, const Written& done) {
  if (leading_ || failing_) return done(refused(leading_ ? "this journal leads" : "this journal is failing"));
  if (const auto fault = fault_of(files_.head(), entries); !fault.empty()) return done(refused(fault));
  const auto before = files_.head().seq;
  write([this, entries] { files_.journal.insert(files_.journal.end(), entries.begin(), entries.end()); },
        [this, done, before](bool written) {
          if (!written) {
            begin_failing("entries could not be written");
            return done(Error{Retry::kOutcomeUnknown, "entries could not be written"});
          }
          busy_ = false;
          wrote(before);
          index_more();
          done(files_.head());
          look_for_work();
        });
}

void SimJournal::do_replace(const std::string& bytes, const Written& done) {
  if (leading_) return done(refused("this journal leads"));
  ByteReader reader(bytes);
  const Seq base{reader.i64()};
  auto entries = replication::decode_entries(bytes.substr(sizeof base.value));
  if (!entries) return done(entries.error());
  if (const auto fault = fault_of({}, *entries); !fault.empty()) return done(refused(fault));
  write(
      [this, entries = *entries, base] {
        files_.journal = entries;
        files_.base = base;
      },
      [this, done](bool written) {
        if (!written) {
          busy_ = false;
          if (!damaged_) begin_failing("a copy could not be put in place");
          look_for_work();
          return done(Error{Retry::kOutcomeUnknown, "a copy could not be put in place"});
        }
        busy_ = false;
        failing_ = damaged_ = false;
        wrote({});
        index_anew();
        done(files_.head());
        look_for_work();
      });
}

void SimJournal::write(std::function<void()> change, std::function<void(bool)> done) {
  busy_ = true;
  disk_.write(process_, std::move(change), std::move(done));
}

void SimJournal::answer_waiting() {
  const auto waiting = std::exchange(queue_, {});
  for (const auto& command : waiting) command.done(std::nullopt, 0);
}

void SimJournal::begin_failing(const std::string& why) {
  busy_ = leading_ = false;
  failing_ = true;
  answer_waiting();
  owner_.failing(why);
  process_.after(kRecoverEvery, [this] { recover(); });
  look_for_work();
}

// Opens the journal anew and tries whether it takes writes.
void SimJournal::recover() {
  if (damaged_) return;
  if (busy_) {
    process_.after(kMs, [this] { recover(); });
    return;
  }
  write([] {},
        [this](bool written) {
          busy_ = false;
          if (!written) {
            process_.after(kRecoverEvery, [this] { recover(); });
          } else {
            failing_ = false;
            wrote({});
            index_anew();
            owner_.recovered(files_.head());
          }
          look_for_work();
        });
}

// The mark is written at once, and survives the end of the process.
void SimJournal::wrote(Seq settled) {
  settled_ = settled;
  files_.mark = {files_.head(), {}};
  if (settled > Seq{}) {
    const auto& entry = files_.journal[static_cast<std::size_t>(settled.value - 1)];
    files_.mark.settled = {entry.seq, entry.hash, entry.epoch};
  }
}

void SimJournal::be_damaged() {
  failing_ = damaged_ = true;
}

void SimJournal::accept_loss() {
  put([this] {
    failing_ = damaged_ = false;
    wrote({});
    owner_.recovered(files_.head());
  });
}

void SimJournal::index_anew() {
  names_.clear();
  keys_.clear();
  indexed_ = 0;
  index_more();
}

void SimJournal::index_more() {
  for (; indexed_ < files_.journal.size(); ++indexed_) {
    const auto& entry = files_.journal[indexed_];
    names_[entry.event.payload] = keys_[entry.key] = entry.seq.value;
  }
}

}  // namespace sportapp::simulator
