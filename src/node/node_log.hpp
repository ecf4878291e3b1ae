// The journal's file as replication reads it, and the files of snapshots on their way.
#pragma once
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "journal/entry_reader.hpp"
#include "replication/log.hpp"

namespace sportapp::node {

// One thread.
class NodeLog final : public replication::Log {
 public:
  // `open`: a reader of the journal's entries, which is opened at the first use.
  using Open = std::function<Result<std::unique_ptr<journal::EntryReader>>()>;
  NodeLog(std::filesystem::path folder, Open open);
  ~NodeLog() override;  // what is under way is of no use any more

  [[nodiscard]] Result<std::optional<Hash>> hash_at(Seq seq) override;
  [[nodiscard]] Result<std::vector<journal::Entry>> read(Seq after, std::size_t bytes_max) override;
  [[nodiscard]] Result<std::string> read_snapshot(const std::string& node, std::uint64_t offset,
                                                  std::size_t bytes_max) override;
  [[nodiscard]] Result<void> write_snapshot(std::uint64_t offset, std::string_view bytes) override;

  [[nodiscard]] std::filesystem::path outgoing(const std::string& node) const;
  void drop_outgoing(const std::string& node);
  // What came in, whole and on disk.
  [[nodiscard]] Result<std::filesystem::path> finish_incoming();

 private:
  [[nodiscard]] Result<journal::EntryReader*> reader();
  [[nodiscard]] std::filesystem::path incoming() const;
  void close_incoming();

  const std::filesystem::path folder_;
  const Open open_;
  std::unique_ptr<journal::EntryReader> reader_;
  std::map<std::string, std::ifstream> outgoing_;
  int incoming_ = -1;  // file descriptor
};

}  // namespace sportapp::node
