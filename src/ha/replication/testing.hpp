// What the tests of a replica share.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "ha/replication/replica.hpp"

namespace sportapp::replication::testing {

class MemoryLog : public Log {
 public:
  std::vector<journal::Entry> entries;
  Settled counts;

  [[nodiscard]] Position head() const {
    return entries.empty() ? Position{} : Position{entries.back().seq, entries.back().hash};
  }
  [[nodiscard]] std::vector<journal::Entry> next(int count) const {
    std::vector<journal::Entry> made;
    auto last = head();
    for (int i = 0; i < count; ++i) {
      journal::Entry entry{last.seq.next(), Epoch{1}, 0, "key", {}, {"added", 1, "{}"}, {}};
      entry.hash = journal::chained(last.hash, entry);
      last = {entry.seq, entry.hash};
      made.push_back(entry);
    }
    return made;
  }
  void add(const std::vector<journal::Entry>& more) {
    entries.insert(entries.end(), more.begin(), more.end());
  }

  Result<std::optional<Hash>> hash_at(Seq seq) override {
    if (seq == Seq{}) return std::optional<Hash>(Hash{});
    if (seq > head().seq) return std::optional<Hash>();
    return std::optional<Hash>(entries[static_cast<std::size_t>(seq.value - 1)].hash);
  }
  Result<std::vector<journal::Entry>> read(Seq after, std::size_t) override {
    return std::vector<journal::Entry>(entries.begin() + after.value, entries.end());
  }
  Settled settled() override { return counts; }
};

class ReplicaTest : public ::testing::Test {
 protected:
  void SetUp() override { log.add(log.next(3)); }
  void begin(Epoch promise = {}) {
    replica.emplace(Replica::Options{"a", {"b", "c"}, 1, {}}, promise, log.head(), log, now);
  }
  void tell(std::int64_t epoch, const std::vector<std::string>& in_sync, bool hand_over = false,
            const std::string& primary = "a") {
    failover::Record record{Epoch{epoch}, primary, {}};
    for (const auto& node : in_sync) record.in_sync.push_back({node, {}});
    (void)replica->pinged(now, {1, ++pings, record, hand_over});
    take();
    replica->promise_saved(now, Epoch{epoch});
    take();
  }
  // The monitor says that another is primary.
  void hear_of(const std::string& primary, std::int64_t epoch) {
    (void)replica->pinged(now, {1, ++pings, failover::Record{Epoch{epoch}, primary, {{primary, {}}}}});
    take();
  }
  void take() {
    for (auto& action : replica->take_actions()) done.push_back(std::move(action));
  }
  template <class Kind>
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(std::count_if(
        done.begin(), done.end(), [](const Action& action) { return std::holds_alternative<Kind>(action); }));
  }
  template <class Kind>
  [[nodiscard]] const Kind& last() const {
    for (auto at = done.rbegin(); at != done.rend(); ++at) {
      if (const auto* found = std::get_if<Kind>(&*at)) return *found;
    }
    throw std::runtime_error("it did not ask for that");
  }
  // The number of the last message to that node.
  [[nodiscard]] std::uint64_t sent_to(const std::string& node) const {
    for (auto at = done.rbegin(); at != done.rend(); ++at) {
      const auto* sent = std::get_if<ToSpare>(&*at);
      if (sent == nullptr || sent->node != node) continue;
      return std::visit([](const auto& message) { return message.number; }, sent->message);
    }
    return 0;
  }
  void link(const std::string& node, const Position& head) {
    replica->linked(now, node);
    take();
    replica->answered(now, node, Welcome{sent_to(node), head});
    take();
  }
  void acknowledge(const std::string& node, const Position& head) {
    replica->answered(now, node, Ack{sent_to(node), head});
    take();
  }
  void have_taken(const std::string& node, const Position& head) {
    replica->answered(now, node, Taken{sent_to(node), head});
    take();
  }
  void make_copy() {
    replica->snapshot_made(now, "b", last<MakeSnapshot>().copy, log.head());
    take();
  }
  void read_piece(const std::string& bytes) {
    replica->chunk_read(now, "b", last<ReadChunk>().copy, bytes);
    take();
  }
  std::vector<journal::Entry> open(int count) {
    auto entries = log.next(count);
    replica->batch_opened(now, entries);
    take();
    return entries;
  }
  void commit(const std::vector<journal::Entry>& entries) {
    log.add(entries);
    replica->batch_committed(now, log.head());
    take();
  }
  static Position end_of(const std::vector<journal::Entry>& entries) {
    return {entries.back().seq, entries.back().hash};
  }
  [[nodiscard]] failover::Wish wish() const { return replica->report(now).wish; }

  std::int64_t now = 1000;
  std::uint64_t pings = 0;
  MemoryLog log;
  std::optional<Replica> replica;
  Actions done;
};

class FollowerTest : public ReplicaTest {
 protected:
  void SetUp() override {
    ReplicaTest::SetUp();
    begin(Epoch{3});
    hear_of("b", 3);
    hello(1);
  }
  void hello(std::uint64_t link) {
    replica->received(now, link, "b", Hello{Epoch{3}, 1});
    take();
  }
  void append(std::uint64_t link, std::uint64_t number, const Position& previous,
              std::vector<journal::Entry> entries) {
    replica->received(now, link, "b", Append{Epoch{3}, number, previous, std::move(entries)});
    take();
  }
  void chunk(std::uint64_t link, std::uint64_t number, std::uint64_t offset, const std::string& bytes,
             bool is_last = false) {
    replica->received(now, link, "b", Chunk{Epoch{3}, number, offset, is_last, {}, bytes});
    take();
  }
  void written() {
    replica->chunk_written(now, {});
    take();
  }
};

}  // namespace sportapp::replication::testing
