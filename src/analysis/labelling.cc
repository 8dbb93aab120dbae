#include "analysis/labelling.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "headscope/labels.h"

namespace headscope {
namespace {

constexpr double kCertain = 1e9;  // standard errors

double phi(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// How far a score is above its threshold, in standard errors: large where all units agree,
// undefined on a single unit.
double margin_of(const ScoreResult& score, double threshold) {
  if (std::isnan(score.se)) return kUndefined;
  return score.se > 0 ? (score.value - threshold) / score.se : kCertain;
}

class Labeller {
 public:
  Labeller(HeadReport& report, const HeadSums& sums, const Thresholds& thresholds,
           const MeasuredOn& on)
      : report_(report), sums_(sums), thresholds_(thresholds), on_(on) {}

  void label(const LabelInfo& row) {
    if (!row.holds_for(on_.causal) || row.bounds[0].threshold.empty() || has(row.unless)) return;
    bool undecided = false;
    double margin = kCertain;
    for (const LabelBound& bound : row.bounds) {
      if (bound.threshold.empty()) continue;
      const ScoreResult& score = at(bound.score);
      if (bound.may_be_undefined && std::isnan(score.value)) {
        undecided = true;
        continue;
      }
      const double threshold = threshold_of(bound);
      if (!(score.value >= threshold)) return;
      const double other = margin_of(score, threshold);
      if (other < margin || std::isnan(other)) margin = other;
    }
    const std::string name(row.name);
    if (row.is_share && !share_counts(*row.evidence)) {
      if (too_few(*row.evidence)) report_.too_few.push_back(name);
      return;
    }
    LabelDetail& detail = report_.details[name];
    detail.threshold = threshold_of(row.bounds[0]);
    detail.confidence = phi(margin);
    if (std::isnan(margin)) margin = 0;
    detail.near_line = detail.confidence < thresholds_.at("confidence");
    detail.undecided = undecided;
    note(detail, row.evidence);
    margins_.emplace_back(-margin, name);
  }

  void lean(const LabelInfo& row) {
    if (!row.holds_for(on_.causal) || row.leaning == 0 ||
        report_.details.contains(std::string(row.name)))
      return;
    const Score score = *row.evidence;
    if (!(at(score).value >= thresholds_.at("leaning." + std::string(row.name)))) return;
    if (row.is_share && !share_counts(score)) return;
    leaning_.push_back(&row);
  }

  void finish() {
    // Best first: largest confidence, which the margin orders where confidences round to 1.
    std::stable_sort(margins_.begin(), margins_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [margin, name] : margins_) report_.labels.push_back(name);
    std::sort(leaning_.begin(), leaning_.end(),
              [](const LabelInfo* a, const LabelInfo* b) { return a->leaning < b->leaning; });
    for (const LabelInfo* row : leaning_) {
      report_.leaning.emplace_back(row->name);
      note(report_.details[std::string(row->name)], row->evidence);
    }
  }

 private:
  bool has(std::string_view label) const {
    return !label.empty() && report_.details.contains(std::string(label));
  }
  const ScoreResult& at(Score score) const { return report_.scores[static_cast<size_t>(score)]; }
  double threshold_of(const LabelBound& bound) const {
    using Scope = LabelBound::Scope;
    const bool other =
        bound.scope == Scope::kShortSegments
            ? on_.mean_tokens < thresholds_.at("short-tokens")
            : bound.scope == Scope::kFewTexts && on_.texts < thresholds_.at("predictive.sentences");
    return thresholds_.at(other ? bound.scope_threshold : bound.threshold);
  }
  bool too_few(Score score) const {
    return static_cast<double>(at(score).queries) < thresholds_.at("queries");
  }
  bool share_counts(Score score) const {
    return at(score).lift >= thresholds_.at("lift") && !too_few(score);
  }
  void note(LabelDetail& detail, std::optional<Score> score) const {
    if (!score) return;
    const RatioSums& r = sums_.scores[static_cast<size_t>(*score)];
    detail.obey = r.obey;
    detail.of = r.queries;
    if (*score == Score::kSameIncluding) {
      detail.incl_itself = at(Score::kSelf).value >= thresholds_.at("same-word.itself");
      const double all = sums_.scores[static_cast<size_t>(Score::kSameElsewhere)].numerator;
      if (all > 0) detail.content_share = sums_.content_same / all;
    }
  }

  HeadReport& report_;
  const HeadSums& sums_;
  const Thresholds& thresholds_;
  const MeasuredOn& on_;
  std::vector<std::pair<double, std::string>> margins_;
  std::vector<const LabelInfo*> leaning_;
};

}  // namespace

Score across_part(const HeadSums& sums) {
  const bool content = sums.scores[static_cast<size_t>(Score::kSameAcrossContent)].queries >= 3;
  return content ? Score::kSameAcrossContent : Score::kSameAcrossAll;
}

void label_head(HeadReport& report, const HeadSums& sums, const HeadEvidence& evidence,
                const Thresholds& thresholds, const MeasuredOn& on) {
  Labeller labeller(report, sums, thresholds, on);
  for (const LabelInfo& row : label_table()) labeller.label(row);
  for (const LabelInfo& row : label_table()) labeller.lean(row);
  labeller.finish();
  for (auto& [name, detail] : report.details) {
    std::optional<Score> score = label_info(name).evidence;
    if (score == Score::kSameAcross) score = across_part(sums);
    // What is measured on the probe has no examples: its words are random.
    if (!score || !info_of(*score).evidence) continue;
    detail.examples = evidence[evidence_index(*score)].examples;
    detail.exceptions = evidence[evidence_index(*score)].exceptions;
  }
}

}  // namespace headscope
