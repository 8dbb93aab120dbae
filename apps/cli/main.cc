#include "command.h"
#include "terminal.h"

namespace headscope::cli {

// One line a command: declare it, list it.
void register_demo(CommandLine& line);
void register_pull(CommandLine& line);
void register_models(CommandLine& line);
void register_tokens(CommandLine& line);
void register_trace(CommandLine& line);
void register_attention(CommandLine& line);
void register_patterns(CommandLine& line);
void register_heads(CommandLine& line);
void register_compare(CommandLine& line);
void register_analyze(CommandLine& line);
void register_merge(CommandLine& line);
void register_ablate(CommandLine& line);
void register_predict(CommandLine& line);
void register_render(CommandLine& line);
void register_reproduce(CommandLine& line);
void register_serve(CommandLine& line);
void register_view(CommandLine& line);
void register_bench(CommandLine& line);

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
    register_reproduce,
    register_serve,
    register_view,
    register_bench,
};
// clang-format on

}  // namespace headscope::cli

int main(int argc, char** argv) {
  headscope::cli::handle_interrupts();
  headscope::cli::CommandLine line;
  for (const headscope::cli::RegisterCommand command : headscope::cli::kCommands) command(line);
  return line.run(argc, argv);
}
