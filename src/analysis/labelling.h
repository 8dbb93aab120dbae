// The labelling rule: which labels a head gets by its scores, the rows of label_table() and the
// thresholds.
#pragma once

#include "analysis/evidence.h"
#include "analysis/head_sums.h"
#include "headscope/thresholds.h"

namespace headscope {

// Properties of the measured texts that thresholds depend on.
struct MeasuredOn {
  double mean_tokens = 0;  // of a segment
  double texts = 0;        // of pattern 5
  bool causal = false;     // no query sees a later key
};

// Pattern 4 is asked of content words, of all words only where there are fewer than 3 of them.
Score across_part(const HeadSums& sums);

// Fills labels, leaning, too_few and details of `report`, whose scores are there. `sums` are those
// that the scores were computed from.
void label_head(HeadReport& report, const HeadSums& sums, const HeadEvidence& evidence,
                const Thresholds& thresholds, const MeasuredOn& on);

}  // namespace headscope
