// headscope serve
#include "server/serve.h"

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "common.h"

namespace headscope::cli {
namespace {

struct ServeCommand {
  CommonOptions common;
  server::ServeOptions serve;
  int64_t cache_mb = 512;
};

void run(ServeCommand& command) {
  command.serve.model = command.common.model;
  command.serve.tokenizer = command.common.tokenizer;
  command.serve.precision = command.common.products();
  command.serve.threads = command.common.threads;
  command.serve.cache_bytes = command.cache_mb << 20;
  const auto listening = [&](const std::string& address) {
    if (command.common.json) {
      print_json({{"url", address}});
    } else {
      std::printf("%s\n", address.c_str());
    }
    std::fflush(stdout);
    if (stderr_is_terminal() && !command.common.quiet) {
      std::fprintf(stderr, "Press Ctrl-C to stop.\n");
    }
  };
  server::serve(command.serve, listening,
                [&](const std::string& notice) { warn(command.common, notice); });
}

}  // namespace

void register_serve(CommandLine& line) {
  const auto command = std::make_shared<ServeCommand>();
  const Command serve =
      line.add("serve", "The web app on live text, on the loopback interface; Ctrl-C ends it");
  add_common(serve, command->common);
  serve.option("--port", command->serve.port, "Port; 0 picks one").range(0, 65535).show_default();
  serve.option("--host", command->serve.host, "Address to listen on").show_default();
  serve.flag("--allow-remote", command->serve.allow_remote,
             "Allow a --host that other machines reach; the address then holds a token");
  serve.flag("--open", command->serve.open, "Open the browser");
  serve.option("--trace", command->serve.traces, "Open a trace file, too; repeatable")
      .type_name("FILE");
  serve
      .option("--models", command->serve.model_folders,
              "Folders whose models the page offers, beside those of `headscope models`")
      .type_name("DIR");
  serve.option("--corpus", command->serve.corpus, "Report of headscope analyze")
      .type_name("R.json");
  serve.option("--cache-mb", command->cache_mb, "Memory for traces and tiles that are kept, MB")
      .range(int64_t{16}, int64_t{1} << 20)
      .show_default();
  serve.runs([command] { run(*command); });
}

}  // namespace headscope::cli
