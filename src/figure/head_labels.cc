#include "figure/head_labels.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "headscope/statistics.h"

namespace headscope {

std::vector<HeadLabel> head_labels(const FigureInput& input, int stack,
                                   const std::vector<HeadId>& heads) {
  const AttentionSource& source = input.source;
  if (!source.info().stacks[static_cast<size_t>(stack)].square()) return {};
  StatisticsOptions options;
  options.single_text = true;
  options.similarity = false;
  StackHeads of = heads_of(source.info().stacks, stack);
  of.heads = heads;
  Statistics statistics(std::move(of), options);
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
  char text[16];
  std::snprintf(text, sizeof text, "%.2f", score);
  const std::string out = text;
  if (out.starts_with("0.")) return out.substr(1);
  return out == "1.00" ? "1.0" : out;
}

}  // namespace headscope
