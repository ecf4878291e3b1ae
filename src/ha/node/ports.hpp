// What a node's driver needs of the disk, apart from the journal.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/result.hpp"
#include "ha/failover/record.hpp"

namespace sportapp::node {

// In files: NodeFolder. The simulator has others. Nothing is waited for: each `done` is called once, on any
// thread, unless the node ends before. What is asked for of one kind is done in the order asked for.
class NodeDisk {
 public:
  template <class Value>
  using Done = std::function<void(Result<Value>)>;

  virtual ~NodeDisk() = default;
  // The promise; tried once. On disk when it is done without an error.
  virtual void promise(Epoch epoch, Done<void> done) = 0;

  // Copies of this node for others. Of this moment, in place of the one before; gives where the journal in it
  // ends. `go_on` is asked now and then, from any thread.
  virtual void make_copy(const std::string& node, std::function<bool()> go_on, Done<Position> done) = 0;
  // Less than `bytes` at its end only.
  virtual void read_copy(const std::string& node, std::uint64_t offset, std::size_t bytes,
                         Done<std::string> done) = 0;
  virtual void drop_copy(const std::string& node) = 0;

  // A copy that comes in. Offset 0 begins a new one.
  virtual void write_incoming(std::uint64_t offset, std::string bytes, Done<void> done) = 0;
  // What came in, whole and on disk, as the journal takes it.
  virtual void finish_incoming(Done<std::filesystem::path> done) = 0;
};

}  // namespace sportapp::node
