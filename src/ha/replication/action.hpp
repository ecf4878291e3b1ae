// What a replica asks its driver to do.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "ha/replication/message.hpp"

namespace sportapp::replication {

// Save the epoch as promise; then promise_saved() or promise_failed().
struct SavePromise {
  Epoch epoch;
};
// Keep a link to that node, or none; then linked() and unlinked() each time it comes and goes.
struct Dial {
  std::string node;
};
struct HangUp {
  std::string node;
};
// Break the link to that node; it is dialled again.
struct Cut {
  std::string node;
  std::string why;
};
// Over the link that this node dialled.
struct ToSpare {
  std::string node;
  Message message;
};
// Over the link on which the message answered came.
struct ToPrimary {
  std::uint64_t link = 0;
  Message message;
};
// Break that link.
struct CutPrimary {
  std::uint64_t link = 0;
  std::string why;
};
// Decide commands from now on, with entries of that epoch. While it leads already: of that epoch from now on.
struct Lead {
  Epoch epoch;
  bool alone = true;  // in sync by the record: then everything in this journal counts
};
// Decide no more; then stopped(), once nothing is under way.
struct StopLeading {};
// What the journal's gate waits for, of the batch handed in by batch_opened(). Release: write it; Confirm:
// answer it, once it is written. After both comes batch_committed(), or batch_failed() where it cannot be
// written. RollBack, also after Release: it is not to be answered; batch_committed() comes then only where it
// was written.
struct Release {
  bool confirmed = false;  // and answer it
};
struct Confirm {};
struct RollBack {};
// To the journal; then appended().
struct AppendToJournal {
  journal::SharedEntries entries;
};
// Which copy of the journal: a node may need another before what was asked for the last is done.
struct CopyId {
  Epoch epoch;
  std::uint64_t number = 0;
  bool operator==(const CopyId&) const = default;
};
// Copy the journal for that node; then snapshot_made().
struct MakeSnapshot {
  std::string node;
  CopyId copy;
};
// Read a piece of it, shorter than `bytes` only at its end; then chunk_read().
struct ReadChunk {
  std::string node;
  CopyId copy;
  std::uint64_t offset = 0;
  std::size_t bytes = 0;
};
struct DropSnapshot {
  std::string node;
};
// Put a piece of the snapshot that comes in on disk; then chunk_written(). Offset 0 begins a new one.
struct WriteChunk {
  std::uint64_t offset = 0;
  std::string bytes;
};
// Put the snapshot that came in in the journal's place; then installed().
struct InstallSnapshot {};

// The journal has lost entries at its end, and an operator wants to go on without them; then journal_able()
// or journal_failing().
struct AcceptLoss {};

using Action = std::variant<SavePromise, Dial, HangUp, Cut, ToSpare, ToPrimary, CutPrimary, Lead, StopLeading,
                            Release, Confirm, RollBack, AppendToJournal, MakeSnapshot, ReadChunk,
                            DropSnapshot, WriteChunk, InstallSnapshot, AcceptLoss>;
using Actions = std::vector<Action>;

}  // namespace sportapp::replication
