// The numbers of a picture as files: what a state selects, in full precision, never what a scale
// makes of it.
//
// CSV: a line a value, `layer, head, query_index, query, key_index, key, value, quantity`, before
// them `stack` where there are several; filtered ones say the filter in a last column.
// NPY: [heads, queries, keys] float32. Safetensors: a tensor [queries, keys] a head, named "L2H0",
// and in the metadata what its axes and settings are. Values that are not selected are NaN there.
#pragma once

#include <cstdint>
#include <string>

#include "headscope/attention_source.h"
#include "headscope/run_control.h"
#include "headscope/view_state.h"

namespace headscope {

// drawn: the lines of the picture; pinned: rows and columns of pinned tokens; heads, all: whole
// matrices; neuron: query, keys, products, scores and weights of the state's query and head.
enum class NumbersChoice { kPinned, kDrawn, kHeads, kAll, kNeuron };
enum class NumbersFormat { kCsv, kNpy, kSafetensors };

struct Numbers {
  std::string bytes;
  int64_t rows = 0;  // values; lines of CSV without the heading
  std::string name;  // proposed for the file; says "filtered" where values are left out
};

inline constexpr int64_t kMostCsvLines = 2'000'000;
inline constexpr int64_t kMostArrayValues = int64_t{1} << 26;

// `source` gives the state's quantity (quantity_source() of headscope/flow.h). Throws
// Error(kUsage): HS-LIMIT-01 for more than the limits, HS-LINK-01 for pinned tokens without a pin.
Numbers picture_numbers(const AttentionSource& source, const ViewState& state, NumbersChoice choice,
                        NumbersFormat format, const RunControl& control = {});

}  // namespace headscope
