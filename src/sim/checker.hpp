// Holds what clients were told, and compares it with what the nodes have. Throws Violation.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "ha/failover/record.hpp"
#include "sim/commands.hpp"
#include "sim/disk.hpp"
#include "store/journal/entry.hpp"

namespace sportapp::simulator {

class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Checker {
 public:
  explicit Checker(const Timeline& timeline) : timeline_(timeline) {}
  void watch(const std::string& node, const NodeFiles& files) { files_[node] = &files; }

  // What was acknowledged at a moment.
  struct Known {
    Position acknowledged;
    Us at_us = 0;
  };
  [[nodiscard]] Known known() const { return {acknowledged_, timeline_.now_us()}; }

  // A client asks for the first time.
  void asked(const Request& request);
  // The journal of a node has taken entries of another's, and has not written them yet.
  void taken(const std::string& node, const journal::SharedEntries& entries);
  // A node writes a batch that it decided; it acts under a record with these in sync.
  void may_be_written(const std::string& node, const std::vector<failover::Member>& in_sync,
                      const journal::SharedEntries& batch) const;
  // A node lets a batch be answered, decided when `then` was known; `journal` is what it had then, without
  // the batch.
  void released(const std::string& node, Epoch epoch, const NodeFiles& files, const Known& then,
                const journal::SharedEntries& batch);
  // A node answers.
  void answered(const std::string& node, const Request& request, Said said, std::int64_t id);
  // The monitor wrote a record.
  void recorded(const failover::Record& record);
  void lost_record() { record_ = {}; }
  // A node's files are not what was written: it need not hold anything before it is in sync anew.
  void lost_disk(const std::string& node) { without_disk_[node] = false; }
  [[nodiscard]] bool is_without_disk(const std::string& node) const { return without_disk_.contains(node); }
  [[nodiscard]] bool any_without_disk() const { return !without_disk_.empty(); }
  // A node deletes entries up to there: they count for good.
  void trimmed(const Position& upto);
  void promised(const std::string& node, Epoch before, Epoch now);
  // At the end: the journal of the primary.
  void ended(const NodeFiles& primary) const;

  [[nodiscard]] std::size_t answers() const { return answers_; }
  [[nodiscard]] std::size_t entries() const { return static_cast<std::size_t>(acknowledged_.seq.value); }

 private:
  struct Told {
    Us asked_us = 0;
    std::optional<std::pair<Said, std::int64_t>> said;
  };
  void every_member_holds_what_was_acknowledged();
  void names_are_as_told(const std::string& node, const Request& request, Said said, std::int64_t id);

  const Timeline& timeline_;
  std::map<std::string, const NodeFiles*> files_;
  Position acknowledged_;
  std::map<std::string, std::set<Hash>> taken_by_;  // entries, by node
  std::map<std::string, Told> keys_;
  std::map<std::string, std::pair<std::int64_t, Us>>
      taken_;  // by whom a name is, and since when clients know
  std::map<Epoch, std::string> released_by_;
  failover::Record record_;
  std::map<Epoch, std::string> primary_of_;  // by the records so far
  std::map<std::string, bool>
      without_disk_;  // whether a record was written since then that does not count on it
  std::map<Seq, Hash> trimmed_;
  std::size_t answers_ = 0;
};

}  // namespace sportapp::simulator
