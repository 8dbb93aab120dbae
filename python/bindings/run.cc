// From Python's words to a trace: a text, ids, a picture, a target, a text that the model
// continues.
#include "run.h"

#include <set>

#include "headscope/error.h"
#include "headscope/generation.h"
#include "headscope/mask.h"

namespace headscope::python {
namespace {

std::optional<Truncation> truncation_of(const std::string& name) {
  if (name.empty()) return std::nullopt;
  const std::optional<Truncation> found = parse_truncation(name);
  if (found) return found;
  throw Error(ErrorCode::kUsage, "truncate='" + name + "'",
              "longest-first, only-first, only-second");
}

// One of the model's texts, whole where it fits; `settings` notes where it had to be shortened.
template <class Tokenize>
TokenSequence fitted(const TraceCall& call, RunSettings& settings, Tokenize tokenize) {
  TokenizeOptions options;
  options.max_tokens = call.max_tokens;
  const std::optional<Truncation> truncation = truncation_of(call.truncate);
  try {
    return tokenize(options);
  } catch (const Error& error) {
    if (error.id() != "HS-LEN-01" || !truncation) throw;
  }
  settings.truncation = options.truncation = *truncation;
  settings.max_tokens = call.max_tokens;
  return tokenize(options);
}

ModelInput input_of(Model& model, const TraceCall& call, RunSettings& settings) {
  const Runner& runner = model.runner();
  ModelInput input;
  if (call.picture) {
    input = call.picture->is_pixels ? runner.pixels(call.picture->bytes, call.picture->name)
                                    : runner.picture(call.picture->bytes, call.picture->name);
  } else if (call.ids) {
    input.text = model.sequence(*call.ids, call.segments);
  } else {
    input.text = fitted(call, settings, [&](const TokenizeOptions& options) {
      return runner.tokenize(call.a, call.b, options);
    });
  }
  if (call.target_ids) input.target = model.sequence(*call.target_ids);
  if (call.target) {
    input.target = fitted(call, settings, [&](const TokenizeOptions& options) {
      return runner.tokenize_target(*call.target, options);
    });
  }
  // What is generated begins with the decoder's start token.
  if (call.generate && !input.target && runner.reads_target()) {
    input.target = runner.tokenize_target("");
  }
  return input;
}

void mask_tokens(Model& model, const std::vector<int>& masked, TokenSequence& text,
                 RunSettings& settings) {
  if (masked.empty()) return;
  if (!model.masked()) {
    throw Error(ErrorCode::kUsage, "masked= with a model without a masked-language-model head",
                "a model that predicts masked words", "", "HS-CAP-02");
  }
  for (const int token : std::set<int>(masked.begin(), masked.end())) {
    settings.masked.push_back(token);
    settings.masked_ids.push_back(mask_token(text, token, model.masked()->mask_id()));
  }
}

struct Made {
  std::shared_ptr<const Trace> trace;
  std::optional<Generated> generated;
};

Made make(Model& model, const TraceCall& call, const RunControl& control) {
  TraceOptions options;
  options.settings.ablations = parse_ablations(call.ablate, model.runner().stacks());
  options.layers = call.layers;
  options.with_attention = call.attention;
  options.with_hidden = call.hidden;
  ModelInput input = input_of(model, call, options.settings);
  mask_tokens(model, call.masked, input.text, options.settings);
  if (!call.generate) {
    return {model.runner().trace(std::span(&input, 1), options, control).at(0), {}};
  }
  if (!model.generator()) {
    throw Error(
        ErrorCode::kUsage,
        "generate= with " + model.runner().model().name + ", which does not predict the next token",
        "a causal model, or one with a decoder", "", "HS-CAP-02");
  }
  const Generation out = model.generator()->generate(input, {*call.generate, options}, control);
  control.cancel.check();
  return {out.trace,
          Generated{out.text, out.log_probs, std::string(name_of(out.stopped)), out.notes}};
}

}  // namespace

std::shared_ptr<OpenedTrace> run(const std::shared_ptr<OpenedModel>& self, const TraceCall& call,
                                 const nb::object& progress) {
  Made made = computed(
      progress, [&](const RunControl& control) { return make(*self->model, call, control); });
  return std::make_shared<OpenedTrace>(std::move(made.trace), self, std::move(made.generated));
}

}  // namespace headscope::python
