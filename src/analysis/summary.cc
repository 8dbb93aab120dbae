#include "analysis/summary.h"

#include <nlohmann/json.hpp>

namespace headscope {

Summary summarize(const AttentionSource& source, int stack, const Embeddings* embeddings,
                  const std::vector<double>& contribution, const Thresholds& thresholds) {
  StatisticsOptions options;
  options.stack = stack;
  options.single_text = true;
  options.similarity = false;
  options.embeddings = embeddings;
  Statistics statistics(source.info().stacks.at(static_cast<size_t>(stack)), options);
  statistics.add(source, 0);
  if (!contribution.empty()) statistics.add_predictive(source, contribution, 0);
  Summary out;
  out.heads = statistics.report(thresholds);
  out.notes = reading_notes(statistics, out.heads, false);
  return out;
}

std::string summary_json(const Summary& summary, const Thresholds& thresholds) {
  return "{\"heads\":" + heads_json(summary.heads, false) +
         ",\"notes\":" + nlohmann::json(summary.notes).dump() +
         ",\"thresholds\":" + thresholds.to_json() + "}";
}

}  // namespace headscope
