// The journal's files on a simulated disk. What is on the disk is NodeFiles; the journal's own code writes to
// a database in memory beside it, which is made anew from them whenever the journal opens its files.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sim/disk.hpp"
#include "sim/names.hpp"
#include "store/journal/files.hpp"

namespace sportapp::simulator {

class SimFiles final : public journal::Files {
 public:
  // `after_write`: called when a write was told of that commit() did not end in at once.
  SimFiles(Process& process, Disk& disk, NodeFiles& files, std::function<void()> after_write)
      : process_(process), disk_(disk), files_(files), after_write_(std::move(after_write)) {}

  // A copy that came in, by the name under which replace() finds it.
  void put_copy(const std::string& name, std::string bytes) { copies_[name] = std::move(bytes); }

  [[nodiscard]] std::variant<std::unique_ptr<journal::Writer>, journal::Fault> open() override;
  void commit(journal::Writer& writer, const journal::SharedEntries& entries,
              std::function<void(std::optional<journal::WriteFailed>)> done) override;
  [[nodiscard]] Result<void> mark(const Position& head, const journal::Settled& settled) override;
  [[nodiscard]] Result<void> mark_gaps() override;
  void mark_damaged(const std::string&) override {}
  [[nodiscard]] Result<Position> prepare_replacement(const std::filesystem::path& copy) override;
  [[nodiscard]] Result<void> replace(const std::filesystem::path& copy, const Position& end,
                                     const std::optional<journal::Fault>& fault) override;
  [[nodiscard]] Result<void> accept_loss(const Position& end) override;
  [[nodiscard]] journal::Settled settled() const override { return files_.mark.settled; }

 private:
  struct Copy {
    std::vector<journal::Entry> entries;
    Seq base;
  };
  [[nodiscard]] Result<Copy> copy_of(const std::filesystem::path& name) const;

  Process& process_;
  Disk& disk_;
  NodeFiles& files_;
  const std::function<void()> after_write_;
  const Names names_;
  std::map<std::string, std::string> copies_;
};

// As copies travel: what is deleted of it, and the entries.
[[nodiscard]] std::string copied(const NodeFiles& files);

}  // namespace sportapp::simulator
