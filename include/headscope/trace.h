// Trace: what is kept of a forward pass, per layer the queries, keys and values and the
// log-sum-exp of each row, never the maps. Any tile is recomputed exactly:
//   A[i,j] = exp(cap(scale · q_i·k_j) + bias(i,j) + mask(i,j) − lse_i)
// Memory O(L·N·D). Trace files are format 1 (safetensors; docs/formats.md).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "headscope/attention_source.h"

namespace headscope {

// The arrays of one kept layer of one stack, dense float32.
struct LayerArrays {
  std::vector<float> query;       // [H, N, Dh], after rotation
  std::vector<float> key;         // [Hk, M, Dh], after rotation
  std::vector<float> value;       // [Hk, M, Dh]; may be empty
  std::vector<float> logsumexp;   // [H, N]
  std::vector<float> value_norm;  // [H, M]; may be empty
  std::vector<float> attention;   // [H, N, M]; optional, only when asked for
};

struct StackArrays {
  std::vector<LayerArrays> layers;  // one a kept layer
  std::vector<float> bias;  // kDistance: [1 or L, H, N+M−1] by j−i+(N−1); kDense: [1 or L, H, N, M]
  std::vector<float> mask;  // kDense: [N, M], 0 or −infinity
};

class Trace : public AttentionSource {
 public:
  // Throws Error(kBadInput) naming the field where `info` contradicts itself or an array's size
  // does not match it.
  Trace(TraceInfo info, std::vector<StackArrays> arrays);

  const TraceInfo& info() const override { return info_; }
  void weights(HeadRef head, Range rows, Range cols, float* out) const override;
  void scores(HeadRef head, Range rows, Range cols, float* out) const override;
  bool has_vectors() const override { return true; }
  TensorView<const float> query(HeadRef head) const override;
  TensorView<const float> key(HeadRef head) const override;
  TensorView<const float> value(HeadRef head) const override;
  TensorView<const float> logsumexp(HeadRef head) const override;
  TensorView<const float> value_norm(HeadRef head) const override;

  // Optional extras: hidden [model layers + 1, N, D]; contribution [N, N] (C of pattern 5, NaN off
  // words).
  std::vector<float> hidden;
  int64_t hidden_width = 0;  // D; 0 = H·Dh of the first layer
  std::vector<float> contribution;

  // What a file said that this version does not know, written again with the trace: other metadata
  // strings, and the JSON object `trace` as it was read ("" = none).
  std::map<std::string, std::string> other_metadata;
  std::string read_metadata;

  const std::vector<StackArrays>& arrays() const { return arrays_; }
  int64_t bytes() const;  // memory held by the arrays

 private:
  const LayerArrays& layer(HeadRef head) const;
  void block(HeadRef head, Range rows, Range cols, bool weights, float* out) const;

  TraceInfo info_;
  std::vector<StackArrays> arrays_;
};

// Trace files, format 1. Reading validates everything and throws Error(kBadInput) naming the field;
// unknown metadata keys are kept. Writing is atomic (temporary file, then rename).
std::shared_ptr<const Trace> read_trace(const std::string& path);
// `name`: what an error calls the file.
std::shared_ptr<const Trace> parse_trace(const void* data, size_t size,
                                         const std::string& name = "trace");
void write_trace(const std::string& path, const Trace& trace);
std::string serialize_trace(const Trace& trace);

}  // namespace headscope
