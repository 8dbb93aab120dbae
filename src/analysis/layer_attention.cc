#include "analysis/layer_attention.h"

#include <algorithm>
#include <vector>

#include "base/parallel.h"
#include "headscope/error.h"
#include "tile/row_kernel.h"

namespace headscope {

void residual_rows(const AttentionSource& weights, int stack, int layer, Range rows, float* out,
                   const RunControl& control) {
  constexpr int64_t kBlock = 64;
  const int heads = weights.info().stacks[static_cast<size_t>(stack)].layer(layer).heads;
  const int64_t n = weights.info().tokens(stack, Side::kQuery).size();
  parallel_for((rows.size() + kBlock - 1) / kBlock, [&](int64_t b) {
    const Range block{rows.begin + b * kBlock, std::min(rows.end, rows.begin + (b + 1) * kBlock)};
    float* to = out + b * kBlock * n;
    std::vector<float> head(static_cast<size_t>(block.size() * n));
    weights.weights({stack, {layer, 0}}, block, {0, n}, to);
    for (int h = 1; h < heads; ++h) {
      control.cancel.check();
      weights.weights({stack, {layer, h}}, block, {0, n}, head.data());
      pool_sum(head.data(), block.size() * n, to);
    }
    scale_row(0.5f / static_cast<float>(heads), block.size() * n, to);
    for (int64_t i = 0; i < block.size(); ++i) to[i * n + block.begin + i] += 0.5f;
  });
}

const float* RowStore::find(const Key& key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? nullptr : found->second.data();
}

void RowStore::make_room(int64_t rows, int64_t n) {
  constexpr int64_t kMostBytes = int64_t{64} << 20;
  const int64_t bytes = (static_cast<int64_t>(rows_.size()) + rows) * n * 4;
  if (bytes > kMostBytes) rows_.clear();
}

int64_t RowStore::bytes() const {
  int64_t sum = 0;
  for (const auto& [key, row] : rows_) sum += static_cast<int64_t>(row.size() * sizeof(float));
  return sum;
}

// Throws Error(kUsage) where the stack is not square or lacks a layer.
LayeredSource::Question LayeredSource::question(HeadRef head, Range rows) const {
  check(head, rows, {0, 0});
  const StackInfo& stack = info().stacks[head.stack];
  const std::string what = std::string(name_of(quantity())) + " of ";
  if (!stack.square()) {
    throw Error(ErrorCode::kUsage, what + "a stack whose queries and keys are other tokens",
                "self-attention, which leads from layer to layer", {}, "HS-CAP-01");
  }
  const int index = stack.layer_index(head.id.layer);
  for (int l = 0; l <= index; ++l) {
    const LayerInfo& layer = stack.layers[static_cast<size_t>(l)];
    if (layer.layer == l && layer.kind == LayerKind::kAttention) continue;
    const bool gap = layer.layer == l;
    throw Error(ErrorCode::kUsage,
                what + "layer " + std::to_string(head.id.layer) +
                    (gap ? " above layer " : " of a trace without layer ") + std::to_string(l) +
                    (gap ? ", which has no attention" : ""),
                "all layers from 0 on", gap ? "" : "Make the trace without --layers", "HS-CAP-01");
  }
  return {head.stack, index, info().tokens(head.stack, Side::kQuery).size(), rows};
}

void LayeredSource::prepare(HeadRef head, Range rows, const RunControl& control) const {
  const Question asked = question(head, rows);
  const std::lock_guard<std::mutex> lock(mutex_);
  compute_and_count(asked, control);
}

void LayeredSource::compute_and_count(const Question& asked, const RunControl& control) const {
  const auto count = [&] { kept_.store(held(), std::memory_order_relaxed); };
  try {
    compute(asked, control);
  } catch (...) {  // layers below that were finished are kept
    count();
    throw;
  }
  count();
}

void LayeredSource::weights(HeadRef head, Range rows, Range cols, float* out) const {
  check(head, rows, cols);
  const Question asked = question(head, rows);
  const std::lock_guard<std::mutex> lock(mutex_);
  compute_and_count(asked, {});
  for (int64_t i = rows.begin; i < rows.end; ++i) {
    const float* from = row(asked, i);
    out = std::copy(from + cols.begin, from + cols.end, out);
  }
}

}  // namespace headscope
