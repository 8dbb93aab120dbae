// One file a command: it says what the command takes and gives the function that runs it. Results
// go to stdout, all else to stderr. Errors are thrown; CommandLine maps them once.
//
// CLI11 reads the command line. Only command.cc and command_line.cc include it: it takes a compiler
// six seconds.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace headscope::cli {

// What a command takes, an option or a positional, as it is declared. A handle: copies are the
// same.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}
  // What --help shows in the place of the value.
  Option type_name(const std::string& name) const;
  // --help shows what the variable holds now.
  Option show_default() const;
  Option required() const;
  // Between the values of one argument.
  Option delimiter(char character) const;
  // How many values.
  Option expected(int least, int most) const;
  // Values that are no others are wrong usage.
  Option one_of(std::initializer_list<const char*> values) const;
  Option one_of(std::initializer_list<int> values) const;
  template <typename T>  // int, int64_t, size_t, double; both ends included
  Option range(T least, T most) const;
  Option positive() const;
  Option not_negative() const;
  // Called with each value.
  Option each(const std::function<void(const std::string&)>& use) const;
  // Once the command line is read: whether it is there.
  bool given() const;

 private:
  CLI::Option* option_;
};

// A handle, as Option.
class Command {
 public:
  explicit Command(CLI::App* command) : command_(command) {}
  // "-m,--model", or "texts" for a positional. Its value goes to `value`, which must live as long
  // as the command line. T: what the list at the end of command.cc holds.
  template <typename T>
  Option option(const std::string& name, T& value, const std::string& help) const;
  Option option_function(const std::string& name,
                         const std::function<void(const std::string&)>& use,
                         const std::string& help) const;
  Option flag(const std::string& name, bool& value, const std::string& help) const;
  // An option of this command that is declared already.
  Option named(const std::string& name) const;
  void runs(const std::function<void()>& function) const;

 private:
  CLI::App* command_;
};

class CommandLine {
 public:
  CommandLine();
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  Command add(const std::string& name, const std::string& help);
  // Runs the command that the arguments name, and says on stderr what went wrong; returns the exit
  // code of the program.
  int run(int argc, char** argv);

 private:
  std::unique_ptr<CLI::App> app_;
};

// Each adds one command (apps/cli/NAME.cc). main() lists them in the order of --help.
using RegisterCommand = void (*)(CommandLine& line);

}  // namespace headscope::cli
