#include "store/journal/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "store/journal/committed_events.hpp"
#include "store/journal/journal_impl.hpp"

namespace sportapp::journal {

Error to_error(NotPrimary) {
  return {Retry::kLater, "this node is not the primary of its service; nothing was changed here, try again"};
}

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Journal>> Journal::open(Options options, const domain::Domain& domain,
                                               const Clock& clock) {
  auto impl = std::make_unique<Impl>(std::move(options), domain, clock);
  impl->start();
  return std::unique_ptr<Journal>(new Journal(std::move(impl)));
}

Journal::~Journal() {
  impl_->inbox->stop();
  impl_->thread.join();
  impl_->background.reset();
  impl_->inbox->refuse_all();
  if (auto* writer = impl_->core.writer()) impl_->opener.close(*writer);
}

void Journal::Impl::start() {
  core.start();
  background = std::make_unique<BackgroundCheck>(
      options.file, readers, domain, options.pace,
      BackgroundCheck::Owner{[this](std::string what, std::int64_t opened) {
                               inbox->put(FoundDamaged{std::move(what), opened});
                             },
                             [this] { return opener.was_complete(); }});
  thread = std::thread([this] { run(); });
}

void Journal::Impl::run() {
  const auto due = [this]() -> std::optional<std::chrono::steady_clock::time_point> {
    const auto due_ms = core.due_ms();
    if (!due_ms) return std::nullopt;
    return std::chrono::steady_clock::now() +
           std::chrono::milliseconds(std::max<std::int64_t>(0, *due_ms - clock.monotonic_ms()));
  };
  while (inbox->wait(core.able(), due())) core.step(inbox->take(core.able()));
  core.stop();
}

void Journal::submit(Submission submission, Done done) {
  if (auto refused = impl_->inbox->submit(submission, done)) done(std::move(*refused));
}

void Journal::lead(Epoch epoch, bool settles) {
  impl_->inbox->put(Turn{epoch, {}, settles});
}

void Journal::follow(std::function<void()> done) {
  impl_->inbox->put(Turn{std::nullopt, std::move(done)});
}

void Journal::append(SharedEntries entries, std::function<void(Result<Position>)> done) {
  Append append{std::move(entries), std::move(done)};
  if (impl_->inbox->put(append)) return;
  append.done(Error{Retry::kLater, "too many entries of the primary wait to be written here"});
}

void Journal::replace(std::filesystem::path file, std::function<void(Result<Position>)> done) {
  impl_->inbox->put(Replace{std::move(file), std::move(done)});
}

void Journal::accept_loss() {
  impl_->inbox->put(AcceptLoss{});
}

void Journal::trim(TrimRequest request, std::function<void(Result<Trimmed>)> done) {
  impl_->inbox->put(Trim{request, std::move(done)});
}

JournalStatus Journal::status() const {
  auto failing = impl_->inbox->failing();
  const bool leading = impl_->inbox->takes_commands();
  JournalStatus status{.queued = impl_->inbox->queued(),
                       .failing = std::move(failing),
                       .leading = leading,
                       .opened = impl_->readers->opened,
                       .checked_until = Seq{impl_->background->checked_until()}};
  impl_->view.read([&](const View::Shown& shown) {
    status.head = shown.durable.seq;
    status.head_hash = shown.durable.hash;
    status.damaged = shown.damaged;
    status.shorter = shown.shorter;
    status.base = shown.base;
    status.settled = shown.settled;
  });
  return status;
}

messaging::Place Journal::consumed_place(std::string_view source) const {
  return impl_->view.read([&](const View::Shown& shown) {
    const auto found = shown.consumed.find(source);
    if (found == shown.consumed.end()) {
      throw std::logic_error(fmt::format("{} takes in no events of {}", impl_->domain.service(), source));
    }
    return found->second;
  });
}

Result<std::unique_ptr<messaging::JournalEvents>> Journal::events() const {
  return make_committed_events(impl_->options.file, impl_->readers);
}

Result<std::unique_ptr<EntryReader>> Journal::entries() const {
  return EntryReader::open(impl_->options.file, impl_->readers);
}

}  // namespace sportapp::journal
