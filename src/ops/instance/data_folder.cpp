#include "ops/instance/data_folder.hpp"

#include <fmt/format.h>

#include <string_view>
#include <system_error>

#include "base/cause.hpp"

namespace sportapp::instance {

namespace fs = std::filesystem;

namespace {

Error cannot_make(const fs::path& folder, const std::error_code& error) {
  return {Retry::kNever, fmt::format("cannot make the folder {}: {}; or choose another place with --data",
                                     folder.string(), cause_of(error.value(), folder))};
}

}  // namespace

// The path stands in configuration files of three syntaxes: what any of them reads as something else is not
// taken.
Result<Layout> open_data_folder(const fs::path& data) {
  std::error_code error;
  const auto folder = normal_folder(data);
  for (const char c : folder.string()) {
    if (static_cast<unsigned char>(c) < ' ' ||
        std::string_view("\"'\\$;{}").find(c) != std::string_view::npos) {
      return Error{Retry::kNever, fmt::format("the data folder {} has the character '{}' in its path, which "
                                              "configuration files cannot hold; choose another with --data",
                                              folder.string(), c)};
    }
  }
  fs::create_directories(folder, error);
  if (error) return cannot_make(folder, error);
  return Layout{folder};
}

Result<void> make_folders(const Layout& layout) {
  for (const auto& needed : {layout.run(), layout.logs(), layout.config(), layout.in_hand()}) {
    std::error_code error;
    fs::create_directories(needed, error);
    if (error) return cannot_make(needed, error);
  }
  return {};
}

Result<Settings> settings_of(const Layout& layout, const std::optional<fs::path>& file) {
  if (file) return load_settings(*file);
  std::error_code unknown;  // one that cannot be looked at is no reason to start without it
  if (fs::symlink_status(layout.settings_file(), unknown).type() == fs::file_type::not_found)
    return Settings{};
  return load_settings(layout.settings_file());
}

}  // namespace sportapp::instance
