// What the core needs from an engine. `headscope_engine` implements these; an offline file has
// none, and the features that need one are then off and say why.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/run_control.h"
#include "headscope/trace.h"

namespace headscope {

struct TokenizeOptions {
  Truncation truncation = Truncation::kNone;
  std::optional<int64_t> max_tokens;  // counts special tokens; default: the model's positions
  std::optional<bool> lower_case;     // overrides the model's setting (`--cased`)
  bool allow_empty = false;           // a text A without tokens is an error elsewhere
};

struct TraceOptions {
  // What is done to the run: ablations and segment ids. How the texts came to be (masked,
  // shortened) is only carried into the trace.
  RunSettings settings;
  std::vector<int> layers;      // kept in the trace; empty = all
  bool with_attention = false;  // store the maps too ([H,N,M] a layer)
  bool with_hidden = false;     // store hidden states, L+1 of [N,D]
  bool with_values = true;      // store values and their norms, which weights do not need
};

// A picture as a model reads it.
struct Pixels {
  std::vector<float> values;  // [channels, height, width], normalised
  Array image;                // U8 [height, width, 3] as resized; empty where values were given
};

// What a model is run on: a text, and what some models read beside it.
struct ModelInput {
  TokenSequence text;                    // of an encoder–decoder model the source
  std::optional<TokenSequence> target;   // what its decoder is fed, the start token first
  std::shared_ptr<const Pixels> pixels;  // of a model that reads pictures; `text` names its squares

  ModelInput() = default;
  ModelInput(TokenSequence only) : text(std::move(only)) {}  // NOLINT: a text is an input
};

class Runner {
 public:
  virtual ~Runner() = default;
  virtual const ModelInfo& model() const = 0;
  // Stacks and layers of a trace that this runner makes.
  virtual const std::vector<StackInfo>& stacks() const = 0;
  virtual int64_t max_positions() const = 0;

  // Throws Error(kBadInput, "HS-LEN-01") with both numbers when the text is too long and
  // truncation is kNone.
  // Models that read a target take no text B: Error(kUsage).
  virtual TokenSequence tokenize(const std::string& a, const std::optional<std::string>& b,
                                 const TokenizeOptions& options = {}) const = 0;

  // An encoder–decoder model: every input needs a target.
  virtual bool reads_target() const { return false; }
  // What the decoder is fed for a target text, which may be empty: its start token and the text's
  // tokens without the end token. Throws as tokenize() does; Error(kUsage) where no target is read.
  virtual TokenSequence tokenize_target(const std::string& text,
                                        const TokenizeOptions& options = {}) const;

  // A model that reads pictures, and no texts.
  virtual bool reads_pictures() const { return false; }
  // A PNG or JPEG file's bytes, resized and normalised as the model's preprocessor_config.json
  // says; tokens are "[CLS]", then "p0,0", "p0,1", … row by row. `name`: what errors call the file.
  // Throws Error(kBadInput, HS-IMAGE-01); Error(kUsage) where no picture is read.
  virtual ModelInput picture(std::string_view bytes, const std::string& name) const;
  // A .npy file's bytes: float32 [channels, height, width], already normalised.
  virtual ModelInput pixels(std::string_view bytes, const std::string& name) const;

  // One trace a sequence, in order, computed in one padded batch. Not thread-safe: one compute
  // thread owns the runner (design: a single OpenMP team).
  virtual std::vector<std::shared_ptr<const Trace>> trace(std::span<const TokenSequence> texts,
                                                          const TraceOptions& options = {},
                                                          const RunControl& control = {}) = 0;
  // The same of whole inputs. Throws Error(kUsage) where an input has a target and the model reads
  // none, or the other way round.
  virtual std::vector<std::shared_ptr<const Trace>> trace(std::span<const ModelInput> inputs,
                                                          const TraceOptions& options = {},
                                                          const RunControl& control = {});
};

struct TokenProbability {
  int32_t id = 0;
  std::string token;
  float probability = 0.0f;
};

// One question to the masked-language-model head.
struct MaskedQuery {
  std::vector<int> masked;       // positions replaced by [MASK] before the run
  std::vector<int> positions;    // where the answer is read
  std::vector<int32_t> targets;  // the token id whose log-probability is asked, one a position
};

class MaskedPredictor {
 public:
  virtual ~MaskedPredictor() = default;
  // log p(targets[i] | text with `masked` masked) at positions[i], natural log, one vector a query.
  // Batched inside; sequences of one text share its length, so no padding is spent.
  virtual std::vector<std::vector<double>> log_probabilities(
      const TokenSequence& text, std::span<const MaskedQuery> queries,
      const std::vector<Ablation>& ablations = {}, const RunControl& control = {}) = 0;
  // log_probabilities() under each of `variants`, in order: [variant][query][position]. An engine
  // computes once what the variants share: the layers before their first ablation.
  virtual std::vector<std::vector<std::vector<double>>> log_probabilities_under(
      const TokenSequence& text, std::span<const MaskedQuery> queries,
      std::span<const std::vector<Ablation>> variants, const RunControl& control = {}) {
    std::vector<std::vector<std::vector<double>>> out;
    out.reserve(variants.size());
    for (const auto& ablations : variants) {
      control.report(static_cast<int64_t>(out.size()), static_cast<int64_t>(variants.size()));
      out.push_back(log_probabilities(text, queries, ablations, {control.cancel, {}}));
    }
    return out;
  }
  // The `top` most probable tokens at each of `positions` of the text as it stands.
  virtual std::vector<std::vector<TokenProbability>> predict(
      const TokenSequence& text, std::span<const int> positions, int top,
      const std::vector<Ablation>& ablations = {}, const RunControl& control = {}) = 0;
  virtual int32_t mask_id() const = 0;
  // P(B follows A); nullopt where the weights have no next-sentence head.
  virtual std::optional<double> next_sentence(const TokenSequence& text,
                                              const std::vector<Ablation>& ablations = {}) = 0;
};

// Asks a causal model, or a decoder, what comes next.
class NextPredictor {
 public:
  virtual ~NextPredictor() = default;
  // The `top` most probable tokens after each of `positions` of the text, or of the target.
  virtual std::vector<std::vector<TokenProbability>> predict(
      const ModelInput& input, std::span<const int> positions, int top,
      const std::vector<Ablation>& ablations = {}, const RunControl& control = {}) = 0;
  // log p of each token of the text, or of the target, but the first, given those before it (and
  // the source), under each of `variants` (no ablations: an empty one): [variant][N − 1], natural
  // logarithm. An engine computes once what the variants share.
  virtual std::vector<std::vector<double>> log_probabilities_under(
      const ModelInput& input, std::span<const std::vector<Ablation>> variants,
      const RunControl& control = {}) = 0;
};

// Word embeddings with the vocabulary's mean taken off.
class Embeddings {
 public:
  virtual ~Embeddings() = default;
  virtual int64_t width() const = 0;                       // D
  virtual void centred(int32_t id, float* out) const = 0;  // out [D]
};

}  // namespace headscope
