// Attention maps of other programs as an AttentionSource: .npy files, and .safetensors with one
// array a layer, as `headscope view` opens them (docs/formats.md).
//
// Goals: every dimension and every row is checked; an error names the file, the layer and the
// dimension that is wrong. Non-goals: vectors (a trace file holds those), pickles, archives.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "headscope/attention_source.h"

namespace headscope {

// What the numbers are: rows that sum to 1; scores before softmax, which is then applied (−infinity
// is masked); weights that need not sum to 1 and stay as they are.
enum class ArrayKind { kWeights, kScores, kUnnormalised };
// Throws Error(kUsage) naming the kinds.
ArrayKind parse_array_kind(const std::string& name);

struct ArrayFile {
  std::string name;                  // as errors call it
  std::span<const std::byte> bytes;  // of the whole file
};

struct ArrayOptions {
  ArrayKind kind = ArrayKind::kWeights;
  std::optional<int64_t> batch;  // which element of arrays [B,H,N,M]; needed where B > 1
  // JSON: a list of tokens, or {"source": […], "target": […]}; "" = numbers.
  std::string tokens;
  std::string tokens_name;  // file that they are of
};

// One .npy of [L,H,N,M]; several of [B,H,N,M], one a layer in this order; or one .safetensors with
// keys attention[.i], encoder_attention[.i], decoder_attention[.i], cross_attention[.i], likewise.
// A batch of one may be left out: [H,N,M]. Throws Error(kBadInput).
std::unique_ptr<AttentionSource> read_attention_arrays(std::span<const ArrayFile> files,
                                                       const ArrayOptions& options = {});

}  // namespace headscope
