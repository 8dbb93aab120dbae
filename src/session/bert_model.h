// The Model that open_model() gives: an encoder with its heads, a tokenizer, and the passes that
// answer Runner, MaskedPredictor and Embeddings.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "headscope/model.h"
#include "model/encoder.h"
#include "model/forward.h"
#include "model/heads.h"

namespace headscope {

class BertModel : public Model {
 public:
  BertModel(const std::string& directory, const ModelOptions& options, const RunControl& control);

  const ModelInfo& model() const override;
  const std::vector<StackInfo>& stacks() const override { return stacks_; }
  int64_t max_positions() const override { return config().positions; }
  TokenSequence tokenize(const std::string& a, const std::optional<std::string>& b,
                         const TokenizeOptions& options) const override;
  std::vector<std::shared_ptr<const Trace>> trace(std::span<const TokenSequence> texts,
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
  int32_t mask_id() const override { return tokenizer_->special().mask; }
  std::optional<double> next_sentence(const TokenSequence& text,
                                      const std::vector<Ablation>& ablations) override;

  int64_t width() const override { return config().block.width; }
  void centred(int32_t id, float* out) const override;

  bool has_mlm_head() const override { return mlm_.has_value(); }
  bool has_next_sentence_head() const override { return next_sentence_.has_value(); }
  const Tokenizer& tokenizer() const override { return *tokenizer_; }
  int64_t bytes_needed(int64_t batch, int64_t tokens, const TraceOptions& options) const override;

  const Encoder& encoder() const { return *encoder_; }

 private:
  const ModelConfig& config() const { return encoder_->config(); }
  // Throws Error(kUsage) for heads that the model lacks and means of another width.
  void check(const std::vector<Ablation>& ablations) const;
  void check_id(int32_t id) const;
  void check_positions(const TokenSequence& text, std::span<const int> positions) const;
  MaskedLanguageHead& mlm();
  std::vector<TokenProbability> best_of(std::span<const float> logits, int top) const;
  void trace_step(std::span<const TokenSequence> texts, const TraceOptions& options,
                  const std::vector<int>& layers, const RunControl& control,
                  std::vector<std::shared_ptr<const Trace>>& out);
  TraceInfo trace_info(const TokenSequence& text, const TraceOptions& options,
                       const std::vector<int>& layers) const;

  std::string directory_;
  bool wants_fingerprint_;
  mutable std::once_flag fingerprint_once_, mean_once_;
  mutable ModelInfo info_;
  mutable std::vector<float> mean_;  // [D] of the word embeddings
  std::vector<StackInfo> stacks_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<ForwardPass> pass_;
  std::optional<MaskedLanguageHead> mlm_;
  std::optional<NextSentenceHead> next_sentence_;
};

}  // namespace headscope
