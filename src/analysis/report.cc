// From sums to scores, labels and everything else that a report says of a head.
#include <algorithm>
#include <cmath>
#include <set>

#include "analysis/labelling.h"
#include "analysis/sums.h"

namespace headscope {
namespace {

// se = sqrt(Σ (o_d − S c_d)²) / Σ c_d; undefined on a single unit.
double standard_error(const RatioSums& r) {
  if (r.units < 2 || r.count <= 0) return kUndefined;
  const double s = r.numerator / r.count;
  const double residual = r.numerator_squared - 2 * s * r.numerator_count + s * s * r.count_squared;
  // Where all units agree, cancellation leaves a rest that is no spread.
  return residual > 1e-12 * (r.numerator_squared + s * s * r.count_squared)
             ? std::sqrt(residual) / r.count
             : 0.0;
}

ScoreResult score_result(Score score, const RatioSums& r) {
  ScoreResult out;
  out.queries = static_cast<int64_t>(r.queries);
  if (r.count <= 0) return out;
  out.value = r.numerator / r.count;
  out.se = standard_error(r);
  const ScoreInfo& info = info_of(score);
  if (info.kind == ScoreKind::kMeasure) return out;
  if (info.kind == ScoreKind::kRatio) {
    if (r.variance > 0) out.chance = r.expected / r.variance;
    if (out.chance > 0) out.lift = out.value / out.chance;
    return out;
  }
  out.chance = r.expected / r.queries;
  out.uniform = r.uniform / r.queries;
  if (r.expected > 0) out.lift = r.numerator / r.expected;
  if (r.variance > 0) out.z = (r.numerator - r.expected) / std::sqrt(r.variance);
  if (info.chance != ChanceClass::kAllKeys && r.words > 0) out.words_only = r.numerator / r.words;
  return out;
}

void describe(HeadReport& report, const Sums& sums, const HeadSums& s, size_t h) {
  const auto words = static_cast<double>(sums.words);
  if (words <= 0) return;
  report.entropy = s.entropy / words;
  report.offsets.fill(kUndefined);
  report.clark.fill(kUndefined);
  if (sums.of.square) {
    report.distance = s.distance / words;
    report.reach = s.reach / words;
    for (size_t d = 0; d < s.offsets.size(); ++d) report.offsets[d] = s.offsets[d] / words;
    for (size_t k = 0; k < s.clark.size(); ++k) {
      report.clark[k] = s.clark[k] / static_cast<double>(sums.segments);
    }
  }
  std::vector<size_t> order(sums.token.size());
  for (size_t t = 0; t < order.size(); ++t) order[t] = t;
  const size_t top = std::min<size_t>(20, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<int64_t>(top), order.end(),
                    [&](size_t a, size_t b) {
                      const double x = sums.attended[a][h], y = sums.attended[b][h];
                      return x != y ? x > y : sums.token[a] < sums.token[b];
                    });
  for (size_t k = 0; k < top; ++k) {
    const size_t t = order[k];
    report.attended.push_back({sums.token[t], sums.attended[t][h] / words, sums.occurrences[t]});
  }
  for (size_t k = 0; k < kScoreCount; ++k) {
    const RatioSums& r = s.scores[k];
    if (r.units <= 0) continue;
    auto& counts = report.histogram[std::string(name_of(static_cast<Score>(k)))];
    for (double count : r.histogram) counts.push_back(static_cast<int64_t>(count));
  }
}

}  // namespace

std::vector<HeadReport> make_report(const Sums& sums, const Thresholds& thresholds) {
  std::set<SegmentName> texts;
  for (const PredictiveUnit& unit : sums.predictive) texts.insert(unit.text);
  const double mean_tokens =
      sums.segments ? static_cast<double>(sums.tokens) / static_cast<double>(sums.segments) : 0;
  std::vector<HeadReport> out(sums.heads());
  for (size_t h = 0; h < out.size(); ++h) {
    HeadReport& report = out[h];
    report.causal = sums.causal;
    HeadSums head = sums.head[h];
    report.stack = sums.of.name;
    report.id = sums.of.heads[h];
    head.scores[static_cast<size_t>(Score::kSameAcross)] =
        head.scores[static_cast<size_t>(across_part(head))];
    head.scores[static_cast<size_t>(Score::kPredictive)] = predictive_ratio(sums, h);
    for (size_t p = 0; p < kProbeScores.size() && !sums.probe.empty(); ++p) {
      head.scores[static_cast<size_t>(kProbeScores[p])] = sums.probe[h][p];
    }
    for (size_t s = 0; s < kScoreCount; ++s) {
      report.scores[s] = score_result(static_cast<Score>(s), head.scores[s]);
    }
    label_head(report, head, sums.evidence[h], thresholds,
               {mean_tokens, static_cast<double>(texts.size()), sums.causal});
    describe(report, sums, head, h);
  }
  return out;
}

}  // namespace headscope
