// Checks of a trace, however it was made. Every problem is an Error(kBadInput) that names `source`
// and the field.
#pragma once

#include <string>
#include <vector>

#include "headscope/trace.h"
#include "trace/trace_layout.h"

namespace headscope {

// Largest numbers of tokens, layers, heads of a layer and Dh: layers · heads · N · M fits 62 bits.
inline constexpr int64_t kMaxTokens = int64_t{1} << 20;
inline constexpr int64_t kMaxLayers = 1 << 10;
inline constexpr int64_t kMaxHeads = 1 << 12;
inline constexpr int64_t kMaxWidth = 1 << 20;

// Consistency of the description alone.
void check_trace_info(const TraceInfo& info, const std::string& source);

// Which arrays there are, their types and shapes, against the description.
void check_trace_arrays(const TraceInfo& info, const std::vector<StackArrays>& arrays,
                        const std::string& source);

// Values that a file may hold: finite, but −infinity where a mask hides and NaN off words.
void check_values(const Array& values, Finite rule, const std::string& field,
                  const std::string& source);

// The log-sum-exp of float32 vectors against them, a few rows of each head: one that belongs to
// other vectors, or to rounded ones, makes rows that do not sum to 1.
void check_logsumexp(const TraceInfo& info, const std::vector<StackArrays>& arrays,
                     const std::string& source);

}  // namespace headscope
