// From the command line's words to a model, tokens and a trace.
#include <filesystem>
#include <fstream>
#include <iterator>
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
  model.precision = options.products();
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

namespace {

std::string read_bytes(const std::string& path) {
  std::error_code failed;
  constexpr uintmax_t kMost = uintmax_t{256} << 20;
  if (std::filesystem::is_directory(path, failed)) {
    throw Error(ErrorCode::kBadInput, path + " is a folder", "a file");
  }
  const uintmax_t size = std::filesystem::file_size(path, failed);
  std::ifstream in(path, std::ios::binary);
  if (failed || !in) throw Error(ErrorCode::kNotFound, "no file '" + path + "'", "a readable file");
  if (size > kMost) {
    throw Error(ErrorCode::kBadInput, path + " has " + std::to_string(size) + " bytes",
                "at most " + std::to_string(kMost), {}, "HS-IMAGE-01");
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

// One of the model's texts, whole where it fits; `settings` notes where it had to be shortened.
template <class Tokenize>
TokenSequence shortened(const TokenizeOptions& wanted, RunSettings* settings, Tokenize tokenize) {
  if (wanted.truncation == Truncation::kNone) return tokenize(wanted);
  TokenizeOptions whole = wanted;
  whole.truncation = Truncation::kNone;
  try {
    return tokenize(whole);
  } catch (const Error& error) {
    if (error.id() != "HS-LEN-01") throw;
  }
  if (settings) {
    settings->truncation = wanted.truncation;
    settings->max_tokens = wanted.max_tokens;
  }
  return tokenize(wanted);
}

}  // namespace

ModelInput tokenize_texts(const CommonOptions& options, const TextOptions& texts, Model& model,
                          RunSettings* settings) {
  check_texts(texts);
  const TokenizeOptions wanted = tokenize_options(texts);
  ModelInput input;
  if (!texts.image.empty()) {
    input = model.runner().picture(read_bytes(texts.image), texts.image);
  } else if (!texts.pixels.empty()) {
    input = model.runner().pixels(read_bytes(texts.pixels), texts.pixels);
  } else if (!texts.ids.empty()) {
    input.text = model.sequence(texts.ids, texts.segments);
  } else {
    warn_invalid_utf8(options, texts.texts[0], "text A");
    std::optional<std::string> b;
    if (texts.texts.size() == 2) {
      b = texts.texts[1];
      warn_invalid_utf8(options, *b, "text B");
    }
    input.text = shortened(wanted, settings, [&](const TokenizeOptions& how) {
      return model.runner().tokenize(texts.texts[0], b, how);
    });
  }
  if (!texts.target_ids.empty()) input.target = model.sequence(texts.target_ids);
  if (texts.target) {
    warn_invalid_utf8(options, *texts.target, "the target text");
    input.target = shortened(wanted, settings, [&](const TokenizeOptions& how) {
      return model.runner().tokenize_target(*texts.target, how);
    });
  }
  // Generated text begins with the decoder's start token.
  if (texts.generate && !input.target && model.runner().reads_target()) {
    input.target = model.runner().tokenize_target("");
  }
  return input;
}

namespace {

Run run_model(const CommonOptions& options, const ModelInput& input, const TextOptions& texts,
              Model& model, const TraceOptions& trace) {
  if (!texts.generate) {
    LongWork work(options.quiet, "Running the model");
    return {model.runner().trace(std::span(&input, 1), trace, work.control()).at(0), {}};
  }
  if (!model.generator()) {
    throw Error(ErrorCode::kUsage,
                "--generate with " + model.runner().model().name +
                    ", which does not predict the next token",
                "a causal model");
  }
  LongWork work(options.quiet, "Generating", "tokens");
  Generation out = model.generator()->generate(input, {*texts.generate, trace}, work.control());
  work.control().cancel.check();
  for (const std::string& note : out.notes) warn(options, note);
  return {out.trace, std::move(out)};
}

// As "Mask this word" of the app: the text stays, and the model sees mask tokens in it.
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
  const ModelInput input = tokenize_texts(options, texts, model, &trace.settings);
  return run_model(options, input, texts, model, trace);
}

std::shared_ptr<const Trace> open_source(const CommonOptions& options, const TextOptions& texts,
                                         const std::string& ablate) {
  check_texts(texts);
  if (!texts.trace.empty()) {
    refuse_run_options(texts, ablate);
    return texts.trace == "demo" ? demo_trace() : read_trace(texts.trace);
  }
  truncation_option(texts.truncate);  // wrong usage is reported before the model is read
  const std::unique_ptr<Model> model = open_model_of(options);
  TraceOptions trace;
  trace.settings.ablations = parse_ablations(ablate, model->runner().stacks());
  ModelInput input = tokenize_texts(options, texts, *model, &trace.settings);
  mask_tokens(input.text, texts.masked, *model, trace.settings);
  return run_model(options, input, texts, *model, trace).trace;
}

}  // namespace headscope::cli
