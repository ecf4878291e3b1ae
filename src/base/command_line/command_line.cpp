#include "base/command_line/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "base/exit_status.hpp"

namespace sportapp::command_line {
namespace {

CLI::Option* cli11(void* option) {
  return static_cast<CLI::Option*>(option);
}

std::string refusal(const CLI::App* app, const CLI::Error& error) {
  std::string of = app->get_name();
  for (auto chosen = app->get_subcommands(); !chosen.empty(); chosen = chosen.front()->get_subcommands())
    of += " " + chosen.front()->get_name();
  return fmt::format("sportapp: {}\nSee: {} --help\n", error.what(), of);
}

// CLI11 would only say that a command is required.
bool is_unknown_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return false;
  const auto commands = app.get_subcommands({});
  return std::none_of(commands.begin(), commands.end(),
                      [&](const CLI::App* command) { return command->get_name() == argv[1]; });
}

}  // namespace

Option* Option::required() {
  cli11(option_)->required();
  return this;
}
Option* Option::show_default() {
  cli11(option_)->capture_default_str();
  return this;
}
Option* Option::in_range(int least, int most) {
  cli11(option_)->check(CLI::Range(least, most));
  return this;
}
Option* Option::in_range(double least, double most) {
  cli11(option_)->check(CLI::Range(least, most));
  return this;
}
Option* Option::one_of(std::vector<std::string> values) {
  cli11(option_)->check(CLI::IsMember(std::move(values)));
  return this;
}
Option* Option::existing_file() {
  cli11(option_)->check(CLI::ExistingFile);
  return this;
}
Option* Option::positive() {
  cli11(option_)->check(CLI::PositiveNumber);
  return this;
}
Option* Option::not_negative() {
  cli11(option_)->check(CLI::NonNegativeNumber);
  return this;
}
Option* Option::comma_separated() {
  cli11(option_)->delimiter(',')->allow_extra_args(false);
  return this;
}
Option* Option::value_name(const std::string& name) {
  cli11(option_)->option_text(name);
  return this;
}
Option* Option::excludes(Option* other) {
  cli11(option_)->excludes(cli11(other->option_));
  return this;
}
Option* Option::needs(Option* other) {
  cli11(option_)->needs(cli11(other->option_));
  return this;
}
bool Option::given() const {
  return cli11(option_)->count() > 0;
}

struct Command::Impl {
  explicit Impl(CLI::App& cli11_app) : app(cli11_app) {}
  explicit Impl(std::unique_ptr<CLI::App> root) : owned(std::move(root)), app(*owned) {}

  Option* keep(CLI::Option* option) { return &options.emplace_back(option); }

  std::unique_ptr<CLI::App> owned;  // of the program itself
  CLI::App& app;
  std::deque<Option> options;  // stay where they are
  std::deque<std::unique_ptr<Command>> commands;
};

Command::Command(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Command::~Command() = default;

Command* Command::add_command(const std::string& name, const std::string& what_it_does) {
  auto impl = std::make_unique<Impl>(*impl_->app.add_subcommand(name, what_it_does));
  return impl_->commands.emplace_back(new Command(std::move(impl))).get();
}

template <class T>
Option* Command::add_option(const std::string& names, T& target, const std::string& what_it_is) {
  return impl_->keep(impl_->app.add_option(names, target, what_it_is));
}

Option* Command::add_flag(const std::string& names, bool& target, const std::string& what_it_is) {
  return impl_->keep(impl_->app.add_flag(names, target, what_it_is));
}

Option* Command::option(const std::string& name) {
  return impl_->keep(impl_->app.get_option(name));
}

void Command::footer(const std::string& text) {
  impl_->app.footer(text);
}

void Command::require_command() {
  impl_->app.require_subcommand(1);
}

void Command::action(std::function<void()> act) {
  impl_->app.callback([act = std::move(act)] {
    try {
      act();
    } catch (const Missing& missing) {
      throw CLI::RequiredError(missing.what);
    }
  });
}

bool Command::parsed() const {
  return impl_->app.parsed();
}

std::string Command::names_of_commands() const {
  std::vector<std::string> names;
  for (const auto* command : impl_->app.get_subcommands({})) names.push_back(command->get_name());
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string Command::help_of(const std::string& name, const std::string& before) const {
  auto& app = impl_->app;
  // Not app.help(), which is that of the command under way.
  if (name.empty()) return app.get_formatter()->make_help(&app, app.get_name(), CLI::AppFormatMode::Normal);
  try {
    return app.get_subcommand(name)->help(before);
  } catch (const CLI::OptionNotFound&) {
    return {};
  }
}

Program::Program(const std::string& what_it_does, const std::string& name)
    : Command(std::make_unique<Impl>(std::make_unique<CLI::App>(what_it_does, name))) {}
Program::~Program() = default;

int Program::run(int argc, char** argv, const int& exit_status) {
  auto& app = impl_->app;
  app.require_subcommand(1);
  app.failure_message(refusal);
  if (is_unknown_command(app, argc, argv)) {
    fmt::print(stderr, "sportapp: unknown command '{}'; known: {}\n", argv[1], names_of_commands());
    return kExitUsage;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failed) {
    return app.exit(failed) == 0 ? 0 : kExitUsage;
  } catch (const std::exception& failed) {
    fmt::print(stderr, "sportapp: {}\n", failed.what());
    return kExitFailed;
  }
  return exit_status;
}

bool Program::parse(int argc, char** argv, int& exit_status) {
  try {
    impl_->app.parse(argc, argv);
    return true;
  } catch (const CLI::ParseError& failed) {
    exit_status = impl_->app.exit(failed);
    return false;
  }
}

#define SPORTAPP_OPTION_OF(...) \
  template Option* Command::add_option<__VA_ARGS__>(const std::string&, __VA_ARGS__&, const std::string&)
SPORTAPP_OPTION_OF(std::string);
SPORTAPP_OPTION_OF(std::filesystem::path);
SPORTAPP_OPTION_OF(int);
SPORTAPP_OPTION_OF(std::int64_t);
SPORTAPP_OPTION_OF(std::uint64_t);
SPORTAPP_OPTION_OF(std::uint16_t);
SPORTAPP_OPTION_OF(double);
SPORTAPP_OPTION_OF(std::optional<std::string>);
SPORTAPP_OPTION_OF(std::optional<std::filesystem::path>);
SPORTAPP_OPTION_OF(std::optional<int>);
SPORTAPP_OPTION_OF(std::optional<std::int64_t>);
SPORTAPP_OPTION_OF(std::optional<std::uint64_t>);
SPORTAPP_OPTION_OF(std::optional<std::uint16_t>);
SPORTAPP_OPTION_OF(std::optional<double>);
SPORTAPP_OPTION_OF(std::vector<std::string>);
SPORTAPP_OPTION_OF(std::vector<std::filesystem::path>);
#undef SPORTAPP_OPTION_OF

}  // namespace sportapp::command_line
