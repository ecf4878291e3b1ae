#include "instance/data_folder.hpp"

#include <fmt/format.h>

#include <string_view>
#include <system_error>

namespace sportapp::instance {

namespace fs = std::filesystem;

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
  Layout layout{folder};
  for (const auto& needed : {layout.run(), layout.logs(), layout.config(), layout.in_hand()}) {
    if (!error) fs::create_directories(needed, error);
  }
  if (error) {
    return Error{Retry::kNever, fmt::format("cannot make the data folder {}: {}; choose another with --data",
                                            folder.string(), error.message())};
  }
  return layout;
}

Result<Settings> settings_of(const Layout& layout, const std::optional<fs::path>& file) {
  if (file) return load_settings(*file);
  if (fs::exists(layout.settings_file())) return load_settings(layout.settings_file());
  return Settings{};
}

}  // namespace sportapp::instance
