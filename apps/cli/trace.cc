// headscope trace A [B] -o T.safetensors [--with attention,hidden,contribution] [--layers 0,5]
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "common.h"
#include "headscope/counted.h"
#include "headscope/error.h"
#include "headscope/models.h"
#include "headscope/precision_error.h"
#include "headscope/statistics.h"

namespace headscope::cli {

namespace {

using nlohmann::ordered_json;

struct TraceCommand {
  CommonOptions common;
  TextOptions texts;
  std::string output, ablate;
  std::vector<std::string> with;
  std::vector<int> layers;
  std::string dtype = "f32";
  bool measure_error = false;
  int format = 2;
};

DType dtype_of(const TraceCommand& options) {
  if (options.dtype == "f16") return DType::kF16;
  return options.dtype == "bf16" ? DType::kBF16 : DType::kF32;
}

bool asks_for(const TraceCommand& options, const char* what) {
  return std::find(options.with.begin(), options.with.end(), what) != options.with.end();
}

// Pattern 5 needs C, and C needs the masked-word head. The trace keeps C, so that the pattern can
// be shown without the model.
std::shared_ptr<const Trace> with_contribution(const TraceCommand& options, Model& model,
                                               const Trace& trace) {
  if (!model.masked()) {
    throw Error(ErrorCode::kBadInput,
                "--with contribution: the weights have no masked-language-model head",
                "a model that has one");
  }
  LongWork work(options.common.quiet, "Masking words", "masks");
  const TokenSequence& text = trace.info().tokens(0, Side::kQuery);
  const std::vector<double> c = predictive_contribution(*model.masked(), text, work.control());
  const auto out = std::make_shared<Trace>(trace);
  out->contribution_of_words =
      Array::from(std::vector<float>(c.begin(), c.end()), {text.size(), text.size()});
  return out;
}

// The trace with the error of its precision on its own text, in place of that on the built-in one.
std::shared_ptr<const Trace> with_own_error(const TraceCommand& options, Model& model,
                                            const Trace& trace) {
  ModelInput input(trace.info().tokens(0, Side::kQuery));
  if (model.runner().reads_target()) {
    input.target = trace.info().tokens(trace.info().stack_index("decoder"), Side::kQuery);
  }
  ModelOptions float32;
  float32.tokenizer = options.common.tokenizer;
  float32.fingerprint = false;
  float32.weights = WeightPlace::kStreamed;  // a layer at a time beside the other weights
  const LongWork work(options.common.quiet, "Measuring the error");
  const auto exact = open_model(find_model(options.common.model), float32, work.control());
  const PrecisionError error = measure_precision_error(
      *exact, model, input, trace.info().settings.ablations, work.control());
  TraceInfo info = trace.info();
  info.computed->attention_max = error.attention_max;
  info.computed->gemm_rel_l2 = error.gemm_rel_l2;
  const auto out = std::make_shared<Trace>(std::move(info), trace.arrays());
  out->hidden = trace.hidden;
  out->image = trace.image;
  return out;
}

// Wrong usage of --measure-error, before anything is computed.
void check_measure_error(const TraceCommand& options) {
  if (!options.measure_error) return;
  if (options.common.products() == Precision::kF32) {
    throw Error(ErrorCode::kUsage, "--measure-error with --precision f32",
                "bf16x3 or bf16, whose error against float32 is measured");
  }
  const TextOptions& texts = options.texts;
  if (!texts.image.empty() || !texts.pixels.empty()) {
    throw Error(
        ErrorCode::kUsage,
        std::string("--measure-error with ") + (texts.image.empty() ? "--pixels" : "--image"),
        "texts", "Without it the trace states the error on a built-in picture");
  }
}

Run run_model(const TraceCommand& options) {
  check_texts(options.texts);
  check_measure_error(options);
  truncation_option(options.texts.truncate);  // wrong usage is reported before the model is read
  const std::unique_ptr<Model> model = open_model_of(options.common);
  TraceOptions trace;
  trace.settings.ablations = parse_ablations(options.ablate, model->runner().stacks());
  trace.layers = options.layers;
  trace.with_attention = asks_for(options, "attention");
  trace.with_hidden = asks_for(options, "hidden");
  Run out = run_texts(options.common, options.texts, *model, trace);
  if (options.measure_error) out.trace = with_own_error(options, *model, *out.trace);
  if (asks_for(options, "contribution")) {
    out.trace = with_contribution(options, *model, *out.trace);
  }
  return out;
}

ordered_json json_of(const Generation& generated) {
  const TokenSequence& text = generated.grown();
  const auto from = *text.generated_from;
  return {{"ids", std::vector<int32_t>(text.ids.begin() + from, text.ids.end())},
          {"tokens", std::vector<std::string>(text.tokens.begin() + from, text.tokens.end())},
          {"text", generated.text},
          {"log_probs", generated.log_probs},
          {"stopped", name_of(generated.stopped)}};
}

void run(const TraceCommand& options) {
  if (extension_of(options.output) != ".safetensors") {
    throw Error(ErrorCode::kUsage, "output '" + options.output + "'",
                "a name that ends in .safetensors");
  }
  check_output(options.output);
  const Run made = run_model(options);
  const auto trace = round_vectors(*made.trace, dtype_of(options));
  write_trace(options.output, *trace, options.format);
  const TraceInfo& info = trace->info();
  const int64_t tokens = info.tokens(0, Side::kQuery).size();
  const bool target = info.has_sequence("target");
  const int64_t target_tokens =
      target ? info.tokens(info.stack_index("decoder"), Side::kQuery).size() : 0;
  ordered_json layers = ordered_json::array();
  for (const LayerInfo& layer : info.stacks.front().layers) layers.push_back(layer.layer);
  const auto bytes = static_cast<int64_t>(std::filesystem::file_size(options.output));
  if (options.common.json) {
    ordered_json out = {{"path", options.output},
                        {"model", info.model.name},
                        {"fingerprint", info.model.fingerprint},
                        {"tokens", tokens}};
    if (target) out["target_tokens"] = target_tokens;
    out["layers"] = layers;
    out["bytes"] = bytes;
    if (made.generated) out["generated"] = json_of(*made.generated);
    return print_json(out);
  }
  if (made.generated) std::printf("generated: %s\n", printable(made.generated->text).c_str());
  const std::string both = target
                               ? std::to_string(tokens) + " and " + counted(target_tokens, "token")
                               : counted(tokens, "token");
  std::printf("%s: %s, %s, %s, %.1f MB\n", printable(options.output).c_str(),
              info.model.name.c_str(), both.c_str(),
              counted(static_cast<int64_t>(layers.size()), "layer").c_str(),
              static_cast<double>(bytes) / 1e6);
}

}  // namespace

void register_trace(CommandLine& line) {
  const auto options = std::make_shared<TraceCommand>();
  const Command command = line.add("trace", "Run the model, write the trace");
  add_common(command, options->common);
  add_texts(command, options->texts);
  add_generate(command, options->texts);
  command.option("-o,--output", options->output, "The trace file, NAME.safetensors")
      .required()
      .type_name("FILE");
  command
      .option("--with", options->with,
              "Also keep: attention (the maps), hidden (states), contribution (of pattern 5)")
      .delimiter(',')
      .one_of({"attention", "hidden", "contribution"});
  command.option("--layers", options->layers, "Layers that are kept, e.g. 0,5; default all")
      .delimiter(',');
  command
      .option("--dtype", options->dtype,
              "Of queries, keys and values: f32, or f16 or bf16 at half the size")
      .one_of({"f32", "f16", "bf16"})
      .show_default();
  command.flag("--measure-error", options->measure_error,
               "State the error of --precision bf16x3 or bf16 on this text, not on a built-in one");
  command.option("--format", options->format, "Of the file: 2, or 1 for older programs")
      .one_of({1, 2})
      .show_default();
  add_ablate(command, options->ablate);
  command.runs([options] { run(*options); });
}

}  // namespace headscope::cli
