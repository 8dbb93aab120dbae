// Pattern 5: do heads look at the words that help to predict a masked word?
#include <algorithm>
#include <cmath>

#include "analysis/sums.h"
#include "base/parallel.h"
#include "headscope/error.h"

namespace headscope {
namespace {

size_t clipped(size_t i, size_t j) {
  return static_cast<size_t>(
      std::clamp<int64_t>(static_cast<int64_t>(j) - static_cast<int64_t>(i), -10, 10) + 10);
}

// C of one text, made ready.
struct Help {
  size_t n = 0;
  std::vector<size_t> words;
  std::vector<double> positive;  // [n, n] C⁺, 0 off words
  std::vector<size_t> best;  // [n] the word that helps most to predict word i; n where none does
};

Help read_contribution(const TokenSequence& text, const std::vector<double>& contribution) {
  Help help;
  const size_t n = help.n = text.tokens.size();
  if (contribution.size() != n * n) {
    throw Error(ErrorCode::kBadInput, std::to_string(contribution.size()) + " values of pattern 5",
                std::to_string(n * n) + ", one for each pair of tokens");
  }
  help.positive.assign(n * n, 0.0);
  help.best.assign(n, n);
  for (size_t i = 0; i < n; ++i) {
    if (!text.special[i]) help.words.push_back(i);
  }
  for (size_t i : help.words) {
    double best = 0;
    for (size_t j : help.words) {
      const double c = contribution[i * n + j];
      if (j == i || !(c > 0)) continue;
      help.positive[i * n + j] = c;
      if (c > best) help.best[i] = j;
      best = std::max(best, c);
    }
  }
  return help;
}

struct Looker {
  const AttentionSource& source;
  HeadRef head;
  int64_t text;
  bool single_text;
};

// Evidence: a query obeys when its heaviest key is the word that helps most to predict it.
void note_helpful(const Looker& looker, const float* row, size_t i, size_t helpful, Sums& sums,
                  size_t h) {
  const auto n = static_cast<std::ptrdiff_t>(looker.source.info().query.tokens.size());
  const auto heaviest = static_cast<size_t>(std::max_element(row, row + n) - row);
  const bool obeys = heaviest == helpful;
  sums.head[h].scores[static_cast<size_t>(Score::kPredictive)].obey += obeys;
  sums.evidence[h][evidence_index(Score::kPredictive)].offer(obeys, row[helpful], [&] {
    Example example;
    example.share = row[helpful];
    example.segment = looker.text;
    example.query = static_cast<int32_t>(i);
    example.key = static_cast<int32_t>(heaviest);
    example.weight = row[heaviest];
    add_words(example, looker.source, looker.head, !looker.single_text);
    return example;
  });
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
  const Help help = read_contribution(source.info().query, contribution);
  const size_t n = help.n;
  std::vector<PredictiveUnit> units(single_text ? help.words.size() : 1);
  const auto unit_of = [&](size_t w) -> PredictiveUnit& { return units[single_text ? w : 0]; };
  for (size_t u = 0; u < units.size(); ++u) {
    units[u].text = index;
    units[u].unit = static_cast<int64_t>(u);
    units[u].looked.assign(sums.heads.size(), 0.0);
  }
  for (size_t w = 0; w < help.words.size(); ++w) {
    const size_t i = help.words[w];
    unit_of(w).queries += help.best[i] < n;
    if (help.best[i] < n) unit_of(w).best += help.positive[i * n + help.best[i]];
    for (size_t j : help.words) {
      if (j == i) continue;
      unit_of(w).by_offset[clipped(i, j)] += help.positive[i * n + j];
      sums.twin_pairs[clipped(i, j)] += 1;
    }
  }
  parallel_for(static_cast<int64_t>(sums.heads.size()), [&](int64_t head) {
    const auto h = static_cast<size_t>(head);
    const Looker looker{source, {stack, sums.heads[h]}, index, single_text};
    std::vector<float> map(n * n);
    const auto size = static_cast<int64_t>(n);
    source.weights(looker.head, {0, size}, {0, size}, map.data());
    for (size_t w = 0; w < help.words.size(); ++w) {
      const size_t i = help.words[w];
      for (size_t j : help.words) {
        if (j == i) continue;
        const double a = map[i * n + j];
        unit_of(w).looked[h] += a * help.positive[i * n + j];
        sums.twin[h][clipped(i, j)] += a;
      }
      if (help.best[i] < n) note_helpful(looker, map.data() + i * n, i, help.best[i], sums, h);
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
    ratio.add_unit(unit.looked[head] - expected, unit.best, -1);
    ratio.queries += static_cast<double>(unit.queries);
  }
  ratio.obey = sums.head[head].scores[static_cast<size_t>(Score::kPredictive)].obey;
  return ratio;
}

}  // namespace headscope
