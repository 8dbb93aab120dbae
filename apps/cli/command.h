// One file a command: it declares its options on a CLI11 subcommand and gives the callback that
// runs it. Results go to stdout, all else to stderr. Errors are thrown; main() maps them once.
#pragma once

#include <CLI/CLI.hpp>

namespace headscope::cli {

// Each registers one subcommand (apps/cli/NAME.cc). main() lists them in the order of --help.
using RegisterCommand = void (*)(CLI::App& app);

}  // namespace headscope::cli
