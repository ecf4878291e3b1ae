#include "sim/sim_node_disk.hpp"

#include <algorithm>
#include <utility>

namespace sportapp::simulator {
namespace {

constexpr Us kCopying = 3 * kMs;
constexpr Us kReading = 1 * kMs;
constexpr const char* kIncoming = "incoming";

Error fails() {
  return {Retry::kLater, "the disk fails"};
}

}  // namespace

void SimNodeDisk::promise(Epoch epoch, Done<void> done) {
  on_.disk.write(
      on_.process,
      [this, epoch] {
        on_.checker.promised(on_.name, on_.files.promise, epoch);
        on_.files.promise = epoch;
      },
      [this, epoch, done = std::move(done)](bool written) {
        on_.trace(on_.name, "promise {} is {}on disk", epoch.value, written ? "" : "perhaps not ");
        done(written ? Result<void>() : fails());
      });
}

void SimNodeDisk::after_the_copier(Us takes, std::function<void()> task) {
  const auto now = on_.timeline.now_us();
  copied_until_ = std::max(copied_until_, now) + takes;
  on_.process.after(copied_until_ - now, std::move(task));
}

void SimNodeDisk::make_copy(const std::string& node, std::function<bool()> go_on, Done<Position> done) {
  after_the_copier(on_.random.between(1, kCopying),
                   [this, node, go_on = std::move(go_on), done = std::move(done)] {
                     if (!go_on()) return done(Error{Retry::kLater, "the copy is not wanted any more"});
                     copies_[node] = copied(on_.files);
                     on_.trace(on_.name, "a copy for {} is made, head {}", node, on_.files.head().seq.value);
                     done(on_.files.head());
                   });
}

void SimNodeDisk::read_copy(const std::string& node, std::uint64_t offset, std::size_t bytes,
                            Done<std::string> done) {
  after_the_copier(on_.random.between(1, kReading), [this, node, offset, bytes, done = std::move(done)] {
    const auto found = copies_.find(node);
    if (found == copies_.end()) return done(Error{Retry::kLater, "there is no copy for " + node});
    done(offset >= found->second.size() ? std::string() : found->second.substr(offset, bytes));
  });
}

void SimNodeDisk::drop_copy(const std::string& node) {
  after_the_copier(0, [this, node] { copies_.erase(node); });
}

// In memory: what a process that ends leaves of it is not looked at again.
void SimNodeDisk::write_incoming(std::uint64_t offset, std::string bytes, Done<void> done) {
  on_.disk.write(
      on_.process, [] {},
      [this, offset, bytes = std::move(bytes), done = std::move(done)](bool written) {
        if (!written) return done(fails());
        incoming_.resize(offset);
        incoming_ += bytes;
        done({});
      });
}

void SimNodeDisk::finish_incoming(Done<std::filesystem::path> done) {
  on_.disk.write(
      on_.process, [] {},
      [this, done = std::move(done)](bool written) {
        if (!written) return done(fails());
        on_.journal.put_copy(kIncoming, incoming_);
        done(std::filesystem::path(kIncoming));
      });
}

}  // namespace sportapp::simulator
