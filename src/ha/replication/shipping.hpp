// A primary's side of one other node, for the length of one primaryship.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "ha/failover/report.hpp"
#include "ha/replication/action.hpp"
#include "ha/replication/log.hpp"
#include "ha/replication/peer_rules.hpp"

namespace sportapp::replication {

struct ShippingLimits {
  std::int64_t late_ms = 1000;  // an awaited node that does not acknowledge for so long is dropped
  std::int64_t late_catching_up_ms = 10'000;   // one that nothing waits for
  std::int64_t first_link_ms = 300;            // so long an awaited node may take to be there at the start
  std::size_t window_bytes = 2 * 1024 * 1024;  // sent and not acknowledged
  std::size_t window_messages = 8;
  std::size_t chunk_bytes = 256 * 1024;
  std::size_t append_bytes = 256 * 1024;  // entries of one message to a node that catches up
  std::size_t near_bytes = 32 * 1024;     // on its way to a node for which commits may then begin to wait
  std::int64_t near_within_ms =
      30'000;  // one that is as slow as commits are fast is waited for after so long
};

// What a primary has.
struct Leadership {
  Epoch epoch;       // of the record acted on
  Epoch forced;      // by that record: what was settled under an older one may be missing here, with consent
  Position durable;  // on this disk
  // The batch that waits at the journal's gate, if any; without entries it only has to be confirmed.
  struct Batch {
    std::uint64_t number = 0;
    journal::SharedEntries entries;
    bool released = false;   // it is being committed, whoever is waited for from now on
    bool confirmed = false;  // it may be answered
    [[nodiscard]] Position end(const Position& durable) const {
      return entries.empty() ? durable : Position{entries.back().seq, entries.back().hash};
    }
  };
  std::optional<Batch> batch;
};

class Shipping {
 public:
  Shipping(std::string node, const ShippingLimits& limits, Log& log, std::int64_t now_ms);

  void linked(std::int64_t now_ms, Epoch epoch, bool in_sync, Actions& actions);
  void unlinked(std::int64_t now_ms, Actions& actions);
  // What an answer of the node says against this primary.
  struct Objection {
    std::optional<Epoch> promise{};    // it refused for this higher one
    std::optional<Settled> missing{};  // it knows that this counts, and it is not in this journal
  };
  [[nodiscard]] Objection received(std::int64_t now_ms, const Message& message, const Leadership& leadership,
                                   Actions& actions);
  // What is told of another copy than the one it gets now does not count.
  void snapshot_made(std::int64_t now_ms, const CopyId& copy, const Result<Position>& head, Actions& actions);
  void chunk_read(std::int64_t now_ms, const CopyId& copy, Result<std::string> bytes,
                  const Leadership& leadership, Actions& actions);
  // A new record counts: pledges made under an older one that it does not take up end.
  void acting_on(bool in_sync);

  // Does by the table whatever there is to do.
  void step(std::int64_t now_ms, const Leadership& leadership, bool in_sync, Actions& actions);

  [[nodiscard]] bool pledged() const { return pledged_; }
  [[nodiscard]] failover::Wish::Kind wish() const { return wish_; }  // as of the last step
  // Everything of the batch is on its disk, and it still followed after the batch was opened.
  [[nodiscard]] bool holds(const Leadership& leadership) const;
  // Everything of it is at least in its journal's hands.
  [[nodiscard]] bool has_taken(const Leadership& leadership) const;
  [[nodiscard]] PeerState state() const { return machine_.state(); }
  [[nodiscard]] Seq acknowledged() const { return acknowledged_.seq; }

 private:
  struct Outstanding {
    std::uint64_t number;
    std::size_t bytes;
    std::int64_t sent_ms;
  };

  [[nodiscard]] failover::Bits facts(std::int64_t now_ms, const Leadership& leadership, bool in_sync) const;
  [[nodiscard]] bool late(std::int64_t now_ms, bool awaited) const;
  [[nodiscard]] bool sent_all(const Leadership& leadership, bool awaited) const;
  [[nodiscard]] bool near(std::int64_t now_ms) const;
  [[nodiscard]] bool window_is_full() const;
  void leave(std::int64_t now_ms, PeerState before, Actions& actions);
  void cut(std::int64_t now_ms, const std::string& why, Actions& actions);
  bool ship(std::int64_t now_ms, const Leadership& leadership, Actions& actions);
  bool ship_durable(std::int64_t now_ms, const Leadership& leadership, Actions& actions);
  bool ship_batch(std::int64_t now_ms, const Leadership& leadership, Actions& actions);
  bool ship_chunk(Actions& actions);
  void send(std::int64_t now_ms, Message message, std::size_t bytes, Actions& actions);
  void welcomed(std::int64_t now_ms, const Position& head, const Leadership& leadership, Actions& actions);
  [[nodiscard]] Result<bool> continues(const Position& head, const Leadership& leadership) const;
  [[nodiscard]] Result<bool> lacks(const Settled& settled, const Leadership& leadership) const;
  void acknowledged(std::int64_t now_ms, std::uint64_t number, const Position& head);

  const std::string node_;
  const ShippingLimits limits_;
  Log& log_;
  failover::Machine<PeerState> machine_{peer_table()};
  std::int64_t since_ms_;  // in that state
  bool was_linked_ = false, pledged_ = false;
  bool lacking_ = false;  // it was waited for when it greeted, and had less than this disk
  failover::Wish::Kind wish_ = failover::Wish::Kind::kNone;
  std::uint64_t number_ = 0;  // of the last message
  std::uint64_t answered_ = 0;
  std::uint64_t batch_number_ = 0;   // the batch that was sent
  std::uint64_t batch_message_ = 0;  // by this message
  // On the way to its disk; in its journal's hands; on its disk.
  Position sent_, taken_, acknowledged_;
  std::deque<Outstanding> outstanding_;
  std::size_t outstanding_bytes_ = 0;
  std::int64_t acknowledged_ms_ = 0;  // when it last answered for what was sent
  CopyId copy_;                       // the one it gets
  std::optional<Position> snapshot_;  // its end, once it is made
  bool reading_ = false;              // a piece of it
  std::uint64_t snapshot_offset_ = 0;
  std::uint64_t snapshot_last_ = 0;  // the message with the last piece
};

}  // namespace sportapp::replication
