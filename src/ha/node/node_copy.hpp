// A whole node as one file, for another node of its service: the journal and, where retention deleted entries
// in it, the base model.
#pragma once
#include <filesystem>
#include <functional>

#include "base/result.hpp"
#include "ha/failover/record.hpp"

namespace sportapp::node {

// Of this moment; gives where the journal in it ends. `go_on` is asked now and then. Any thread.
[[nodiscard]] Result<Position> copy_node(const std::filesystem::path& journal,
                                         const std::filesystem::path& to, const std::function<bool()>& go_on);
// What came in, whole: leaves the journal alone in `copy`, and the base model, if one came, in `base`, on
// disk. None came: none is there afterwards.
[[nodiscard]] Result<void> take_apart(const std::filesystem::path& copy, const std::filesystem::path& base);

}  // namespace sportapp::node
