// The settings of a run, beside its texts: heads switched off, words masked, texts shortened.
// One struct for the engine's options, trace files, the wire, figures and their captions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "headscope/tensor.h"

namespace headscope {

struct StackInfo;

enum class AblationKind {
  kZero,    // the head's context vectors, before the output projection, are 0
  kMean,    // … are their mean over the text's tokens (or Ablation::mean, a sample's)
  kUniform  // its attention rows are 1/M over the unmasked keys
};

std::string_view name_of(AblationKind kind);  // "zero", "mean", "uniform"
// The inverse; nullopt for other words.
std::optional<AblationKind> parse_ablation_kind(std::string_view name);

struct Ablation {
  HeadRef head;
  AblationKind kind = AblationKind::kZero;
  std::vector<float> mean;  // kMean: [Dh] of a sample; empty = this text's own mean

  friend bool operator==(const Ablation&, const Ablation&) = default;
};

// Parses "L8H9", "L8H9:mean", "L2H*" and "encoder.L2H0", separated by commas, against the model's
// stacks; "" is no ablation. A bare name means `stack`. Throws Error(kUsage).
std::vector<Ablation> parse_ablations(const std::string& text, std::span<const StackInfo> stacks,
                                      int stack = 0);
// "L8H9:zero,L2H1:mean", with stacks where there are several: parse_ablations reads it.
std::string to_string(std::span<const Ablation> ablations, std::span<const StackInfo> stacks);

enum class Truncation { kNone, kLongestFirst, kOnlyFirst, kOnlySecond };

// "none", "longest-first", "only-first", "only-second"
std::string_view name_of(Truncation strategy);
// The inverse; nullopt for other words.
std::optional<Truncation> parse_truncation(std::string_view name);

// The settings of a run.
struct RunSettings {
  std::vector<Ablation> ablations;
  std::vector<int32_t> masked;      // query tokens of the first stack that [MASK] stands for
  std::vector<int32_t> masked_ids;  // the ids that stood there; empty where that is not known
  // The texts were shortened: how, and to how many tokens (nullopt = the model's positions).
  Truncation truncation = Truncation::kNone;
  std::optional<int64_t> max_tokens;
  bool zero_segment_ids = false;  // zeros were fed for both sentences

  bool truncated() const { return truncation != Truncation::kNone; }
  friend bool operator==(const RunSettings&, const RunSettings&) = default;
};

// The `settings` of a trace file (docs/formats.md), a JSON object.
std::string to_json(const RunSettings& settings, std::span<const StackInfo> stacks);

}  // namespace headscope
