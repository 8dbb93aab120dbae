// One head, one segment: rows of attention in, sums and evidence out.
#pragma once

#include <span>
#include <vector>

#include "analysis/evidence.h"
#include "analysis/head_sums.h"
#include "analysis/text_features.h"

namespace headscope {

struct HeadPass {
  const AttentionSource& source;
  const TextFeatures& features;
  SegmentName segment;
  bool single_text = false;
  std::span<const int64_t> kept_rows;  // ascending; copied to `kept`

  // Adds to `sums` and `evidence` [kEvidenceScores or none]; writes `attended` [M] (Σ over word
  // queries) and `kept` [kept_rows, M].
  void run(HeadRef head, HeadSums& sums, std::span<Evidence> evidence, std::vector<float>& attended,
           float* kept) const;
};

}  // namespace headscope
