// The arguments of the program, from argv to its exit code.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>

#include "arguments.h"
#include "command.h"
#include "headscope/error.h"
#include "headscope/version.h"
#include "terminal.h"

namespace headscope::cli {
namespace {

// "Usage: headscope attention [OPTIONS] A [B]": positionals as their type says.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(kColumn); }
  std::string make_option_usage(const CLI::Option* option) const override {
    const std::string type = option->get_type_name();
    const std::string text = type.empty() || type == "TEXT" ? option->get_name(true) : type;
    return option->get_required() ? text : "[" + text + "]";
  }

 private:
  static constexpr size_t kColumn = 34;
};

// Output that could not be written (a full disk) is a failure.
int finish() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  throw Error(ErrorCode::kBadInput, "standard output cannot be written", "room on the disk");
}

// CLI11 would say that a command is missing, not that this one is unknown.
void check_command(const CLI::App& app, const std::string& word) {
  if (word.empty() || word[0] == '-') return;
  std::string known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == word) return;
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  throw Error(ErrorCode::kUsage, "no command '" + word + "'", "one of " + known);
}

}  // namespace

CommandLine::CommandLine()
    : app_(std::make_unique<CLI::App>(
          "Shows what every attention head of a Transformer attends to, and proves it with "
          "numbers.",
          "headscope")) {
  app_->formatter(std::make_shared<HelpFormatter>());
  app_->set_version_flag("--version", version());
  app_->require_subcommand(1);
}

CommandLine::~CommandLine() = default;

Command CommandLine::add(const std::string& name, const std::string& help) {
  return Command(app_->add_subcommand(name, help));
}

int CommandLine::run(int argc, char** argv) {
  CLI::App& app = *app_;
  // Set last: a command that is added takes over what the program has by then.
  app.footer("Begin with: headscope demo. Options of a command: headscope COMMAND --help");
  try {
    if (argc > 1) check_command(app, argv[1]);
    const Arguments arguments(argc, argv);
    app.parse(arguments.count(), arguments.values());
    return finish();
  } catch (const CLI::ParseError& error) {
    // CLI11 signals --help and --version with exit code 0; everything else is wrong usage.
    std::ostringstream ignored;
    if (app.exit(error, std::cout, ignored) == 0) return 0;
    if (argc == 1) {
      std::fputs(app.help().c_str(), stderr);
      return static_cast<int>(ErrorCode::kUsage);
    }
    const auto commands = app.get_subcommands();
    std::fprintf(stderr, "headscope: %s\n`headscope %s--help` lists what can be given\n",
                 printable(without_shields(error.what())).c_str(),
                 commands.empty() ? "" : (commands[0]->get_name() + " ").c_str());
    return static_cast<int>(ErrorCode::kUsage);
  } catch (const Error& error) {
    std::fprintf(stderr, "headscope: %s\n", printable(error.what()).c_str());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "headscope: internal error: %s\n", error.what());
    return static_cast<int>(ErrorCode::kInternal);
  }
}

}  // namespace headscope::cli
