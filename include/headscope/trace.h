// Trace: the record of a forward pass, for each layer the queries, keys and values and the
// log-sum-exp of each row, never the maps. Any tile is recomputed exactly by the layer's ScoreRule:
//   A[i,j] = exp(score(i,j) − lse_i)
// Memory O(L·N·D). Trace files are format 2, format 1 is read too (safetensors; docs/formats.md).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "headscope/array.h"
#include "headscope/attention_source.h"

namespace headscope {

// The arrays of one kept layer of one stack. An absent one is an empty Array.
struct LayerArrays {
  Array query;       // [H, N, Dh] F32, F16 or BF16, after rotation
  Array key;         // [Hk, M, Dh] F32, F16 or BF16, after rotation
  Array value;       // [Hk, M, value_dim] F32, F16 or BF16; optional
  Array logsumexp;   // [H, N] F32, the sink logit included
  Array value_norm;  // [H, M] F32; optional
  Array sink;        // [H, N] F32: the sink's share; only where rule.sinks
  Array bias;        // F32. kDistance: [H, N+M−1] by j−i+(N−1); kDense: [H, N, M]; kAlibi: [H]
  Array mask;        // F32. kDense: [N, M], 0 or −infinity
  Array attention;   // [H, N, M] F32; optional, but needed where the layer holds weights only
};
using StackArrays = std::vector<LayerArrays>;  // one a kept layer; that of kind none is empty

class Trace : public AttentionSource {
 public:
  // Layers that name another's mask or bias (mask_of, bias_of) leave theirs empty. Throws
  // Error(kBadInput) naming the field where `info` contradicts itself or an array does not match
  // it.
  Trace(TraceInfo info, std::vector<StackArrays> arrays);

  const TraceInfo& info() const override { return info_; }
  int64_t bytes() const override;
  std::string content_id() const override;
  std::span<const float> contribution() const override;
  const Array* picture() const override { return image.empty() ? nullptr : &image; }
  void weights(HeadRef head, Range rows, Range cols, float* out) const override;
  void scores(HeadRef head, Range rows, Range cols, float* out) const override;
  void position_terms(HeadRef head, int64_t row, float* out) const override;
  using AttentionSource::has_vectors;
  bool has_vectors(HeadRef head) const override;
  HeadVectors query(HeadRef head) const override;
  HeadVectors key(HeadRef head) const override;
  HeadVectors value(HeadRef head) const override;
  TensorView<const float> logsumexp(HeadRef head) const override;
  TensorView<const float> value_norm(HeadRef head) const override;
  TensorView<const float> sink(HeadRef head) const override;

  // Of the whole trace, each optional. Set before the trace is shared.
  std::vector<Array> hidden;    // hidden states: embeddings, then each layer's output, [N, D] F32
  Array contribution_of_words;  // contribution(): [N, N] F32
  Array image;                  // U8 [h, w, 3] as resized, where tokens are patches

  // Parts of a file that this version does not know, written again with the trace: other metadata
  // strings, and the JSON object `trace` as it was read ("" = none).
  std::map<std::string, std::string> other_metadata;
  std::string read_metadata;

  const std::vector<StackArrays>& arrays() const { return arrays_; }

 private:
  const LayerArrays& layer(HeadRef head) const;  // checks the head
  const LayerInfo& rules(HeadRef head) const;
  std::vector<Array> all_arrays() const;

  TraceInfo info_;
  std::vector<StackArrays> arrays_;
};

// The log-sum-exp of every row of one layer from its query and key, [H, N], on all threads; the
// sink share too where `sink_logits` [H] are given (rule.sinks).
struct LayerSums {
  Array logsumexp;
  Array sink;
};
LayerSums layer_logsumexp(const LayerInfo& layer, const LayerArrays& arrays,
                          std::span<const float> sink_logits = {});

// The trace with query, key and value rounded to kF32, kF16 or kBF16, and the log-sum-exp of the
// rounded vectors, so that rows sum to 1.
std::shared_ptr<const Trace> round_vectors(const Trace& trace, DType dtype);

// A trace from what another program holds. `info_json`: the JSON object `trace` of a trace file
// (docs/formats.md); `arrays`: by their names in a file ("query.0", "encoder.key.3"), borrowed
// where they have a type that a trace keeps, else converted. A layer's log-sum-exp may be missing:
// it is computed; "sink_logits.L" [H] then stands for that and the sinks' share. Throws
// Error(kBadInput) naming the field or array: missing, of another shape, or of no layer.
std::shared_ptr<const Trace> assemble_trace(const std::string& info_json,
                                            const std::map<std::string, Array>& arrays,
                                            const std::string& name = "trace");

// Trace files. Reading validates everything and throws Error(kBadInput) naming the field; unknown
// metadata keys are kept. Half-precision vectors get the log-sum-exp that follows from them; that
// of float32 vectors is checked against them. Writing is atomic (temporary file, then rename).
std::shared_ptr<const Trace> read_trace(const std::string& path);
// `name`: what an error calls the file. The arrays borrow the bytes, which live as long as `owner`;
// without an owner they are copied first.
std::shared_ptr<const Trace> parse_trace(const void* data, size_t size,
                                         const std::string& name = "trace",
                                         std::shared_ptr<const void> owner = nullptr);
// `format` 2, or 1: throws Error(kUsage) naming what format 1 cannot say of this trace.
void write_trace(const std::string& path, const Trace& trace, int format = 2);
std::string serialize_trace(const Trace& trace, int format = 2);

}  // namespace headscope
