// Checks of a trace, however it was made. Every problem is an Error(kBadInput) that names `source`
// and the field.
#pragma once

#include <string>
#include <vector>

#include "headscope/trace.h"

namespace headscope {

// Largest numbers of tokens, layers, heads of a layer and Dh: layers · heads · N · M fits 62 bits.
inline constexpr int64_t kMaxTokens = int64_t{1} << 20;
inline constexpr int64_t kMaxLayers = 1 << 10;
inline constexpr int64_t kMaxHeads = 1 << 12;
inline constexpr int64_t kMaxWidth = 1 << 20;

// Consistency of the description alone.
void check_trace_info(const TraceInfo& info, const std::string& source);

// Sizes of the arrays against the description.
void check_trace_arrays(const TraceInfo& info, const std::vector<StackArrays>& arrays,
                        const std::string& source);

// Values that a file may hold: finite, but −infinity where a mask hides and NaN off words.
enum class Finite { kYes, kOrHidden, kOrUndefined };
void check_values(const std::vector<float>& values, Finite rule, const std::string& field,
                  const std::string& source);

// Floats of one layer's or stack's bias, one value a (layer, head): kDistance N+M−1, kDense N·M.
int64_t bias_span(const TraceInfo& info, int stack);

}  // namespace headscope
