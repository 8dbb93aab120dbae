// Ablation study: how predictions of words change when a head is switched off.
//
// Of a model that fills masks every seventh token of a segment that is not special is masked (15 %,
// as in BERT's training; the first one moves with the segment's number); a causal model, and the
// decoder of an encoder–decoder model, predicts every token that is not special from those before
// it. For each head the change of their
// log-probability is measured with that head ablated. Attention shows routing; this tests effect.
// One head at a time: heads that stand in for each other show no change alone (Michel, Levy, Neubig
// 2019, Are Sixteen Heads Really Better than One?).
//
// Goals: sums that add, so that a killed run resumes and ends with the same numbers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "headscope/runner.h"

namespace headscope {

struct HeadEffect {
  HeadRef head;
  double change = 0;  // mean of log p(ablated) − log p, nats; below 0: the head helped
  double se = 0;      // over segments
  int64_t n = 0;      // predicted tokens
};

// Masked positions of a segment, ascending.
std::vector<int> masked_positions(const TokenSequence& text, int64_t segment);

// Mean context vectors of every head over a sample of texts, [Dh] each: what kMean puts in a head's
// place.
class MeanContexts {
 public:
  // `stacks`: all of the model.
  explicit MeanContexts(std::span<const StackInfo> stacks);
  // Adds Σ_j A[i,j] v_j of all rows i. The source must hold values.
  void add(const AttentionSource& source);
  std::vector<float> mean(size_t head) const;

 private:
  std::vector<HeadRef> heads_;
  std::vector<std::vector<double>> sums_;  // [heads][Dh]
  std::vector<int64_t> rows_;              // [stacks] rows added
};

class AblationStudy {
 public:
  // Every head of every stack. kMean: `means` holds the sample's contexts of the same heads;
  // otherwise unused.
  AblationStudy(std::span<const StackInfo> stacks, AblationKind kind,
                const MeanContexts* means = nullptr);

  // Runs one segment under every head's ablation; adds nothing when cancelled (throws
  // Error(kInterrupted)).
  void add(MaskedPredictor& predictor, const TokenSequence& text, int64_t segment,
           const RunControl& control = {});
  void add(NextPredictor& predictor, const ModelInput& input, const RunControl& control = {});
  // Sums add. Throws Error(kBadInput) for other heads.
  void merge(const AblationStudy& other);

  int64_t segments() const { return segments_; }
  std::vector<HeadEffect> effects() const;

  // Σ over segments: change of log p, predicted tokens, and their products.
  struct Sum {
    double change = 0, tokens = 0;
    double change_squared = 0, change_tokens = 0, tokens_squared = 0;
  };
  const std::vector<Sum>& sums() const { return sums_; }  // [heads]
  // Continues from sums of as many heads and segments.
  void restore(std::vector<Sum> sums, int64_t segments);

 private:
  // The change of one segment: log p of its tokens with the model as it is and under each variant.
  void add_changes(size_t head, const std::vector<double>& with,
                   const std::vector<double>& without);

  std::vector<HeadRef> heads_;
  std::vector<std::vector<Ablation>> variants_;  // none, then one a head
  std::vector<Sum> sums_;                        // [heads]
  int64_t segments_ = 0;
};

}  // namespace headscope
