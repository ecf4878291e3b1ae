#include "ha/node/node_log.hpp"

#include <utility>

namespace sportapp::node {
namespace {

constexpr std::size_t kEntriesMax = 5'000;

}  // namespace

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

}  // namespace sportapp::node
