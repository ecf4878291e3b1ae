// A spare's side: takes in what a primary sends, one message after the other.
#pragma once
#include <cstdint>
#include <deque>
#include <string>

#include "ha/failover/node.hpp"
#include "ha/replication/action.hpp"
#include "ha/replication/log.hpp"

namespace sportapp::replication {

class Following {
 public:
  // Both must outlive it.
  Following(failover::Node& node, Log& log);

  void received(std::uint64_t link, const std::string& primary, Message message, Actions& actions);
  void link_down(std::uint64_t link);
  // The journal did what the message under way asked for, or failed; `head` is then where it ends.
  void written(Position& head, const Result<Position>& written, Actions& actions);
  // The piece of a copy under way is on disk, or could not be written.
  void chunk_written(const Position& head, const Result<void>& written, Actions& actions);
  // Goes on with what could not be taken in before: the promise is on disk, the journal is idle. `failing`:
  // why the journal takes nothing, or empty; then nothing is acknowledged, so that nobody counts on this
  // node. `damaged`: it takes nothing but a copy of a whole journal.
  void step(const Position& head, const std::string& failing, bool damaged, Actions& actions);

  // Something is on its way to the journal, or to the copy that is to take its place.
  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] const std::string& primary() const { return primary_; }  // of the link it follows; or empty

 private:
  void handle(const Message& message, const Position& head, Actions& actions);
  [[nodiscard]] Welcome welcome(std::uint64_t number, const Position& head);
  void append(const Append& append, const Position& head, Actions& actions);
  void take_chunk(const Chunk& chunk, Actions& actions);
  void answer(Message message, Actions& actions);
  void done(Actions& actions, Message answer);
  void cut(const std::string& why, Actions& actions);

  failover::Node& node_;
  Log& log_;
  std::uint64_t link_ = 0;  // 0: none
  std::string primary_;
  std::deque<Message> queue_;
  bool counted_ = false;              // the primary of this link waits for this node
  bool busy_ = false;                 // with the front of the queue
  bool orphan_ = false;               // busy with what came on a link that is gone
  std::uint64_t snapshot_bytes_ = 0;  // that came in
  bool snapshot_whole_ = false;       // with the piece under way
};

}  // namespace sportapp::replication
