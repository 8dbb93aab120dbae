// The heads of one trace for live use (server, web app): the same JSON as `patterns --json` heads.
#pragma once

#include <string>
#include <vector>

#include "headscope/analysis.h"

namespace headscope {

struct Summary {
  std::vector<HeadReport> heads;
  std::vector<std::string> notes;
};

// `contribution`: C of pattern 5, [N, N]; empty = predictive is undefined. `embeddings`: null =
// related is undefined. One segment, no similarity.
Summary summarize(const AttentionSource& source, int stack = 0,
                  const Embeddings* embeddings = nullptr,
                  const std::vector<double>& contribution = {}, const Thresholds& thresholds = {});

// {heads, notes, thresholds}
std::string summary_json(const Summary& summary, const Thresholds& thresholds = {});

}  // namespace headscope
