#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/command_line/command_line.hpp"
#include "base/exit_status.hpp"
#include "ops/cli/commands.hpp"
#include "ops/instance/layout.hpp"
#include "ops/instance/placing.hpp"
#include "ops/instance/setting.hpp"
#include "ops/instance/settings.hpp"
#include "ops/instance/settings_doubts.hpp"

namespace sportapp::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigFooter =
    R"(The settings of an instance stand in DATA/sportapp.toml, or in the file that `up` and `run` are given by --config.
docs/configuration.md tells every setting.

Examples:
  sportapp config list
  sportapp config check
  sportapp config show)";

constexpr const char* kListFooter =
    R"(Every setting with its default, what is allowed, and what it does. docs/configuration.md has the same, made by
--markdown.

Exit status: 0, 2 wrong command line.

Examples:
  sportapp config list
  sportapp config list | less
  sportapp config list --markdown)";

constexpr const char* kCheckFooter =
    R"(Reads the file as `up` and `run` do and tells every mistake with its line. Where the file is no TOML, that is the
only one told: what follows is not understood. What is allowed and still makes little sense is told as a warning.
Nothing is started or changed. A running instance keeps the settings that it was started with.

Exit status: 0 it is right, perhaps with warnings, 1 it has mistakes, 2 wrong command line, or no such file.

Examples:
  sportapp config check
  sportapp config check deploy/sportapp.toml
  sportapp config check --data /srv/sportapp)";

constexpr const char* kShowFooter =
    R"(Every setting with the value that the next start takes: the file's, or the default. The output is a settings file
itself.

Exit status: 0, 1 the file has mistakes, 2 wrong command line, or no such file.

Examples:
  sportapp config show
  sportapp config show deploy/sportapp.toml
  sportapp config show --data /srv/sportapp > mine.toml)";

struct ConfigOptions {
  std::string file;  // empty: DATA/sportapp.toml
  std::string data = kDataDefault;
};

// Empty where there is none: then everything has its default.
fs::path settings_file(const ConfigOptions& options) {
  if (!options.file.empty()) return options.file;
  const auto file = instance::Layout{instance::normal_folder(options.data)}.settings_file();
  return fs::exists(file) ? file : fs::path();
}

std::string name_of(const fs::path& file, const ConfigOptions& options) {
  return file.empty() ? fmt::format("there is no {}/sportapp.toml, so every setting has its default",
                                    instance::normal_folder(options.data).string())
                      : file.string();
}

// The settings, unless the file has mistakes, which are then told.
Result<instance::Settings> read(const fs::path& file) {
  if (file.empty()) return instance::Settings();
  const auto mistakes = instance::mistakes_in(file);
  if (mistakes.empty()) {
    auto settings = instance::load_settings(file);
    if (!settings) return settings;
    const auto members = instance::placed_members(*settings);  // as `run` does
    if (members) return settings;
    return Error{Retry::kNever, fmt::format("{}: {}", file.string(), members.error().what)};
  }
  for (const auto& mistake : mistakes) fmt::print(stderr, "{}\n", mistake);
  return Error{Retry::kNever,
               fmt::format("{} has {} mistake{}; with {} nothing would start", file.string(), mistakes.size(),
                           mistakes.size() == 1 ? "" : "s", mistakes.size() == 1 ? "it" : "them")};
}

int failed(const Error& error) {
  fmt::print(stderr, "sportapp: {}\n", error.what);
  return kExitFailed;
}

int check(const ConfigOptions& options) {
  const auto file = settings_file(options);
  const auto settings = read(file);
  if (!settings) return failed(settings.error());
  const auto doubts = instance::doubts_about(*settings);
  for (const auto& doubt : doubts) fmt::print(stderr, "warning: {}\n", doubt);
  fmt::print("{}: {}\n", name_of(file, options), doubts.empty() ? "right" : "right, with warnings");
  return 0;
}

int show_config(const ConfigOptions& options) {
  const auto file = settings_file(options);
  const auto settings = read(file);
  if (!settings) return failed(settings.error());
  fmt::print("# {}\n\n{}", name_of(file, options), instance::settings_text(*settings));
  return 0;
}

// What is meant for a browser, as a terminal shows it.
std::string plain(std::string_view markdown) {
  static const std::regex link(R"(\[([^\]]*)\]\([^)]*\))");
  auto text = std::regex_replace(std::string(markdown), link, "$1");
  std::erase(text, '`');
  std::erase(text, '*');
  return text;
}

// In lines of at most so many characters, each after the indentation.
std::string wrapped(const std::string& text, std::size_t width, std::string_view indentation) {
  std::string lines, line;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!line.empty() && line.size() + 1 + word.size() > width) {
      lines += fmt::format("{}{}\n", indentation, std::exchange(line, {}));
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return lines + fmt::format("{}{}\n", indentation, line);
}

void list_all() {
  const instance::Settings defaults;
  std::string_view table;
  for (const auto& setting : instance::all_settings()) {
    if (setting.table != table) fmt::print("{}[{}]\n", table.empty() ? "" : "\n", setting.table);
    table = setting.table;
    const auto allowed = instance::allowed(setting);
    fmt::print("{} = {}{}{}\n", setting.key, setting.text(defaults), allowed.empty() ? "" : "  # " + allowed,
               setting.option.empty() ? "" : fmt::format("; also {} of up", setting.option));
    fmt::print("{}", wrapped(plain(setting.help), 90, "    "));
  }
}

using Act = int (*)(const ConfigOptions&);

void add(command_line::Command& config, const char* name, const char* purpose, const char* footer, Act act,
         int& exit_status) {
  auto* command = config.add_command(name, purpose);
  auto options = std::make_shared<ConfigOptions>();
  command->add_option("FILE", options->file, "Settings file, instead of DATA/sportapp.toml")->existing_file();
  command->add_option("--data", options->data, kDataHelp)->show_default();
  command->footer(footer);
  command->action([options, act, &exit_status] { exit_status = act(*options); });
}

}  // namespace

void add_config_command(command_line::Command& app, int& exit_status) {
  auto* command = app.add_command("config", "Tell every setting, check a settings file, or show its values");
  command->require_command();
  command->footer(kConfigFooter);
  auto* list = command->add_command("list", "Tell every setting: its default, what is allowed, what it does");
  auto markdown = std::make_shared<bool>(false);
  list->add_flag("--markdown", *markdown, "As a table for a document");
  list->footer(kListFooter);
  list->action([markdown] { *markdown ? fmt::print("{}", instance::settings_markdown()) : list_all(); });
  add(*command, "check", "Tell every mistake of a settings file", kCheckFooter, check, exit_status);
  add(*command, "show", "Show every setting with its value", kShowFooter, show_config, exit_status);
}

}  // namespace sportapp::cli
