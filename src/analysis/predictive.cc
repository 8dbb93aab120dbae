// Pattern 5: do heads look at the words that help to predict a masked word?
#include <algorithm>
#include <cmath>

#include "analysis/sums.h"
#include "base/parallel.h"
#include "headscope/error.h"

namespace headscope {
namespace {

size_t clipped(int64_t offset) {
  return static_cast<size_t>(std::clamp<int64_t>(offset, -10, 10) + 10);
}

}  // namespace

std::vector<double> predictive_contribution(MaskedPredictor& predictor, const TokenSequence& text,
                                            const RunControl& control) {
  const auto n = static_cast<size_t>(text.size());
  std::vector<int> words;
  for (size_t i = 0; i < n; ++i) {
    if (!text.special[i]) words.push_back(static_cast<int>(i));
  }
  std::vector<MaskedQuery> queries;
  queries.reserve(words.size() * (words.size() + 1) / 2);
  for (int i : words) queries.push_back({{i}, {i}, {text.ids[static_cast<size_t>(i)]}});
  for (size_t a = 0; a < words.size(); ++a) {
    for (size_t b = a + 1; b < words.size(); ++b) {
      queries.push_back(
          {{words[a], words[b]},
           {words[a], words[b]},
           {text.ids[static_cast<size_t>(words[a])], text.ids[static_cast<size_t>(words[b])]}});
    }
  }
  const auto log_p = predictor.log_probabilities(text, queries, {}, control);
  std::vector<double> c(n * n, kUndefined);
  size_t pair = words.size();
  for (size_t a = 0; a < words.size(); ++a) {
    for (size_t b = a + 1; b < words.size(); ++b, ++pair) {
      const auto i = static_cast<size_t>(words[a]), j = static_cast<size_t>(words[b]);
      c[i * n + j] = log_p[a][0] - log_p[pair][0];
      c[j * n + i] = log_p[b][0] - log_p[pair][1];
    }
  }
  return c;
}

void add_predictive_units(const AttentionSource& source, int stack,
                          const std::vector<double>& contribution, int64_t index, bool single_text,
                          Sums& sums) {
  const TokenSequence& text = source.info().query;
  const auto n = static_cast<size_t>(text.size());
  if (contribution.size() != n * n) {
    throw Error(ErrorCode::kBadInput, std::to_string(contribution.size()) + " values of pattern 5",
                std::to_string(n * n) + ", one for each pair of tokens");
  }
  std::vector<size_t> words;
  for (size_t i = 0; i < n; ++i) {
    if (!text.special[i]) words.push_back(i);
  }
  std::vector<PredictiveUnit> units(single_text ? words.size() : 1);
  const auto unit_of = [&](size_t w) -> PredictiveUnit& { return units[single_text ? w : 0]; };
  std::vector<double> positive(n * n, 0.0);
  for (size_t u = 0; u < units.size(); ++u) {
    units[u].text = index;
    units[u].unit = static_cast<int64_t>(u);
    units[u].looked.assign(sums.heads.size(), 0.0);
  }
  for (size_t w = 0; w < words.size(); ++w) {
    const size_t i = words[w];
    double best = 0;
    for (size_t j : words) {
      if (j == i) continue;
      const double c = std::max(0.0, contribution[i * n + j]);
      const size_t offset = clipped(static_cast<int64_t>(j) - static_cast<int64_t>(i));
      positive[i * n + j] = c;
      best = std::max(best, c);
      unit_of(w).by_offset[offset] += c;
      sums.twin_pairs[offset] += 1;
    }
    unit_of(w).best += best;
  }
  parallel_for(static_cast<int64_t>(sums.heads.size()), [&](int64_t head) {
    const auto h = static_cast<size_t>(head);
    std::vector<float> map(n * n);
    const auto size = static_cast<int64_t>(n);
    source.weights({stack, sums.heads[h]}, {0, size}, {0, size}, map.data());
    for (size_t w = 0; w < words.size(); ++w) {
      const size_t i = words[w];
      for (size_t j : words) {
        if (j == i) continue;
        const double a = map[i * n + j];
        unit_of(w).looked[h] += a * positive[i * n + j];
        sums.twin[h][clipped(static_cast<int64_t>(j) - static_cast<int64_t>(i))] += a;
      }
    }
  });
  sums.predictive.insert(sums.predictive.end(), units.begin(), units.end());
  std::sort(sums.predictive.begin(), sums.predictive.end(), [](const auto& a, const auto& b) {
    return std::pair(a.text, a.unit) < std::pair(b.text, b.unit);
  });
}

RatioSums predictive_ratio(const Sums& sums, size_t head) {
  RatioSums ratio{};
  for (const PredictiveUnit& unit : sums.predictive) {
    double expected = 0;
    for (size_t d = 0; d < 21; ++d) {
      if (sums.twin_pairs[d] > 0) {
        expected += sums.twin[head][d] / sums.twin_pairs[d] * unit.by_offset[d];
      }
    }
    ratio.add_unit(unit.looked[head] - expected, unit.best);
  }
  return ratio;
}

}  // namespace headscope
