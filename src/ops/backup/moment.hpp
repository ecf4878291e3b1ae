// All journals of an instance, running or stopped, held at moments that fit each other.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ha/failover/record.hpp"
#include "store/journal/copy.hpp"
#include "store/projection/base_model.hpp"

namespace sportapp::backup {

struct HeldJournal {
  std::string service;
  failover::Record record;  // when it was held
  std::string node;         // one in sync: everything acknowledged before is in its journal
  std::unique_ptr<journal::CopySource> source;
  std::unique_ptr<projection::HeldBase> base;  // null: retention deleted nothing in the journal
  std::map<std::string, Seq> consumed;
};

// Of each service one, in order of the registry. None has taken in an event of another that is not in the
// other's: so none would pass over the events that come later under such a number.
[[nodiscard]] Result<std::vector<HeldJournal>> hold_all(const std::filesystem::path& data);

// What does not fit so; empty where all does.
[[nodiscard]] std::string misfit(const std::map<std::string, Seq>& heads,
                                 const std::map<std::string, std::map<std::string, Seq>>& consumed);

}  // namespace sportapp::backup
