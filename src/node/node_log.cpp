#include "node/node_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace sportapp::node {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kEntriesMax = 5'000;

Error failed(const fs::path& file, const char* doing) {
  return {Retry::kLater, fmt::format("{}: cannot {}: {}", file.string(), doing, std::strerror(errno))};
}

}  // namespace

NodeLog::NodeLog(fs::path folder, Open open) : folder_(std::move(folder)), open_(std::move(open)) {}

NodeLog::~NodeLog() {
  close_incoming();
  std::error_code ignored;
  fs::remove(incoming(), ignored);
  while (!outgoing_.empty()) drop_outgoing(std::string(outgoing_.begin()->first));
}

Result<journal::EntryReader*> NodeLog::reader() {
  if (!reader_) {
    auto opened = open_();
    if (!opened) return opened.error();
    reader_ = std::move(*opened);
  }
  return reader_.get();
}

Result<std::optional<Hash>> NodeLog::hash_at(Seq seq) {
  auto entries = reader();
  if (!entries) return entries.error();
  return (*entries)->hash_at(seq);
}

Result<std::vector<journal::Entry>> NodeLog::read(Seq after, std::size_t bytes_max) {
  auto entries = reader();
  if (!entries) return entries.error();
  return (*entries)->read(after, kEntriesMax, bytes_max);
}

Result<std::string> NodeLog::read_snapshot(const std::string& node, std::uint64_t offset,
                                           std::size_t bytes_max) {
  auto& file = outgoing_[node];
  if (!file.is_open()) file.open(outgoing(node), std::ios::binary);
  std::string bytes(bytes_max, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(bytes_max));
  if (file.bad() || !file.is_open()) return failed(outgoing(node), "read");
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

Result<void> NodeLog::write_snapshot(std::uint64_t offset, std::string_view bytes) {
  if (offset == 0) {
    close_incoming();
    incoming_ = ::open(incoming().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (incoming_ < 0) return failed(incoming(), "make");
  }
  while (!bytes.empty()) {
    const auto written = ::pwrite(incoming_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed(incoming(), "write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<fs::path> NodeLog::finish_incoming() {
  if (incoming_ < 0 || ::fsync(incoming_) != 0) return failed(incoming(), "sync");
  close_incoming();
  return incoming();
}

fs::path NodeLog::outgoing(const std::string& node) const {
  return folder_ / ("copy-for-" + node + ".db");
}

void NodeLog::drop_outgoing(const std::string& node) {
  outgoing_.erase(node);
  std::error_code ignored;
  fs::remove(outgoing(node), ignored);
}

fs::path NodeLog::incoming() const {
  return folder_ / "incoming.db";
}

void NodeLog::close_incoming() {
  if (incoming_ >= 0) ::close(std::exchange(incoming_, -1));
}

}  // namespace sportapp::node
