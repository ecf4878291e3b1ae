#include "ha/replication/following.hpp"

#include <fmt/format.h>

#include <utility>

namespace sportapp::replication {
namespace {

constexpr std::size_t kQueueMax = 64;  // more than any primary sends ahead

struct Head {
  Epoch epoch;
  std::uint64_t number = 0;
  bool from_primary = true;
};

Head head_of(const Message& message) {
  if (const auto* hello = std::get_if<Hello>(&message)) return {hello->epoch, hello->number};
  if (const auto* append = std::get_if<Append>(&message)) return {append->epoch, append->number};
  if (const auto* chunk = std::get_if<Chunk>(&message)) return {chunk->epoch, chunk->number};
  return {{}, 0, false};
}

}  // namespace

Following::Following(failover::Node& node, Log& log) : node_(node), log_(log) {}

void Following::received(std::uint64_t link, const std::string& primary, Message message, Actions& actions) {
  const auto head = head_of(message);
  if (!head.from_primary) {
    actions.push_back(CutPrimary{link, "an answer came where a primary speaks"});
    return;
  }
  if (node_.refuses(head.epoch)) {
    actions.push_back(ToPrimary{link, Refuse{head.number, node_.promised()}});
    return;
  }
  if (link != link_) {
    const auto* hello = std::get_if<Hello>(&message);
    if (hello == nullptr) return;  // of a link left behind for a newer one
    counted_ = hello->counts;
    orphan_ = busy_;
    queue_.clear();
    link_ = link;
    primary_ = primary;
  }
  if (queue_.size() >= kQueueMax) return cut("it sends further ahead than it may", actions);
  queue_.push_back(std::move(message));
}

void Following::link_down(std::uint64_t link) {
  if (link != link_) return;
  orphan_ = busy_;
  queue_.clear();
  link_ = 0;
  primary_.clear();
  node_.left();
}

void Following::step(const Position& head, const std::string& failing, bool damaged, Actions& actions) {
  while (!busy_ && !queue_.empty()) {
    const auto [epoch, number, from_primary] = head_of(queue_.front());
    if (node_.refuses(epoch)) {
      answer(Refuse{number, node_.promised()}, actions);
      queue_.pop_front();
      continue;
    }
    // Without a promise it has nothing: to promise again would hide that from the monitor, which may count on
    // it yet.
    if (counted_ && node_.promise() == Epoch{}) return;
    if (!node_.follow(epoch)) return;
    if (!failing.empty() && !damaged) return cut(failing, actions);
    const auto message = std::move(queue_.front());
    queue_.front() = Hello{epoch, number};  // what is under way; done() takes it away
    handle(message, damaged ? kUnusable : head, actions);
  }
}

void Following::handle(const Message& message, const Position& head, Actions& actions) {
  if (const auto* hello = std::get_if<Hello>(&message)) return done(actions, welcome(hello->number, head));
  if (const auto* append_message = std::get_if<Append>(&message))
    return append(*append_message, head, actions);
  take_chunk(std::get<Chunk>(message), actions);
}

Welcome Following::welcome(std::uint64_t number, const Position& head) {
  return {number, head, log_.settled()};
}

void Following::append(const Append& append, const Position& head, Actions& actions) {
  if (append.previous != head) return done(actions, welcome(append.number, head));
  if (append.entries.empty()) return done(actions, Ack{append.number, head});
  busy_ = true;
  const auto& last = append.entries.back();
  actions.push_back(AppendToJournal{append.entries});
  answer(Taken{append.number, {last.seq, last.hash}}, actions);
}

void Following::take_chunk(const Chunk& chunk, Actions& actions) {
  if (chunk.offset == 0) snapshot_bytes_ = 0;
  if (chunk.offset != snapshot_bytes_) {
    return cut(fmt::format("a piece of a copy at {} came, not that at {}", chunk.offset, snapshot_bytes_),
               actions);
  }
  snapshot_bytes_ += chunk.bytes.size();
  snapshot_whole_ = chunk.last;
  busy_ = true;
  actions.push_back(WriteChunk{chunk.offset, chunk.bytes});
}

void Following::chunk_written(const Position& head, const Result<void>& written, Actions& actions) {
  const bool of_link = !orphan_;
  if (of_link && written && snapshot_whole_) {
    actions.push_back(InstallSnapshot{});
    return;
  }
  busy_ = orphan_ = false;
  if (!of_link) return;
  if (!written) return cut("a copy cannot be written: " + written.error().what, actions);
  done(actions, Ack{head_of(queue_.front()).number, head});
}

void Following::written(Position& head, const Result<Position>& written, Actions& actions) {
  busy_ = false;
  if (written) head = *written;
  if (std::exchange(orphan_, false)) return;
  if (!written) return cut(written.error().what, actions);
  done(actions, Ack{head_of(queue_.front()).number, head});
}

void Following::done(Actions& actions, Message message) {
  answer(std::move(message), actions);
  queue_.pop_front();
}

void Following::answer(Message message, Actions& actions) {
  actions.push_back(ToPrimary{link_, std::move(message)});
}

void Following::cut(const std::string& why, Actions& actions) {
  actions.push_back(CutPrimary{link_, why});
  queue_.clear();
  orphan_ = busy_;
  link_ = 0;
  primary_.clear();
  node_.left();
}

}  // namespace sportapp::replication
