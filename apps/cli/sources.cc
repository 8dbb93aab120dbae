// From the command line's words to a model, tokens and a trace.
#include <filesystem>
#include <set>

#include "common.h"
#include "headscope/demo.h"
#include "headscope/error.h"
#include "headscope/mask.h"
#include "headscope/models.h"
#include "headscope/trace.h"

namespace headscope::cli {

std::unique_ptr<Model> open_model_of(const CommonOptions& options) {
  const std::string directory = find_model(options.model);
  ModelOptions model;
  model.tokenizer = options.tokenizer;
  // A directory is called by its last component, a model fetched by name by that name.
  if (!std::filesystem::is_directory(options.model)) model.name = options.model;
  std::unique_ptr<Model> opened;
  {
    const LongWork work(options.quiet, "Reading the model");
    opened = open_model(directory, model, work.control());
  }
  for (const std::string& note : opened->notes()) warn(options, note);
  return opened;
}

TokenSequence tokenize_texts(const CommonOptions& options, const TextOptions& texts, Model& model,
                             RunSettings* settings) {
  check_texts(texts);
  if (!texts.ids.empty()) return model.sequence(texts.ids, texts.segments);
  warn_invalid_utf8(options, texts.texts[0], "text A");
  std::optional<std::string> b;
  if (texts.texts.size() == 2) {
    b = texts.texts[1];
    warn_invalid_utf8(options, *b, "text B");
  }
  const TokenizeOptions wanted = tokenize_options(texts);
  if (wanted.truncation == Truncation::kNone)
    return model.runner().tokenize(texts.texts[0], b, wanted);
  TokenizeOptions whole = wanted;
  whole.truncation = Truncation::kNone;
  try {
    return model.runner().tokenize(texts.texts[0], b, whole);
  } catch (const Error& error) {
    if (error.id() != "HS-LEN-01") throw;
  }
  if (settings) {
    settings->truncation = wanted.truncation;
    settings->max_tokens = wanted.max_tokens;
  }
  return model.runner().tokenize(texts.texts[0], b, wanted);
}

namespace {

Run run_model(const CommonOptions& options, const TokenSequence& text, const TextOptions& texts,
              Model& model, const TraceOptions& trace) {
  if (!texts.generate) {
    LongWork work(options.quiet, "Running the model");
    return {model.runner().trace(std::span(&text, 1), trace, work.control()).at(0), {}};
  }
  if (!model.generator()) {
    throw Error(ErrorCode::kUsage,
                "--generate with " + model.runner().model().name +
                    ", which does not predict the next token",
                "a causal model");
  }
  LongWork work(options.quiet, "Generating", "tokens");
  Generation out = model.generator()->generate(text, {*texts.generate, trace}, work.control());
  work.control().cancel.check();
  return {out.trace, std::move(out)};
}

// As the app's "Mask this word": the text stays, the model sees the mask token in its place.
void mask_tokens(TokenSequence& text, const std::vector<int>& masked, Model& model,
                 RunSettings& settings) {
  if (masked.empty()) return;
  if (!model.masked()) {
    throw Error(ErrorCode::kUsage, "--masked with a model without a masked-language-model head",
                "a model that predicts masked words");
  }
  for (const int token : std::set<int>(masked.begin(), masked.end())) {
    settings.masked.push_back(token);
    settings.masked_ids.push_back(mask_token(text, token, model.masked()->mask_id()));
  }
}

void refuse_run_options(const TextOptions& texts, const std::string& ablate) {
  std::string given;
  if (!ablate.empty()) given = "--ablate";
  if (!texts.masked.empty()) given = "--masked";
  if (!texts.truncate.empty()) given = "--truncate";
  if (texts.max_tokens) given = "--max-tokens";
  if (texts.generate) given = "--generate";
  if (given.empty()) return;
  throw Error(ErrorCode::kUsage, given + " with --trace", "texts, which a model can run",
              "A trace holds what was run; give the texts instead");
}

}  // namespace

Run run_texts(const CommonOptions& options, const TextOptions& texts, Model& model,
              TraceOptions trace) {
  const TokenSequence text = tokenize_texts(options, texts, model, &trace.settings);
  return run_model(options, text, texts, model, trace);
}

std::shared_ptr<const Trace> open_source(const CommonOptions& options, const TextOptions& texts,
                                         const std::string& ablate) {
  check_texts(texts);
  if (!texts.trace.empty()) {
    refuse_run_options(texts, ablate);
    return texts.trace == "demo" ? demo_trace() : read_trace(texts.trace);
  }
  truncation_option(texts.truncate);  // wrong usage is said before the model is read
  const std::unique_ptr<Model> model = open_model_of(options);
  TraceOptions trace;
  trace.settings.ablations = parse_ablations(ablate, model->runner().stacks());
  TokenSequence text = tokenize_texts(options, texts, *model, &trace.settings);
  mask_tokens(text, texts.masked, *model, trace.settings);
  return run_model(options, text, texts, *model, trace).trace;
}

}  // namespace headscope::cli
