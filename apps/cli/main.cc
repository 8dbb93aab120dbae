#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "arguments.h"
#include "command.h"
#include "headscope/error.h"
#include "headscope/version.h"
#include "terminal.h"

namespace headscope::cli {

// One line a command: declare it, list it.
void register_demo(CLI::App& app);
void register_pull(CLI::App& app);
void register_models(CLI::App& app);
void register_tokens(CLI::App& app);
void register_trace(CLI::App& app);
void register_attention(CLI::App& app);
void register_patterns(CLI::App& app);
void register_heads(CLI::App& app);
void register_compare(CLI::App& app);
void register_analyze(CLI::App& app);
void register_merge(CLI::App& app);
void register_ablate(CLI::App& app);
void register_predict(CLI::App& app);
void register_render(CLI::App& app);
void register_serve(CLI::App& app);
void register_view(CLI::App& app);
void register_bench(CLI::App& app);

// The commands, in the order of --help.
// clang-format off: one line a command.
constexpr RegisterCommand kCommands[] = {
    register_demo,
    register_pull,
    register_models,
    register_tokens,
    register_trace,
    register_attention,
    register_patterns,
    register_heads,
    register_compare,
    register_analyze,
    register_merge,
    register_ablate,
    register_predict,
    register_render,
    register_serve,
    register_view,
    register_bench,
};
// clang-format on

// Results that did not reach their reader (a full disk) are no success.
int finish() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  throw Error(ErrorCode::kBadInput, "standard output cannot be written", "room on the disk");
}

// CLI11 alone would say that a command is missing, not that this one is unknown.
void check_command(const CLI::App& app, const std::string& word) {
  if (word.empty() || word[0] == '-') return;
  std::string known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == word) return;
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  throw Error(ErrorCode::kUsage, "no command '" + word + "'", "one of " + known);
}

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

int run(int argc, char** argv) {
  handle_interrupts();
  CLI::App app{
      "Shows what every attention head of a Transformer attends to, and proves it with numbers.",
      "headscope"};
  app.formatter(std::make_shared<HelpFormatter>());
  app.set_version_flag("--version", version());
  app.require_subcommand(1);
  for (const RegisterCommand command : kCommands) {
    command(app);
  }
  values_as_written(app);
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

int main(int argc, char** argv) { return headscope::cli::run(argc, argv); }
