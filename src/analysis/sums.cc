#include "analysis/sums.h"

#include <algorithm>

#include "headscope/error.h"

namespace headscope {

void add_words(Example& example, const AttentionSource& source, HeadRef head, bool window) {
  constexpr int32_t kAround = 6, kWidest = 48;
  const TokenSequence& text = source.info().tokens(head.stack, Side::kQuery);
  const TokenSequence& keys = source.info().tokens(head.stack, Side::kKey);
  example.query_token = text.tokens[static_cast<size_t>(example.query)];
  example.key_token = keys.tokens[static_cast<size_t>(example.key)];
  if (!window) return;
  const auto n = static_cast<int32_t>(text.size());
  int32_t begin = std::max(0, std::min(example.query, example.key) - kAround);
  int32_t end = std::min(n, std::max(example.query, example.key) + kAround + 1);
  if (end - begin > kWidest) {
    begin = std::max(0, example.query - kWidest / 2);
    end = std::min(n, begin + kWidest);
  }
  example.start = begin;
  example.tokens.assign(text.tokens.begin() + begin, text.tokens.begin() + end);
  example.row.resize(example.tokens.size());
  source.weights(head, {example.query, example.query + 1}, {begin, end}, example.row.data());
}

void Sums::reset(StackHeads stack_heads) {
  of = std::move(stack_heads);
  head.assign(heads(), HeadSums{});
  evidence.assign(heads(), {});
  by_distance.assign(heads(), {});
}

size_t Sums::intern(const std::string& token_text) {
  const auto [it, added] = vocabulary.try_emplace(token_text, token.size());
  if (added) {
    token.push_back(token_text);
    attended.emplace_back(heads(), 0.0);
    occurrences.push_back(0);
  }
  return it->second;
}

void Sums::sort_predictive() {
  std::sort(predictive.begin(), predictive.end(), [](const auto& a, const auto& b) {
    return std::tie(a.text, a.unit) < std::tie(b.text, b.unit);
  });
}

void Sums::merge(const Sums& other) {
  if (of != other.of) {
    throw Error(ErrorCode::kBadInput, std::to_string(other.heads()) + " heads",
                std::to_string(heads()) + " heads, of the same model");
  }
  segments += other.segments;
  tokens += other.tokens;
  words += other.words;
  for (size_t h = 0; h < heads(); ++h) {
    add_sums(head[h], other.head[h]);
    for (size_t e = 0; e < kEvidenceScores.size(); ++e) {
      for (const Example& x : other.evidence[h][e].examples) {
        Evidence::insert(evidence[h][e].examples, false, x);
      }
      for (const Example& x : other.evidence[h][e].exceptions) {
        Evidence::insert(evidence[h][e].exceptions, true, x);
      }
    }
    for (size_t d = 0; d < kOffsets; ++d) by_distance[h][d] += other.by_distance[h][d];
  }
  for (size_t d = 0; d < kOffsets; ++d) distance_pairs[d] += other.distance_pairs[d];
  for (size_t t = 0; t < other.token.size(); ++t) {
    const size_t row = intern(other.token[t]);
    occurrences[row] += other.occurrences[t];
    for (size_t h = 0; h < heads(); ++h) attended[row][h] += other.attended[t][h];
  }
  if (js.empty()) js.assign(other.js.size(), 0.0);
  for (size_t k = 0; k < other.js.size(); ++k) js[k] += other.js[k];
  js_rows += other.js_rows;
  predictive.insert(predictive.end(), other.predictive.begin(), other.predictive.end());
  sort_predictive();
  if (probe.empty()) probe = other.probe;
  causal = causal || other.causal;
}

}  // namespace headscope
