#include <fmt/format.h>

#include <algorithm>

#include "base/shared_file.hpp"
#include "lab/scenario/scenario.hpp"

namespace sportapp::lab {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;  // a folder that is not there has none
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Result<std::vector<fs::path>> ready_scenarios() {
  const auto installed = shared_file("scenarios");
  for (const auto& folder : {fs::path(SPORTAPP_SCENARIOS), installed}) {
    auto files = files_in(folder);
    if (!files.empty()) return files;
  }
  return Error{Retry::kNever, fmt::format("there are no ready scenarios, neither in {} nor in {}",
                                          SPORTAPP_SCENARIOS, installed.string())};
}

Result<fs::path> find_scenario(const std::string& name) {
  const bool is_path = name.find('/') != std::string::npos || name.ends_with(".toml");
  if (is_path) return fs::path(name);
  const auto ready = ready_scenarios();
  if (!ready) return ready.error();
  std::string names;
  for (const auto& file : *ready) {
    if (file.stem() == name) return file;
    names += (names.empty() ? "" : ", ") + file.stem().string();
  }
  return Error{Retry::kNever,
               fmt::format("unknown scenario '{}'; known: {}; or name a file: ./{}.toml", name, names, name)};
}

}  // namespace sportapp::lab
