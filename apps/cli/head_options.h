// Options that patterns, analyze and merge share.
#pragma once

#include <string>
#include <vector>

#include "headscope/statistics.h"

namespace headscope::cli {

// --thresholds FILE; the calibrated table for "". Throws Error(kNotFound), Error(kBadInput).
Thresholds read_thresholds(const std::string& path);
// A whole file. Throws Error(kNotFound) where it does not exist.
std::string read_text_file(const std::string& path);
// Throws Error(kUsage) naming the heads that there are.
const HeadReport& head_of(const std::vector<HeadReport>& heads, HeadId id);
// Best first; undefined ones last.
void sort_by(std::vector<HeadReport>& heads, Score score);

}  // namespace headscope::cli
