// The forward pass: the rows of all texts of a batch stand one under the other, so that no padding
// is computed; attention alone knows where a text begins.
//
// A row's numbers do not depend on the batch or the number of threads
// (docs/decisions/020-matrix-products.md).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "headscope/run_control.h"
#include "headscope/runner.h"
#include "headscope/trace.h"
#include "kernels/attention.h"
#include "kernels/buffer.h"
#include "model/encoder.h"

namespace headscope {

// One text of a batch, and what is to be kept of it.
struct PassText {
  std::span<const int32_t> ids;                      // [N]
  std::span<const int32_t> segments;                 // [N], or empty: all 0
  const std::vector<Ablation>* ablations = nullptr;  // null: none
  std::span<LayerArrays* const> kept;                // [L]; null or empty: not kept
  float* hidden = nullptr;                           // [L+1, N, D], or null

  int64_t size() const { return static_cast<int64_t>(ids.size()); }
};

struct PassOptions {
  bool with_attention = false;  // LayerArrays::attention too
  // Layers [first, end) are run; with first > 0 `start` holds their input [rows, D].
  int64_t first_layer = 0;
  int64_t end_layer = -1;  // −1: all
  const float* start = nullptr;
  // Rows of the batch that are wanted; empty: all. Nothing can be kept of the last layer then.
  std::vector<int64_t> asked;
};

class ForwardPass {
 public:
  // Rows that the feed-forward layers take at once: enough for full speed, few enough that the
  // inner rows stay in cache and take little memory.
  static constexpr int64_t kFeedForwardRows = 512;

  explicit ForwardPass(const Encoder& encoder) : encoder_(encoder) {}

  // The output of the last layer, [rows or asked, D]; valid until the next run. Throws
  // Error(kBadInput): an id, segment or position that the model does not have; Error(kInterrupted).
  // Progress: one step a layer.
  const float* run(std::span<const PassText> texts, const PassOptions& options,
                   const RunControl& control);

  // Bytes of the buffers that run() needs for this many rows, in texts of `tokens` rows.
  static int64_t workspace_bytes(const ModelConfig& config, int64_t rows, int64_t tokens);

 private:
  struct Block {  // query rows of one text
    size_t text;
    Range rows;
  };

  void lay_out(std::span<const PassText> texts);
  void embed(std::span<const PassText> texts);
  void keep_hidden(std::span<const PassText> texts, int64_t index);
  void attention(std::span<const PassText> texts, int64_t layer, bool with_attention,
                 const RunControl& control);
  void keep_head(const PassText& text, size_t index, int64_t layer, int64_t head);
  void ablate_queries(std::span<const PassText> texts, int64_t layer);
  void ablate_contexts(std::span<const PassText> texts, int64_t layer);
  void gather(std::span<const int64_t> asked, Buffer& rows) const;
  void feed_forward(const LayerWeights& layer, const RunControl& control);
  void run_layer(std::span<const PassText> texts, int64_t layer, const PassOptions& options,
                 const RunControl& control);
  HeadView head_view(size_t text, int64_t head) const;

  const Encoder& encoder_;
  std::vector<int64_t> first_;   // first row of each text
  std::vector<int64_t> packed_;  // where its packed heads begin
  std::vector<Block> blocks_;
  int64_t rows_ = 0;  // of x_ now
  Buffer x_;          // [rows, D] the residual stream
  Buffer qkv_;        // [rows, 3·D]
  Buffer heads_;      // packed keys and values of every text's heads
  Buffer context_;    // [rows, D]
  Buffer branch_;     // [rows, D] what is added to x
  Buffer inner_;      // [rows of a step, F]
};

}  // namespace headscope
