#include "headscope/trace.h"

#include <algorithm>
#include <numeric>

#include "headscope/error.h"
#include "headscope/score_kernel.h"
#include "trace/trace_check.h"

namespace headscope {

Trace::Trace(TraceInfo info, std::vector<StackArrays> arrays)
    : info_(std::move(info)), arrays_(std::move(arrays)) {
  check_trace_info(info_, "trace");
  check_trace_arrays(info_, arrays_, "trace");
}

const LayerArrays& Trace::layer(HeadRef head) const {
  check(head, {0, 0}, {0, 0});
  return arrays_[head.stack].layers[info_.stacks[head.stack].layer_index(head.id.layer)];
}

namespace {

// Key/value head of a query head: heads are grouped in order (grouped-query attention).
int64_t key_head(const StackInfo& stack, HeadId id) {
  const int layer = stack.layer_index(id.layer);
  return id.head / (stack.heads[layer] / stack.kv_heads[layer]);
}

// One head's bias, null where the stack has none.
const float* bias_of(const TraceInfo& info, const StackArrays& arrays, HeadRef head) {
  if (arrays.bias.empty()) return nullptr;
  const StackInfo& stack = info.stacks[head.stack];
  const int64_t span = bias_span(info, head.stack);
  const auto heads = std::accumulate(stack.heads.begin(), stack.heads.end(), int64_t{0});
  const bool each_layer = static_cast<int64_t>(arrays.bias.size()) == heads * span;
  int64_t before = head.id.head;
  if (each_layer) {
    const int layer = stack.layer_index(head.id.layer);
    before += std::accumulate(stack.heads.begin(), stack.heads.begin() + layer, int64_t{0});
  }
  return arrays.bias.data() + before * span;
}

}  // namespace

void Trace::block(HeadRef head, Range rows, Range cols, bool weights, float* out) const {
  check(head, rows, cols);
  const LayerArrays& arrays = layer(head);
  const StackInfo& stack = info_.stacks[head.stack];
  HeadScores in;
  in.queries = info_.query_tokens(head.stack).size();
  in.keys = info_.key_tokens(head.stack).size();
  in.width = stack.head_dim;
  in.query = arrays.query.data() + head.id.head * in.queries * in.width;
  in.key = arrays.key.data() + key_head(stack, head.id) * in.keys * in.width;
  in.logsumexp = arrays.logsumexp.data() + head.id.head * in.queries;
  in.rule.scale = stack.scale;
  in.rule.softcap = stack.softcap;
  in.rule.order = BiasOrder::kAfterCap;
  in.rule.bias = stack.bias;
  in.rule.mask = stack.mask;
  in.bias = bias_of(info_, arrays_[head.stack], head);
  if (stack.mask.kind == MaskKind::kDense) in.dense_mask = arrays_[head.stack].mask.data();
  (weights ? weight_block : score_block)(in, rows, cols, out, cols.size());
}

void Trace::weights(HeadRef head, Range rows, Range cols, float* out) const {
  block(head, rows, cols, true, out);
}

void Trace::scores(HeadRef head, Range rows, Range cols, float* out) const {
  block(head, rows, cols, false, out);
}

TensorView<const float> Trace::query(HeadRef head) const {
  const LayerArrays& arrays = layer(head);
  const int64_t n = info_.query_tokens(head.stack).size();
  const int64_t dh = info_.stacks[head.stack].head_dim;
  return {arrays.query.data() + head.id.head * n * dh, {n, dh}};
}

TensorView<const float> Trace::key(HeadRef head) const {
  const LayerArrays& arrays = layer(head);
  const StackInfo& stack = info_.stacks[head.stack];
  const int64_t m = info_.key_tokens(head.stack).size();
  return {arrays.key.data() + key_head(stack, head.id) * m * stack.head_dim, {m, stack.head_dim}};
}

TensorView<const float> Trace::value(HeadRef head) const {
  const LayerArrays& arrays = layer(head);
  if (arrays.value.empty()) return {};
  const StackInfo& stack = info_.stacks[head.stack];
  const int64_t m = info_.key_tokens(head.stack).size();
  return {arrays.value.data() + key_head(stack, head.id) * m * stack.head_dim, {m, stack.head_dim}};
}

TensorView<const float> Trace::logsumexp(HeadRef head) const {
  const LayerArrays& arrays = layer(head);
  const int64_t n = info_.query_tokens(head.stack).size();
  return {arrays.logsumexp.data() + head.id.head * n, {n}};
}

TensorView<const float> Trace::value_norm(HeadRef head) const {
  const LayerArrays& arrays = layer(head);
  if (arrays.value_norm.empty()) return {};
  const int64_t m = info_.key_tokens(head.stack).size();
  return {arrays.value_norm.data() + head.id.head * m, {m}};
}

int64_t Trace::bytes() const {
  size_t floats = hidden.size() + contribution.size();
  for (const StackArrays& stack : arrays_) {
    floats += stack.bias.size() + stack.mask.size();
    for (const LayerArrays& l : stack.layers) {
      floats += l.query.size() + l.key.size() + l.value.size() + l.logsumexp.size() +
                l.value_norm.size() + l.attention.size();
    }
  }
  return static_cast<int64_t>(floats * sizeof(float));
}

}  // namespace headscope
