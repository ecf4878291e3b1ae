#pragma once
#include <filesystem>
#include <string_view>

namespace sportapp {

// Where `name` may stand that is installed for the running program: PREFIX/share/sportapp of programs in
// PREFIX/bin, as in a build folder, and in PREFIX/lib/sportapp. The first that is there, else the first.
[[nodiscard]] std::filesystem::path shared_file(std::string_view name);

}  // namespace sportapp
