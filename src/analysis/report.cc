// From sums to scores, and from scores to labels by the table of thresholds.
#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "analysis/sums.h"

namespace headscope {
namespace {

double phi(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// se = sqrt(Σ (o_d − S c_d)²) / Σ c_d; undefined on a single unit.
double standard_error(const RatioSums& r) {
  if (r.units < 2 || r.count <= 0) return kUndefined;
  const double s = r.numerator / r.count;
  const double residual = r.numerator_squared - 2 * s * r.numerator_count + s * s * r.count_squared;
  // What cancellation leaves where all units agree is no spread.
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
  if (score == Score::kBroad || score == Score::kSentence || score == Score::kPredictive) {
    return out;
  }
  if (score == Score::kCrossPreference) {
    if (r.variance > 0) out.chance = r.expected / r.variance;
    if (out.chance > 0) out.lift = out.value / out.chance;
    return out;
  }
  out.chance = r.expected / r.queries;
  out.uniform = r.uniform / r.queries;
  if (r.expected > 0) out.lift = r.numerator / r.expected;
  if (r.variance > 0) out.z = (r.numerator - r.expected) / std::sqrt(r.variance);
  const bool special = score == Score::kCls || score == Score::kSep || score == Score::kDelimiters;
  if (!special && r.words > 0) out.words_only = r.numerator / r.words;
  return out;
}

constexpr double kCertain = 1e9;

// Pattern 4 is asked of content words, of all words only where there are too few of them.
Score across_part(const HeadSums& sums) {
  const bool content = sums.scores[static_cast<size_t>(Score::kSameAcrossContent)].queries >= 3;
  return content ? Score::kSameAcrossContent : Score::kSameAcrossAll;
}

// One condition S ≥ threshold of a label.
struct Condition {
  double value, se, threshold;
  bool holds() const { return value >= threshold; }
  // In standard errors: large where all units agree, undefined on a single unit.
  double margin() const {
    if (std::isnan(se)) return kUndefined;
    return se > 0 ? (value - threshold) / se : kCertain;
  }
};

class Labeller {
 public:
  Labeller(HeadReport& report, const HeadSums& sums, const Thresholds& table)
      : report_(report), sums_(sums), table_(table) {}

  // `evidence`: the score whose examples, obey and lift stand for the label; none: no lift needed.
  void label(const std::string& name, const std::vector<Condition>& conditions,
             std::optional<Score> evidence, bool undecided = false) {
    for (const Condition& c : conditions) {
      if (!c.holds()) return;
    }
    if (evidence && !share_counts(*evidence)) {
      if (too_few(*evidence)) report_.too_few.push_back(name);
      return;
    }
    LabelDetail& detail = report_.details[name];
    double margin = kCertain;
    for (const Condition& c : conditions) {
      margin = c.margin() < margin || std::isnan(c.margin()) ? c.margin() : margin;
    }
    detail.threshold = conditions.front().threshold;
    detail.confidence = phi(margin);
    if (std::isnan(margin)) margin = 0;
    detail.near_line = detail.confidence < table_.at("confidence");
    detail.undecided = undecided;
    note(detail, evidence);
    if (name == "predictive") note(detail, Score::kPredictive);
    margins_.emplace_back(-margin, name);
  }

  void lean(const std::string& name, Score score, std::optional<Score> evidence) {
    if (has(name)) return;
    const ScoreResult& s = at(score);
    if (!(s.value >= table_.at("leaning." + name))) return;
    if (evidence && !share_counts(*evidence)) return;
    report_.leaning.push_back(name);
    leaning_.emplace_back(name, score);
  }

  void finish() {
    // Best first: largest confidence, which the margin orders where confidences round to 1.
    std::stable_sort(margins_.begin(), margins_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [margin, name] : margins_) report_.labels.push_back(name);
    for (const auto& [name, score] : leaning_) note(report_.details[name], score);
  }

  bool has(const std::string& name) const { return report_.details.contains(name); }
  Condition condition(Score score, double threshold) const {
    return {at(score).value, at(score).se, threshold};
  }
  const ScoreResult& at(Score score) const { return report_.scores[static_cast<size_t>(score)]; }

 private:
  bool too_few(Score score) const {
    return static_cast<double>(at(score).queries) < table_.at("queries");
  }
  bool share_counts(Score score) const {
    return at(score).lift >= table_.at("lift") && !too_few(score);
  }
  void note(LabelDetail& detail, std::optional<Score> score) const {
    if (!score) return;
    const RatioSums& r = sums_.scores[static_cast<size_t>(*score)];
    detail.obey = r.obey;
    detail.of = r.queries;
    if (*score == Score::kSameIncluding) {
      detail.incl_itself = at(Score::kSelf).value >= table_.at("same-word.itself");
      const double all = sums_.scores[static_cast<size_t>(Score::kSameElsewhere)].numerator;
      if (all > 0) detail.content_share = sums_.content_same / all;
    }
  }

  HeadReport& report_;
  const HeadSums& sums_;
  const Thresholds& table_;
  std::vector<std::pair<double, std::string>> margins_;
  std::vector<std::pair<std::string, Score>> leaning_;
};

void label_head(Labeller& head, const Thresholds& t, double mean_tokens, double texts) {
  const auto single = [&](const char* name, Score score) {
    head.label(name, {head.condition(score, t.at(name))}, score);
  };
  single("next", Score::kNext);
  single("previous", Score::kPrevious);
  const std::vector<Condition> same = {
      head.condition(Score::kSameIncluding, t.at("same-word.including")),
      head.condition(Score::kSameElsewhere, t.at("same-word.elsewhere"))};
  head.label("same-word", same, Score::kSameIncluding);
  if (!head.has("same-word")) single("self", Score::kSelf);
  std::vector<Condition> other = {
      head.condition(Score::kSameAcross, t.at("other-sentence.across"))};
  const bool undecided = std::isnan(head.at(Score::kCrossPreference).value);
  if (!undecided) {
    other.push_back(head.condition(Score::kCrossPreference, t.at("other-sentence.preference")));
  }
  head.label("other-sentence", other, Score::kSameAcross, undecided);
  const bool enough = texts >= t.at("predictive.sentences");
  head.label(
      "predictive",
      {head.condition(Score::kPredictive, t.at(enough ? "predictive" : "predictive.one-text"))},
      std::nullopt);
  single("cls", Score::kCls);
  const bool brief = mean_tokens < t.at("short-tokens");
  head.label("sep", {head.condition(Score::kSep, t.at(brief ? "sep.short" : "sep"))}, Score::kSep);
  single("punctuation", Score::kPunctuation);
  head.label("broad", {head.condition(Score::kBroad, t.at("broad"))}, std::nullopt);
  head.label("sentence", {head.condition(Score::kSentence, t.at("sentence"))}, std::nullopt);
  head.lean("next", Score::kNext, Score::kNext);
  head.lean("previous", Score::kPrevious, Score::kPrevious);
  head.lean("same-word", Score::kSameIncluding, Score::kSameIncluding);
  head.lean("delimiters", Score::kDelimiters, Score::kDelimiters);
  head.lean("punctuation", Score::kPunctuation, Score::kPunctuation);
  head.lean("predictive", Score::kPredictive, std::nullopt);
  head.finish();
}

void attach_evidence(HeadReport& report, const HeadSums& sums,
                     const std::array<Evidence, kEvidenceScores.size()>& evidence) {
  const Score across = across_part(sums);
  const std::pair<const char*, Score> labels[] = {
      {"next", Score::kNext},
      {"previous", Score::kPrevious},
      {"same-word", Score::kSameIncluding},
      {"self", Score::kSelf},
      {"other-sentence", across},
      {"predictive", Score::kPredictive},
      {"cls", Score::kCls},
      {"sep", Score::kSep},
      {"delimiters", Score::kDelimiters},
      {"punctuation", Score::kPunctuation},
  };
  for (const auto& [name, score] : labels) {
    const auto it = report.details.find(name);
    if (it == report.details.end()) continue;
    it->second.examples = evidence[evidence_index(score)].examples;
    it->second.exceptions = evidence[evidence_index(score)].exceptions;
  }
}

void describe(HeadReport& report, const Sums& sums, const HeadSums& s, size_t h) {
  const auto words = static_cast<double>(sums.words);
  if (words <= 0) return;
  report.distance = s.distance / words;
  report.reach = s.reach / words;
  report.entropy = s.entropy / words;
  for (size_t d = 0; d < s.offsets.size(); ++d) report.offsets[d] = s.offsets[d] / words;
  for (size_t k = 0; k < s.clark.size(); ++k) {
    report.clark[k] = s.clark[k] / static_cast<double>(sums.segments);
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
  std::vector<HeadReport> out(sums.heads.size());
  for (size_t h = 0; h < out.size(); ++h) {
    HeadReport& report = out[h];
    HeadSums head = sums.head[h];
    report.id = sums.heads[h];
    head.scores[static_cast<size_t>(Score::kSameAcross)] =
        head.scores[static_cast<size_t>(across_part(head))];
    head.scores[static_cast<size_t>(Score::kPredictive)] = predictive_ratio(sums, h);
    for (size_t p = 0; p < kProbeScores.size() && !sums.probe.empty(); ++p) {
      head.scores[static_cast<size_t>(kProbeScores[p])] = sums.probe[h][p];
    }
    for (size_t s = 0; s < kScoreCount; ++s) {
      report.scores[s] = score_result(static_cast<Score>(s), head.scores[s]);
    }
    Labeller labeller(report, head, thresholds);
    label_head(labeller, thresholds, mean_tokens, static_cast<double>(texts.size()));
    attach_evidence(report, head, sums.evidence[h]);
    describe(report, sums, head, h);
  }
  return out;
}

}  // namespace headscope
