// The command line of a program: commands with options, their help, and what is said of a wrong one. CLI11
// does the work, in one file, since it is slow to compile.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sportapp::command_line {

// Lives as long as the program it belongs to, as a Command does. Each setter gives the option itself.
class Option {
 public:
  explicit Option(void* of_cli11) : option_(of_cli11) {}

  Option* required();
  Option* show_default();  // in the help: the value that the target has now
  Option* in_range(int least, int most);
  Option* in_range(double least, double most);
  Option* one_of(std::vector<std::string> values);
  Option* existing_file();
  Option* positive();
  Option* not_negative();
  Option* comma_separated();
  Option* value_name(const std::string& name);  // in the help, instead of the type's name
  Option* excludes(Option* other);
  Option* needs(Option* other);
  [[nodiscard]] bool given() const;  // once the command line was read

 private:
  void* option_;
};

// An action throws it where what it needs was not given.
struct Missing {
  std::string what;  // "NAME or --rolling"
};

class Command {
 public:
  virtual ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  Command* add_command(const std::string& name, const std::string& what_it_does);
  // `names`: "-n,--lines", or "NAME" for one by its place. The target outlives the parsing. T: a text, a
  // path, a number, any of them in std::optional, or a list of texts or paths.
  template <class T>
  Option* add_option(const std::string& names, T& target, const std::string& what_it_is);
  Option* add_flag(const std::string& names, bool& target, const std::string& what_it_is);
  [[nodiscard]] Option* option(const std::string& name);
  void footer(const std::string& text);  // of the help: examples
  void require_command();                // one of its commands must be named
  void action(std::function<void()> act);
  [[nodiscard]] bool parsed() const;                    // it was named
  [[nodiscard]] std::string names_of_commands() const;  // "up, down"
  // Its own where `name` is empty, else that of the command, as typed after `before`; empty: there is none of
  // that name.
  [[nodiscard]] std::string help_of(const std::string& name, const std::string& before) const;

 protected:
  struct Impl;
  explicit Command(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

class Program final : public Command {
 public:
  // `name` is what a user types before a command.
  Program(const std::string& what_it_does, const std::string& name);
  ~Program() override;

  // Runs the command that is named, of which there must be one. `exit_status` is what its action sets. Gives
  // the status to exit with; standard error has said what was wrong.
  [[nodiscard]] int run(int argc, char** argv, const int& exit_status);
  // For a program without commands: false, where it is to end at once, with `exit_status`.
  [[nodiscard]] bool parse(int argc, char** argv, int& exit_status);
};

}  // namespace sportapp::command_line
