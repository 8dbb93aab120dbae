// Generation: a causal model continues a text, one token after the other, always the most probable
// one. What was computed for a token is kept, so a step costs one row a layer.
//
// Goals: one trace of prompt and generated tokens, whose rows equal those of one pass over all of
// them within 1e-5; what is there can be looked at while it grows. Non-goals: sampling, beams.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/run_control.h"
#include "headscope/runner.h"

namespace headscope {

struct GenerationOptions {
  int64_t tokens = 20;  // at most that many are generated, ≥ 1
  TraceOptions trace;   // ablations: kZero, kUniform, kMean with a sample's mean
};

// kEnd: the model's end token came, and is among the tokens. kLength: as many as were asked for.
// kStopped: cancelled once the prompt was through.
enum class GenerationStop { kEnd, kLength, kStopped };
std::string_view name_of(GenerationStop stop);  // "end", "length", "stopped"

// The sequence of a trace that grows: the text, or an encoder–decoder model's target.
const TokenSequence& grown_text(const TraceInfo& info);

struct Generation {
  std::shared_ptr<const Trace> trace;  // P + G tokens; generated_from = P
  const TokenSequence& grown() const { return grown_text(trace->info()); }
  std::vector<double> log_probs;  // [G] log p of each generated token, natural logarithm
  std::string text;               // the generated tokens as text; empty without a tokenizer
  GenerationStop stopped = GenerationStop::kLength;
  // Settings of the model's generation_config.json that were not applied, each as a sentence.
  std::vector<std::string> notes;
};

// What is there after each step. `trace` copies it, [tokens so far], and may be called or not.
struct GenerationStep {
  int64_t generated = 0;  // tokens, all of which were fed
  std::function<std::shared_ptr<const Trace>()> trace;
};
using GenerationWatch = std::function<void(const GenerationStep&)>;

class Generator {
 public:
  virtual ~Generator() = default;
  // Continues `prompt`: the text, or the target that the decoder has been fed so far. Progress: one
  // step a token. Throws Error(kBadInput, HS-LEN-01) before anything is run where prompt and tokens
  // together are more than the model has positions; HS-CAP-01 where its rotary positions depend on
  // the text's length, which would change on the way; Error(kUsage) for less than one token and for
  // ablations that need the whole text (kMean); Error(kInterrupted) when cancelled within the
  // prompt.
  virtual Generation generate(const ModelInput& prompt, const GenerationOptions& options,
                              const RunControl& control = {},
                              const GenerationWatch& watch = {}) = 0;
};

}  // namespace headscope
