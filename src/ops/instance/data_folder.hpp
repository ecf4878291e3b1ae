// What `up` and `run` begin with: the data folder of an instance and its settings.
#pragma once
#include <filesystem>
#include <optional>

#include "base/result.hpp"
#include "ops/instance/layout.hpp"
#include "ops/instance/settings.hpp"

namespace sportapp::instance {

// Made where it is not there, and nothing in it: whoever starts on it takes its lock first. An error where it
// cannot be made, or where its path has what configuration files cannot hold.
[[nodiscard]] Result<Layout> open_data_folder(const std::filesystem::path& data);
// Those in it that every start needs; for who holds the lock.
[[nodiscard]] Result<void> make_folders(const Layout& layout);

// Of `file`, else of DATA/sportapp.toml, else the defaults.
[[nodiscard]] Result<Settings> settings_of(const Layout& layout,
                                           const std::optional<std::filesystem::path>& file);

}  // namespace sportapp::instance
