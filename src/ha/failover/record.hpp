// Who is primary, as the monitor has it on disk: for each service one record, and every change of it begins a
// new epoch.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/position.hpp"
#include "base/strong.hpp"

namespace sportapp::failover {

struct Member {
  std::string node;
  Epoch promise;  // that it had reported when this was written: with a lower one it lost its disk
  bool operator==(const Member&) const = default;
};

struct Record {
  Epoch epoch;  // 0: there is none yet
  std::string primary;
  std::vector<Member> in_sync;  // every acknowledged entry is on the disk of each; the primary is one of them
  Position floor{};             // committed when this was written: no journal without it may lead
  // The record that an operator last forced. What was committed under an older epoch may be missing since
  // then, with consent. 0: none was.
  Epoch forced{};

  [[nodiscard]] const Member* member(std::string_view node) const {
    const auto found =
        std::find_if(in_sync.begin(), in_sync.end(), [&](const Member& one) { return one.node == node; });
    return found == in_sync.end() ? nullptr : &*found;
  }
  bool operator==(const Record&) const = default;
};

}  // namespace sportapp::failover
