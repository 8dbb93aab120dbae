// The Model that open_model() gives: a transformer with its heads, a tokenizer, and the passes that
// answer Runner, MaskedPredictor, NextPredictor and Embeddings. What it is to others is what Model
// says: the interfaces behind it are private.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "headscope/error.h"
#include "headscope/generation.h"
#include "headscope/model.h"
#include "headscope/precision.h"
#include "io/model_source.h"
#include "model/forward.h"
#include "model/heads.h"
#include "model/transformer.h"

namespace headscope {

class TransformerModel final : public Model,
                               private Runner,
                               private MaskedPredictor,
                               private NextPredictor,
                               private Generator,
                               private Embeddings,
                               private InputParts {
 public:
  TransformerModel(ModelSource source, const ModelOptions& options, const RunControl& control);

  Runner& runner() override { return *this; }
  MaskedPredictor* masked() override { return predicts(VocabularySpec::Kind::kMasked); }
  NextPredictor* next() override { return predicts(VocabularySpec::Kind::kNext); }
  Generator* generator() override { return predicts(VocabularySpec::Kind::kNext); }
  const Embeddings* embeddings() const override { return reads_pictures() ? nullptr : this; }
  const InputParts* input_parts() const override { return parts_.empty() ? nullptr : this; }
  bool is_streamed() const override { return transformer_->is_streamed(); }
  Precision precision() const override { return transformer_->precision(); }
  const std::vector<std::string>& notes() const override { return notes_; }
  const Tokenizer* tokenizer() const override { return tokenizer_.get(); }
  std::optional<double> next_sentence(const TokenSequence& text,
                                      const std::vector<Ablation>& ablations) override;
  TokenSequence sequence(std::span<const int32_t> ids,
                         std::span<const int32_t> segments) const override;
  int64_t bytes_needed(int64_t batch, int64_t tokens, const TraceOptions& options) const override;

  const Transformer& transformer() const { return *transformer_; }

 private:
  const ModelInfo& model() const override;
  const std::vector<StackInfo>& stacks() const override { return stacks_; }
  int64_t max_positions() const override { return spec().positions; }
  TokenSequence tokenize(const std::string& a, const std::optional<std::string>& b,
                         const TokenizeOptions& options) const override;
  bool reads_target() const override { return decoder_ != nullptr; }
  TokenSequence tokenize_target(const std::string& text,
                                const TokenizeOptions& options) const override;
  bool reads_pictures() const override { return spec().embedding.patches.has_value(); }
  ModelInput picture(std::string_view bytes, const std::string& name) const override;
  ModelInput pixels(std::string_view bytes, const std::string& name) const override;
  std::vector<std::shared_ptr<const Trace>> trace(std::span<const TokenSequence> texts,
                                                  const TraceOptions& options,
                                                  const RunControl& control) override;
  std::vector<std::shared_ptr<const Trace>> trace(std::span<const ModelInput> inputs,
                                                  const TraceOptions& options,
                                                  const RunControl& control) override;

  std::vector<std::vector<double>> log_probabilities(const TokenSequence& text,
                                                     std::span<const MaskedQuery> queries,
                                                     const std::vector<Ablation>& ablations,
                                                     const RunControl& control) override;
  std::vector<std::vector<std::vector<double>>> log_probabilities_under(
      const TokenSequence& text, std::span<const MaskedQuery> queries,
      std::span<const std::vector<Ablation>> variants, const RunControl& control) override;
  std::vector<std::vector<TokenProbability>> predict(const TokenSequence& text,
                                                     std::span<const int> positions, int top,
                                                     const std::vector<Ablation>& ablations,
                                                     const RunControl& control) override;
  std::vector<std::vector<TokenProbability>> predict(const ModelInput& input,
                                                     std::span<const int> positions, int top,
                                                     const std::vector<Ablation>& ablations,
                                                     const RunControl& control) override;
  std::vector<std::vector<double>> log_probabilities_under(
      const ModelInput& input, std::span<const std::vector<Ablation>> variants,
      const RunControl& control) override;
  int32_t mask_id() const override;

  Generation generate(const ModelInput& prompt, const GenerationOptions& options,
                      const RunControl& control, const GenerationWatch& watch) override;

  int64_t width() const override { return spec().embedding.width; }
  void centred(int32_t id, float* out) const override;

  const std::vector<std::string>& names() const override { return parts_; }
  Split split(const TokenSequence& text, int head, int64_t query) const override;

  const ModelSpec& spec() const { return transformer_->spec(); }
  TransformerModel* predicts(VocabularySpec::Kind kind) {
    const ModelSpec& its = decoder_ ? decoder_->spec() : spec();
    return vocabulary_ && its.vocabulary.kind == kind ? this : nullptr;
  }
  void load_weights(WeightPlace wanted, const RunControl& control);
  void find_error(const ModelOptions& options, const RunControl& control);
  void open_tokenizer(const std::string& given);
  const Tokenizer& readable_tokenizer() const;
  // Throws Error(kUsage): a target that is not read, or none where one is; Error(kBadInput): longer
  // than the model's positions.
  void check(const ModelInput& input) const;
  void find_special_ids();
  void find_end_ids();
  // Throws Error(kUsage) for heads that the model lacks and means of another width.
  void check(const std::vector<Ablation>& ablations) const;
  void check_id(int32_t id) const;
  void check_generation(const TokenSequence& prompt, const GenerationOptions& options) const;
  void check_positions(const TokenSequence& text, std::span<const int> positions) const;
  std::vector<TokenProbability> best_of(std::span<const float> logits, int top) const;
  // The model's stacks with the layers that are to be kept.
  std::vector<StackInfo> kept_stacks(const std::vector<int>& layers) const;
  // Runs the encoder; what a decoder attends to of each source. `rows` holds the hidden states.
  std::vector<Memory> encode(std::span<const PassText> sources, Buffer& rows,
                             const RunControl& control);
  // log_probabilities_under() of an encoder–decoder model.
  std::vector<std::vector<double>> target_log_probabilities(
      const ModelInput& input, std::span<const std::vector<Ablation>> variants,
      const RunControl& control);
  // trace() of inputs whose products are of one kind, in one pass.
  std::vector<std::shared_ptr<const Trace>> trace_step(std::span<const ModelInput* const> inputs,
                                                       const TraceOptions& options,
                                                       const std::vector<StackInfo>& stacks,
                                                       const RunControl& control);
  void append_token(int32_t id, TokenSequence& text) const;
  std::shared_ptr<const Trace> cached_trace(const TokenSequence& text, const TraceOptions& options,
                                            TextCache& cache);
  // `products`: of the run that the trace is of.
  TraceInfo trace_info(const ModelInput& input, const TraceOptions& options,
                       const std::vector<StackInfo>& stacks, ProductKind products) const;
  // The rows of `positions` of one input's last hidden states, the target's where there is one;
  // valid until the next run.
  const float* last_rows(const ModelInput& input, std::span<const int> positions,
                         const std::vector<Ablation>& ablations, const RunControl& control);

  ModelSource source_;
  bool wants_fingerprint_;
  mutable std::once_flag fingerprint_once_, mean_once_;
  mutable ModelInfo info_;
  ComputedInfo computed_;            // of a short text
  mutable std::vector<float> mean_;  // [E] of the word embeddings
  std::vector<StackInfo> stacks_;
  std::vector<std::string> notes_, generation_notes_;
  std::vector<std::string> parts_;  // of the first layer's input; empty: it is no such sum
  std::unique_ptr<const Tokenizer> tokenizer_;
  std::optional<Error> no_tokenizer_;                  // why there is none
  std::unique_ptr<const Tokenizer> target_tokenizer_;  // null: the same
  std::set<int32_t> special_ids_, end_ids_;
  std::unique_ptr<Transformer> transformer_;  // the model, or its encoder
  std::unique_ptr<ForwardPass> pass_;
  std::unique_ptr<Transformer> decoder_;  // null: the model has one stack
  std::unique_ptr<ForwardPass> decoder_pass_;
  std::optional<VocabularyHead> vocabulary_;
  std::optional<NextSentenceHead> next_sentence_;
};

}  // namespace headscope
