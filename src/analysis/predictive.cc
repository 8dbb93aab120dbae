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
struct Contribution {
  size_t n = 0;
  std::vector<size_t> words;
  std::vector<double> positive;  // [n, n] C⁺, 0 off words
  std::vector<size_t> best;  // [n] the word that helps most to predict word i; n where none does
};

Contribution read_contribution(const TokenSequence& text, const std::vector<double>& contribution) {
  Contribution pairs;
  const size_t n = pairs.n = text.tokens.size();
  if (contribution.size() != n * n) {
    throw Error(ErrorCode::kBadInput, std::to_string(contribution.size()) + " values of pattern 5",
                std::to_string(n * n) + ", one for each pair of tokens");
  }
  pairs.positive.assign(n * n, 0.0);
  pairs.best.assign(n, n);
  for (size_t i = 0; i < n; ++i) {
    if (!text.special[i]) pairs.words.push_back(i);
  }
  for (size_t i : pairs.words) {
    double best = 0;
    for (size_t j : pairs.words) {
      const double c = contribution[i * n + j];
      if (j == i || !(c > 0)) continue;
      pairs.positive[i * n + j] = c;
      if (c > best) pairs.best[i] = j;
      best = std::max(best, c);
    }
  }
  return pairs;
}

// The head whose evidence is taken.
struct Observed {
  const AttentionSource& source;
  HeadRef head;
  const SegmentName& name;
  std::shared_ptr<const SegmentText> text;  // null for a single text
};

// Evidence: a query obeys when its heaviest key is the word that helps most to predict it.
void note_evidence(const Observed& observed, const float* row, size_t i, size_t helpful, Sums& sums,
                   size_t h) {
  const auto n = static_cast<std::ptrdiff_t>(
      observed.source.info().tokens(observed.head.stack, Side::kQuery).tokens.size());
  const auto heaviest = static_cast<size_t>(std::max_element(row, row + n) - row);
  const bool obeys = heaviest == helpful;
  sums.head[h].scores[static_cast<size_t>(Score::kPredictive)].obey += obeys;
  sums.evidence[h][evidence_index(Score::kPredictive)].offer(obeys, row[helpful], [&] {
    Example example;
    example.share = row[helpful];
    example.segment = observed.name;
    example.text = observed.text;
    example.query = static_cast<int32_t>(i);
    example.key = static_cast<int32_t>(heaviest);
    example.weight = row[heaviest];
    add_words(example, observed.source, observed.head, observed.text != nullptr);
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

void add_predictive_units(const AttentionSource& source, const std::vector<double>& contribution,
                          const SegmentName& name, bool single_text, Sums& sums) {
  const TokenSequence& tokens = source.info().tokens(sums.of.stack, Side::kQuery);
  const Contribution pairs = read_contribution(tokens, contribution);
  std::shared_ptr<const SegmentText> text;
  if (!single_text)
    text = std::make_shared<const SegmentText>(SegmentText{tokens.text_a, tokens.text_b});
  const size_t n = pairs.n;
  std::vector<PredictiveUnit> units(single_text ? pairs.words.size() : 1);
  const auto unit_of = [&](size_t w) -> PredictiveUnit& { return units[single_text ? w : 0]; };
  for (size_t u = 0; u < units.size(); ++u) {
    units[u].text = name;
    units[u].unit = static_cast<int64_t>(u);
    units[u].looked.assign(sums.heads(), 0.0);
  }
  for (size_t w = 0; w < pairs.words.size(); ++w) {
    const size_t i = pairs.words[w];
    unit_of(w).queries += pairs.best[i] < n;
    if (pairs.best[i] < n) unit_of(w).best += pairs.positive[i * n + pairs.best[i]];
    for (size_t j : pairs.words) {
      if (j == i) continue;
      unit_of(w).by_offset[clipped(i, j)] += pairs.positive[i * n + j];
      sums.distance_pairs[clipped(i, j)] += 1;
    }
  }
  parallel_for(static_cast<int64_t>(sums.heads()), [&](int64_t head) {
    const auto h = static_cast<size_t>(head);
    const Observed observed{source, sums.head_ref(h), name, text};
    std::vector<float> map(n * n);
    const auto size = static_cast<int64_t>(n);
    source.weights(observed.head, {0, size}, {0, size}, map.data());
    for (size_t w = 0; w < pairs.words.size(); ++w) {
      const size_t i = pairs.words[w];
      for (size_t j : pairs.words) {
        if (j == i) continue;
        const double a = map[i * n + j];
        unit_of(w).looked[h] += a * pairs.positive[i * n + j];
        sums.by_distance[h][clipped(i, j)] += a;
      }
      if (pairs.best[i] < n) note_evidence(observed, map.data() + i * n, i, pairs.best[i], sums, h);
    }
  });
  sums.predictive.insert(sums.predictive.end(), units.begin(), units.end());
  sums.sort_predictive();
}

RatioSums predictive_ratio(const Sums& sums, size_t head) {
  RatioSums ratio{};
  for (const PredictiveUnit& unit : sums.predictive) {
    double expected = 0;
    for (size_t d = 0; d < kOffsets; ++d) {
      if (sums.distance_pairs[d] > 0) {
        expected += sums.by_distance[head][d] / sums.distance_pairs[d] * unit.by_offset[d];
      }
    }
    ratio.add_unit(unit.looked[head] - expected, unit.best, info_of(Score::kPredictive).low);
    ratio.queries += static_cast<double>(unit.queries);
  }
  ratio.obey = sums.head[head].scores[static_cast<size_t>(Score::kPredictive)].obey;
  return ratio;
}

}  // namespace headscope
