#include "figure/head_labels.h"

#include <algorithm>
#include <cmath>

#include "figure/svg.h"
#include "headscope/statistics.h"

namespace headscope {

std::vector<HeadLabel> head_labels(const FigureInput& input, int stack,
                                   const std::vector<HeadId>& heads) {
  const AttentionSource& source = input.source;
  if (!source.info().stacks[static_cast<size_t>(stack)].square()) return {};
  StatisticsOptions options;
  options.stack = stack;
  options.single_text = true;
  options.similarity = false;
  Statistics statistics(heads, options);
  statistics.add(source, 0, input.control);
  const std::span<const float> contribution = source.contribution();
  if (!contribution.empty() && stack == 0) {
    statistics.add_predictive(source, {contribution.begin(), contribution.end()}, 0);
  }
  const std::vector<HeadReport> reports = statistics.report(Thresholds());
  std::vector<HeadLabel> out;
  for (const HeadReport& report : reports) {
    HeadLabel one{report.id, &label_info(report.labels.empty() ? "" : report.labels.front())};
    if (one.label->evidence) {
      one.score = report.scores[static_cast<size_t>(*one.label->evidence)].value;
    } else if (!one.label->score.empty()) {
      one.score = report.scores[static_cast<size_t>(parse_score(one.label->score))].value;
    }
    out.push_back(one);
  }
  return out;
}

std::string score_words(double score) {
  if (!std::isfinite(score)) return "–";
  const std::string text = svg_number(std::round(score * 100) / 100, 2);
  if (text == "1") return "1.0";
  return text.starts_with("0.") ? text.substr(1) : text;
}

}  // namespace headscope
