#include "ha/node/outgoing_copies.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/cause.hpp"
#include "ha/node/node_copy.hpp"

namespace sportapp::node {
namespace {

namespace fs = std::filesystem;

Error cannot_read(const fs::path& file) {
  return {Retry::kLater, fmt::format("cannot read {}: {}", file.string(), cause_of(errno, file))};
}

}  // namespace

OutgoingCopies::~OutgoingCopies() {
  while (!made_.empty()) drop(std::string(made_.begin()->first));
}

Result<Position> OutgoingCopies::make(const std::string& node, const std::function<bool()>& go_on) {
  drop(node);
  if (!go_on()) return Error{Retry::kLater, "the copy for " + node + " was given up"};
  const auto file = file_for(node);
  made_[node] = Descriptor();
  auto end = copy_node(folder_ / "journal.db", file, go_on);
  if (!end) {
    drop(node);
    return end;
  }
  Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) return cannot_read(file);
  made_[node] = std::move(opened);
  return end;
}

Result<std::string> OutgoingCopies::read(const std::string& node, std::uint64_t offset,
                                         std::size_t bytes_max) {
  const auto found = made_.find(node);
  if (found == made_.end()) return Error{Retry::kLater, "there is no copy for " + node};
  std::string bytes(bytes_max, '\0');
  std::size_t size = 0;
  while (size < bytes_max) {
    const auto count = ::pread(found->second.get(), bytes.data() + size, bytes_max - size,
                               static_cast<off_t>(offset + size));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_read(file_for(node));
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  bytes.resize(size);
  return bytes;
}

void OutgoingCopies::drop(const std::string& node) {
  made_.erase(node);
  std::error_code ignored;
  fs::remove(file_for(node), ignored);
}

fs::path OutgoingCopies::file_for(const std::string& node) const {
  return folder_ / ("copy-for-" + node + ".db");
}

}  // namespace sportapp::node
