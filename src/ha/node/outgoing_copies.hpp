// Copies of this node for others, each in a file beside the journal until the other node has it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "ha/failover/record.hpp"

namespace sportapp::node {

// One thread at a time; each call waits for the disk.
class OutgoingCopies {
 public:
  // `folder` has the journal.
  explicit OutgoingCopies(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~OutgoingCopies();  // they are of no use any more

  // Of this moment, in place of the one before; gives where the journal in it ends. `go_on` is asked now and
  // then.
  [[nodiscard]] Result<Position> make(const std::string& node, const std::function<bool()>& go_on);
  // Less than `bytes_max` at its end only.
  [[nodiscard]] Result<std::string> read(const std::string& node, std::uint64_t offset,
                                         std::size_t bytes_max);
  void drop(const std::string& node);

 private:
  [[nodiscard]] std::filesystem::path file_for(const std::string& node) const;

  const std::filesystem::path folder_;
  std::map<std::string, Descriptor> made_;
};

}  // namespace sportapp::node
