// One head, one segment: rows of attention in, sums and evidence out.
#pragma once

#include <vector>

#include "analysis/evidence.h"
#include "analysis/head_sums.h"
#include "analysis/text_features.h"

namespace headscope {

struct HeadPass {
  const AttentionSource& source;
  const TextFeatures& features;
  int64_t segment = 0;
  bool single_text = false;

  // Adds to `sums`, `evidence` [kEvidenceScores] and `attended` [N] (Σ over word queries, written).
  void run(HeadRef head, HeadSums& sums, std::vector<Evidence>* evidence,
           std::vector<float>& attended) const;
};

}  // namespace headscope
