#include "sim/sim_journal.hpp"

#include <algorithm>
#include <utility>

namespace sportapp::simulator {
namespace {

constexpr std::size_t kBatchMax = 8, kQueueMax = 1000;

}  // namespace

SimJournal::SimJournal(Process& process, Disk& disk, NodeFiles& files, const Clock& clock, Us hop)
    : process_(process),
      files_(files),
      clock_(clock),
      hop_(hop),
      sim_files_(process, disk, files,
                 [this] {
                   core_.step(std::nullopt);
                   look_for_work();
                 }),
      inbox_(std::make_shared<journal::Inbox>(journal::Inbox::Options{kQueueMax, kBatchMax, false, true})),
      core_({options_, clock, sim_files_, inbox_, view_, readers_}) {}

void SimJournal::start(Owner owner) {
  owner_ = std::move(owner);
  options_.leading = false;
  options_.gate = this;
  options_.on_failing = [this](const std::string&, bool) { owner_.failing(); };
  options_.on_recovered = [this] { owner_.recovered(); };
  core_.start();
  look_for_work();
}

void SimJournal::submit(Command command) {
  const auto request = command.request;
  auto submission = submission_of(request);
  journal::Done done = [request, done = std::move(command.done)](const journal::Outcome& outcome) {
    const auto reply = reply_of(request, outcome);
    reply ? done(reply->said, reply->id) : done(std::nullopt, 0);
  };
  if (const auto refused = inbox_->submit(submission, done)) return done(*refused);
  look_for_work();
}

void SimJournal::trim(std::int64_t part) {
  const auto most = std::min(files_.mark.settled.seq.value, files_.head().seq.value - 1);
  const auto some = (most - files_.base.value) * part / 100;
  if (some <= 0) return;
  const journal::TrimRequest request{Seq{files_.base.value + some}, static_cast<std::size_t>(some),
                                     readers_.opened};
  inbox_->put(journal::Trim{request, [this](const Result<journal::Trimmed>& trimmed) {
                              if (!trimmed || trimmed->base <= files_.base) return;
                              files_.base = trimmed->base;
                              owner_.trimmed(files_.at(trimmed->base));
                            }});
  look_for_work();
}

journal::JournalStatus SimJournal::status() const {
  journal::JournalStatus status{.failing = inbox_->failing(), .leading = inbox_->takes_commands()};
  view_.read([&](const journal::View::Shown& shown) {
    status.head = shown.durable.seq;
    status.head_hash = shown.durable.hash;
    status.damaged = shown.damaged;
    status.shorter = shown.shorter;
    status.base = shown.base;
    status.settled = shown.settled;
  });
  return status;
}

void SimJournal::lead(Epoch epoch, bool settles) {
  inbox_->put(journal::Turn{epoch, {}, settles});
  look_for_work();
}

void SimJournal::follow(std::function<void()> done) {
  inbox_->put(journal::Turn{std::nullopt, std::move(done)});
  look_for_work();
}

void SimJournal::append(journal::SharedEntries entries, std::function<void(Result<Position>)> done) {
  owner_.taken(entries);
  journal::Append append{std::move(entries), std::move(done)};
  if (!inbox_->put(append)) return append.done(Error{Retry::kLater, "too much waits"});
  look_for_work();
}

void SimJournal::replace(std::filesystem::path file, std::function<void(Result<Position>)> done) {
  inbox_->put(journal::Replace{std::move(file), std::move(done)});
  look_for_work();
}

void SimJournal::accept_loss() {
  inbox_->put(journal::AcceptLoss{});
  look_for_work();
}

void SimJournal::before_commit(const journal::SharedEntries& entries, Verdict verdict) {
  owner_.decided(entries);
  owner_.gate()->before_commit(entries, [this, verdict = std::move(verdict)](Result<Pass> passed) {
    if (passed) owner_.may_be_written();
    if (passed && *passed == Pass::kAnswer) owner_.may_be_answered();
    verdict(std::move(passed));
    look_for_work();
  });
}

void SimJournal::committed(Position head) {
  owner_.gate()->committed(head);
}

// As its thread waits: for work that can be carried out, or until something is due.
void SimJournal::look_for_work() {
  wait_until_due();
  if (woken_ || !inbox_->has_work(core_.able())) return;
  woken_ = true;
  process_.after(hop_, [this] {
    woken_ = false;
    step();
  });
}

void SimJournal::wait_until_due() {
  const auto due_ms = core_.due_ms();
  if (!due_ms || *due_ms == due_ms_) return;
  due_ms_ = *due_ms;
  process_.after(std::max<Us>(0, (due_ms_ - clock_.monotonic_ms()) * kMs), [this] { step(); });
}

void SimJournal::step() {
  core_.step(inbox_->take(core_.able()));
  look_for_work();
}

}  // namespace sportapp::simulator
