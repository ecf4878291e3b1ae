#include "ha/node/node_folder.hpp"

#include <utility>

#include "ha/node/node_copy.hpp"
#include "store/projection/base_model.hpp"

namespace sportapp::node {

NodeFolder::NodeFolder(std::filesystem::path folder, std::unique_ptr<journal::Promise> promise)
    : folder_(std::move(folder)),
      promised_at_start_(promise->value()),
      promise_(std::move(promise)),
      outgoing_(folder_),
      incoming_(folder_ / "incoming.db"),
      promise_worker_(std::make_unique<Worker>()),
      outgoing_worker_(std::make_unique<Worker>()),
      incoming_worker_(std::make_unique<Worker>()) {}

NodeFolder::~NodeFolder() {
  stopping_ = true;
  promise_worker_.reset();
  outgoing_worker_.reset();
  incoming_worker_.reset();
}

void NodeFolder::promise(Epoch epoch, Done<void> done) {
  promise_worker_->post([this, epoch, done = std::move(done)] { done(save(epoch)); });
}

Result<void> NodeFolder::save(Epoch epoch) {
  if (promise_failed_) reopen_promise();
  auto saved = promise_->raise(epoch);
  promise_failed_ = !saved;
  return saved;
}

// The disk may have been repaired under it: what was open is then another file. One with less is not ours.
void NodeFolder::reopen_promise() {
  auto opened = journal::Promise::open(folder_);
  // One that is lost is recreated by what is promised now.
  const bool fits = opened && ((*opened)->lost() || (*opened)->value() >= promise_->value());
  if (fits) promise_ = std::move(*opened);
}

void NodeFolder::make_copy(const std::string& node, std::function<bool()> go_on, Done<Position> done) {
  outgoing_worker_->post([this, node, go_on = std::move(go_on), done = std::move(done)] {
    done(outgoing_.make(node, [&] { return !stopping_ && go_on(); }));
  });
}

void NodeFolder::read_copy(const std::string& node, std::uint64_t offset, std::size_t bytes,
                           Done<std::string> done) {
  outgoing_worker_->post(
      [this, node, offset, bytes, done = std::move(done)] { done(outgoing_.read(node, offset, bytes)); });
}

// Also to delete a large file takes its time.
void NodeFolder::drop_copy(const std::string& node) {
  outgoing_worker_->post([this, node] { outgoing_.drop(node); });
}

void NodeFolder::write_incoming(std::uint64_t offset, std::string bytes, Done<void> done) {
  incoming_worker_->post([this, offset, bytes = std::move(bytes), done = std::move(done)] {
    done(incoming_.write(offset, bytes));
  });
}

void NodeFolder::finish_incoming(Done<std::filesystem::path> done) {
  incoming_worker_->post([this, done = std::move(done)] {
    auto copy = incoming_.finish();
    if (copy) {
      const auto apart = take_apart(*copy, projection::next_base_of(folder_ / "journal.db"));
      if (!apart) copy = apart.error();
    }
    done(std::move(copy));
  });
}

}  // namespace sportapp::node
