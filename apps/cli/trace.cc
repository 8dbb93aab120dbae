// headscope trace A [B] -o T.safetensors [--with attention,hidden,contribution] [--layers 0,5]
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "command.h"
#include "common.h"
#include "headscope/analysis.h"
#include "headscope/error.h"

namespace headscope::cli {

namespace {

struct TraceCommand {
  CommonOptions common;
  TextOptions texts;
  std::string output, ablate;
  std::vector<std::string> with;
  std::vector<int> layers;
};

bool asks_for(const TraceCommand& options, const char* what) {
  return std::find(options.with.begin(), options.with.end(), what) != options.with.end();
}

// Pattern 5's C needs the masked-word head: its answers are part of the trace then, so that the
// pattern can be shown where the model is not.
std::shared_ptr<const Trace> with_contribution(const TraceCommand& options, Model& model,
                                               const Trace& trace) {
  if (!model.masked()) {
    throw Error(ErrorCode::kBadInput,
                "--with contribution: the weights have no masked-language-model head",
                "a model that has one");
  }
  LongWork work(options.common.quiet, "Masking words", "masks");
  const std::vector<double> c =
      predictive_contribution(*model.masked(), trace.info().query, work.control());
  const auto out = std::make_shared<Trace>(trace);
  out->contribution.assign(c.begin(), c.end());
  return out;
}

std::shared_ptr<const Trace> run_model(const TraceCommand& options) {
  check_texts(options.texts);
  truncation_option(options.texts.truncate);  // wrong usage is said before the model is read
  const std::unique_ptr<Model> model = open_model_of(options.common);
  TraceOptions trace;
  if (!options.ablate.empty()) {
    trace.ablations = parse_ablations(options.ablate, model->runner().stacks().at(0));
  }
  trace.layers = options.layers;
  std::sort(trace.layers.begin(), trace.layers.end());
  for (const int layer : trace.layers) model->runner().stacks().at(0).layer_index(layer);
  trace.with_attention = asks_for(options, "attention");
  trace.with_hidden = asks_for(options, "hidden");
  const auto out = trace_texts(options.common, options.texts, *model, trace);
  return asks_for(options, "contribution") ? with_contribution(options, *model, *out) : out;
}

void run(const TraceCommand& options) {
  if (extension_of(options.output) != ".safetensors") {
    throw Error(ErrorCode::kUsage, "output '" + options.output + "'",
                "a name that ends in .safetensors");
  }
  if (!options.texts.trace.empty()) {
    throw Error(ErrorCode::kUsage, "--trace", "texts A [B], which the model is run on");
  }
  check_output(options.output);
  const auto trace = run_model(options);
  write_trace(options.output, *trace);
  const TraceInfo& info = trace->info();
  const auto bytes = static_cast<int64_t>(std::filesystem::file_size(options.output));
  if (options.common.json) {
    return print_json({{"path", options.output},
                       {"model", info.model.name},
                       {"fingerprint", info.model.fingerprint},
                       {"tokens", info.query.size()},
                       {"layers", info.stacks.at(0).layers},
                       {"bytes", bytes}});
  }
  std::printf("%s: %s, %lld tokens, %zu layers, %.1f MB\n", printable(options.output).c_str(),
              info.model.name.c_str(), static_cast<long long>(info.query.size()),
              info.stacks.at(0).layers.size(), static_cast<double>(bytes) / 1e6);
}

}  // namespace

void register_trace(CLI::App& app) {
  const auto options = std::make_shared<TraceCommand>();
  CLI::App* command = app.add_subcommand("trace", "Run the model, write the trace");
  add_common(*command, options->common);
  add_texts(*command, options->texts);
  command->add_option("-o,--output", options->output, "The trace file, NAME.safetensors")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--with", options->with,
                   "Also keep: attention (the maps), hidden (states), contribution (of pattern 5)")
      ->delimiter(',')
      ->check(CLI::IsMember({"attention", "hidden", "contribution"}));
  command->add_option("--layers", options->layers, "Layers that are kept, e.g. 0,5; default all")
      ->delimiter(',');
  add_ablate(*command, options->ablate);
  command->callback([options] { run(*options); });
}

}  // namespace headscope::cli
