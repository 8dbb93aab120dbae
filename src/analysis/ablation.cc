#include "headscope/ablation.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "headscope/error.h"

namespace headscope {
namespace {

constexpr int64_t kEvery = 7;  // one token in seven: 14.3 %

}  // namespace

std::vector<int> masked_positions(const TokenSequence& text, int64_t segment) {
  std::vector<int> words;
  for (int64_t i = 0; i < text.size(); ++i) {
    if (!text.special[static_cast<size_t>(i)]) words.push_back(static_cast<int>(i));
  }
  std::vector<int> masked;
  // A text of fewer than seven tokens still gives one.
  const auto count = static_cast<int64_t>(words.size());
  for (int64_t w = count == 0 ? 0 : segment % std::min(kEvery, count); w < count; w += kEvery) {
    masked.push_back(words[static_cast<size_t>(w)]);
  }
  return masked;
}

MeanContexts::MeanContexts(std::span<const StackInfo> stacks)
    : heads_(all_heads(stacks)), rows_(stacks.size()) {
  for (const HeadRef head : heads_) {
    const StackInfo& stack = stacks[static_cast<size_t>(head.stack)];
    sums_.emplace_back(static_cast<size_t>(stack.layer(head.id.layer).value_dim), 0.0);
  }
}

void MeanContexts::add(const AttentionSource& source) {
  constexpr int64_t kBlock = 64;  // rows asked for at a time: keys are packed once for all of them
  for (const HeadRef head : heads_) {
    if (!source.value(head).empty()) continue;
    throw Error(ErrorCode::kUsage, "a source without values", "a trace that keeps them", {},
                "HS-CAP-01");
  }
  parallel_for(static_cast<int64_t>(heads_.size()), [&](int64_t index) {
    const auto h = static_cast<size_t>(index);
    const HeadRef head = heads_[h];
    const int64_t n = source.info().tokens(head.stack, Side::kQuery).size();
    const int64_t m = source.info().tokens(head.stack, Side::kKey).size();
    const HeadVectors value = source.value(head);  // [M, Dh]
    std::vector<float> block(static_cast<size_t>(std::min(kBlock, n) * m));
    std::vector<double> mass(static_cast<size_t>(m), 0.0);
    for (int64_t first = 0; first < n; first += kBlock) {
      const Range rows{first, std::min(n, first + kBlock)};
      source.weights(head, rows, {0, m}, block.data());
      for (int64_t i = 0; i < rows.size(); ++i) {
        const float* row = block.data() + i * m;
        for (size_t j = 0; j < mass.size(); ++j) mass[j] += double{row[j]};
      }
    }
    for (int64_t j = 0; j < m; ++j) {
      for (size_t d = 0; d < sums_[h].size(); ++d) {
        sums_[h][d] += mass[static_cast<size_t>(j)] * double{value(j, static_cast<int64_t>(d))};
      }
    }
  });
  for (size_t s = 0; s < rows_.size(); ++s) {
    rows_[s] += source.info().tokens(static_cast<int>(s), Side::kQuery).size();
  }
}

std::vector<float> MeanContexts::mean(size_t head) const {
  std::vector<float> out;
  const int64_t rows = rows_[static_cast<size_t>(heads_.at(head).stack)];
  for (const double sum : sums_.at(head)) {
    out.push_back(static_cast<float>(sum / static_cast<double>(std::max<int64_t>(1, rows))));
  }
  return out;
}

AblationStudy::AblationStudy(std::span<const StackInfo> stacks, AblationKind kind,
                             const MeanContexts* means)
    : heads_(all_heads(stacks)), variants_(1), sums_(heads_.size()) {
  for (size_t h = 0; h < heads_.size(); ++h) {
    Ablation ablation{heads_[h], kind, {}};
    if (kind == AblationKind::kMean && means) ablation.mean = means->mean(h);
    variants_.push_back({std::move(ablation)});
  }
}

void AblationStudy::add(MaskedPredictor& predictor, const TokenSequence& text, int64_t segment,
                        const RunControl& control) {
  MaskedQuery query;
  query.masked = query.positions = masked_positions(text, segment);
  if (query.masked.empty()) return;
  for (const int i : query.masked) query.targets.push_back(text.ids[static_cast<size_t>(i)]);
  const auto answers = predictor.log_probabilities_under(text, {&query, 1}, variants_, control);
  for (size_t h = 0; h < heads_.size(); ++h) add_changes(h, answers[0][0], answers[h + 1][0]);
  segments_ += 1;
}

void AblationStudy::add(NextPredictor& predictor, const ModelInput& input,
                        const RunControl& control) {
  const TokenSequence& text = input.target ? *input.target : input.text;
  std::vector<size_t> asked;  // places in the answers, which begin with the second token
  for (size_t i = 1; i < text.special.size(); ++i) {
    if (!text.special[i]) asked.push_back(i - 1);
  }
  if (asked.empty()) return;
  auto answers = predictor.log_probabilities_under(input, variants_, control);
  for (std::vector<double>& variant : answers) {
    for (size_t k = 0; k < asked.size(); ++k) variant[k] = variant.at(asked[k]);
    variant.resize(asked.size());
  }
  for (size_t h = 0; h < heads_.size(); ++h) add_changes(h, answers[0], answers[h + 1]);
  segments_ += 1;
}

void AblationStudy::add_changes(size_t head, const std::vector<double>& with,
                                const std::vector<double>& without) {
  double change = 0;
  const auto tokens = static_cast<double>(with.size());
  for (size_t k = 0; k < with.size(); ++k) change += without[k] - with[k];
  Sum& sum = sums_[head];
  sum.change += change;
  sum.tokens += tokens;
  sum.change_squared += change * change;
  sum.change_tokens += change * tokens;
  sum.tokens_squared += tokens * tokens;
}

void AblationStudy::merge(const AblationStudy& other) {
  if (heads_ != other.heads_) {
    throw Error(ErrorCode::kBadInput, std::to_string(other.heads_.size()) + " heads",
                std::to_string(heads_.size()) + " heads, of the same model");
  }
  for (size_t h = 0; h < heads_.size(); ++h) {
    const Sum& from = other.sums_[h];
    sums_[h].change += from.change;
    sums_[h].tokens += from.tokens;
    sums_[h].change_squared += from.change_squared;
    sums_[h].change_tokens += from.change_tokens;
    sums_[h].tokens_squared += from.tokens_squared;
  }
  segments_ += other.segments_;
}

std::vector<HeadEffect> AblationStudy::effects() const {
  std::vector<HeadEffect> out;
  for (size_t h = 0; h < heads_.size(); ++h) {
    const Sum& s = sums_[h];
    HeadEffect effect{heads_[h], std::nan(""), std::nan(""), static_cast<int64_t>(s.tokens)};
    if (s.tokens > 0) {
      effect.change = s.change / s.tokens;
      const double spread = s.change_squared - 2 * effect.change * s.change_tokens +
                            effect.change * effect.change * s.tokens_squared;
      effect.se = std::sqrt(std::max(0.0, spread)) / s.tokens;
    }
    out.push_back(effect);
  }
  return out;
}

void AblationStudy::restore(std::vector<Sum> sums, int64_t segments) {
  if (sums.size() != heads_.size()) {
    throw Error(ErrorCode::kBadInput, "sums of " + std::to_string(sums.size()) + " heads",
                std::to_string(heads_.size()));
  }
  sums_ = std::move(sums);
  segments_ = segments;
}

}  // namespace headscope
