// What heads of a causal model do on the probe (headscope/probe.h): how well each continues a
// repetition, finds a word's earlier self, looks one token back, rests on the first token.
#pragma once

#include <array>
#include <vector>

#include "headscope/attention_source.h"
#include "headscope/scores.h"

namespace headscope {

// Scores that are measured on the probe. kCls is that of the first token.
inline constexpr std::array kProbed = {Score::kInduction, Score::kDuplicate, Score::kPrevious,
                                       Score::kCls};

struct ProbedHead {
  HeadId id;
  std::array<double, kProbed.size()> value{};   // NaN where nothing was asked
  std::array<double, kProbed.size()> chance{};  // docs/patterns.md, "Chance"
};

// Every head of the stack, in (layer, head) order, on the probe text whose trace this is.
std::vector<ProbedHead> probe_scores(const AttentionSource& probe, int stack = 0);

}  // namespace headscope
