// headscope pull NAME
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "common.h"
#include "headscope/models.h"

namespace headscope::cli {

namespace {

struct PullOptions {
  std::string name;
  bool quiet = false;
  bool json = false;
};

void run(const PullOptions& options) {
  PulledModel model;
  {
    LongWork work(options.quiet, "Looking for " + options.name, "B");
    model = pull_model(options.name, work.control(), [&](const std::string& step) {
      work.say(step);
      work.now(step.substr(0, step.find(' ')));  // "Fetching": leaves room for the numbers
    });
  }
  if (options.json) {
    return print_json(
        {{"name", model.name},
         {"path", model.path},
         {"source", model.source},
         {"fingerprint", model.fingerprint.empty() ? nlohmann::ordered_json(nullptr)
                                                   : nlohmann::ordered_json(model.fingerprint)}});
  }
  std::printf("%s\n  path         %s\n  source       %s\n  fingerprint  %s\n", model.name.c_str(),
              model.path.c_str(), model.source.c_str(),
              model.fingerprint.empty() ? "-" : model.fingerprint.c_str());
}

}  // namespace

void register_pull(CommandLine& line) {
  const auto options = std::make_shared<PullOptions>();
  const Command command = line.add("pull", "Fetch a model into headscope's cache");
  command.option("name", options->name, "Name of the model; `headscope models` lists them")
      .required();
  command.flag("--quiet", options->quiet, "No progress");
  command.flag("--json", options->json, "Print JSON");
  command.runs([options] { run(*options); });
}

}  // namespace headscope::cli
