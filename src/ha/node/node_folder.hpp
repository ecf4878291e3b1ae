// A node's folder: its promise, its copies for others, and the copy that comes in.
#pragma once
#include <atomic>
#include <filesystem>
#include <memory>

#include "base/worker.hpp"
#include "ha/node/incoming_copy.hpp"
#include "ha/node/outgoing_copies.hpp"
#include "ha/node/ports.hpp"
#include "store/journal/promise.hpp"

namespace sportapp::node {

// Each kind of work has a thread of its own, so that one never waits for the other.
class NodeFolder final : public NodeDisk {
 public:
  NodeFolder(std::filesystem::path folder, std::unique_ptr<journal::Promise> promise);
  ~NodeFolder() override;  // what has not begun is dropped

  [[nodiscard]] Epoch promised() const { return promised_at_start_; }
  void promise(Epoch epoch, Done<void> done) override;
  void make_copy(const std::string& node, std::function<bool()> go_on, Done<Position> done) override;
  void read_copy(const std::string& node, std::uint64_t offset, std::size_t bytes,
                 Done<std::string> done) override;
  void drop_copy(const std::string& node) override;
  void write_incoming(std::uint64_t offset, std::string bytes, Done<void> done) override;
  void finish_incoming(Done<std::filesystem::path> done) override;

 private:
  [[nodiscard]] Result<void> save(Epoch epoch);
  void reopen_promise();

  const std::filesystem::path folder_;
  const Epoch promised_at_start_;
  // Each is its worker's own.
  std::unique_ptr<journal::Promise> promise_;
  bool promise_failed_ = false;
  OutgoingCopies outgoing_;
  IncomingCopy incoming_;
  std::atomic<bool> stopping_{false};
  std::unique_ptr<Worker> promise_worker_, outgoing_worker_, incoming_worker_;
};

}  // namespace sportapp::node
