// The journal's file as replication reads it.
#pragma once
#include <functional>
#include <memory>

#include "ha/replication/log.hpp"
#include "store/journal/entry_reader.hpp"

namespace sportapp::node {

// One thread.
class NodeLog final : public replication::Log {
 public:
  // `open`: a reader of the journal's entries, which is opened at the first use.
  using Open = std::function<Result<std::unique_ptr<journal::EntryReader>>()>;
  NodeLog(Open open, std::function<journal::Settled()> settled)
      : open_(std::move(open)), settled_(std::move(settled)) {}

  [[nodiscard]] Result<std::optional<Hash>> hash_at(Seq seq) override;
  [[nodiscard]] Result<std::vector<journal::Entry>> read(Seq after, std::size_t bytes_max) override;
  [[nodiscard]] journal::Settled settled() override { return settled_(); }

 private:
  [[nodiscard]] Result<journal::EntryReader*> reader();

  const Open open_;
  const std::function<journal::Settled()> settled_;
  std::unique_ptr<journal::EntryReader> reader_;
};

}  // namespace sportapp::node
