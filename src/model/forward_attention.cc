// The attention half of a block: projections to contexts, ablations, and what a trace keeps.
#include <algorithm>

#include "base/parallel.h"
#include "model/forward.h"
#include "model/forward_place.h"

namespace headscope {

namespace {

void copy_rows(RowsView from, int64_t count, int64_t width, float* to) {
  for (int64_t i = 0; i < count; ++i) to = std::copy_n(from.row(i), width, to);
}

}  // namespace

HeadView ForwardPass::head_view(std::span<const PassText> texts, const Layer& layer, size_t text,
                                int64_t head) const {
  const AttentionSpec& spec = layer.attention;
  const int64_t stride = spec.row_width(), kv = head / spec.group();
  TextCache* cache = cache_of(layer, text);
  const float* rows =
      cache ? cache->layer(layer.number).qkv.data() : qkv_.data() + first_[text] * stride;
  HeadView view;
  view.query = {rows + head * spec.head_dim, stride};
  // Cross-attention sees the queries of this run alone.
  view.queries = view.keys = spec.cross ? new_rows(text) : tokens(text);
  if (cache) view.room = cache->room();
  const float* keys = rows + spec.query_width();
  int64_t key_stride = stride;
  if (spec.cross) {
    const Memory& memory = *texts[text].memory;
    view.keys = memory.tokens;
    keys = memory.layers[static_cast<size_t>(layer.number)].data();
    key_stride = spec.memory_width();
  }
  view.key = {keys + kv * spec.head_dim, key_stride};
  view.value = {keys + spec.key_width() + kv * spec.value_dim, key_stride};
  view.width = spec.head_dim;
  view.value_width = spec.value_dim;
  view.rule = spec.rule;
  if (spec.rule.sinks) view.sink = layer.weights.sinks.data()[head];
  if (spec.bias == PositionBias::kNone) return view;
  view.bias = bias_.data() + biases_[text] + head * bias_row(spec, view.keys);
  return view;
}

const RopeTable& ForwardPass::rope_table_of(const RopeSpec& rope, int64_t tokens) {
  std::pair key(rope.frequencies_for(tokens), rope.factor);
  int64_t longest = 0;
  for (size_t t = 0; t < first_.size(); ++t) {
    longest = std::max(longest, caches_[t] ? caches_[t]->room() : new_rows(t));
  }
  RopeTable& table = ropes_[key];
  if (table.positions() < longest || table.interleaved != rope.interleaved) {
    table = rope_table(key.first, rope.factor, rope.interleaved, longest);
  }
  return table;
}

// Queries, keys and values of all rows, as attention meets them.
void ForwardPass::project(std::span<const PassText> texts, const Layer& layer, const float* input) {
  const AttentionSpec& spec = layer.attention;
  const AttentionWeights& weights = layer.weights;
  float* qkv = qkv_.data();
  const int64_t stride = spec.row_width();
  weights.qkv.apply(input, rows_, qkv);
  if (spec.cross) project_memory(texts, layer);
  if (spec.qk_norm) {
    normalise_heads(weights.query_norm.view(), rows_, stride, spec.heads, spec.head_dim, qkv);
    normalise_heads(weights.key_norm.view(), rows_, stride, spec.kv_heads, spec.head_dim,
                    qkv + spec.query_width());
  }
  if (!spec.rope) return;
  for (size_t t = 0; t < texts.size(); ++t) {
    const RopeTable& table = rope_table_of(*spec.rope, tokens(t));
    const int64_t begin = earlier(t);
    parallel_for(texts[t].size(), [&](int64_t i) {
      // Keys follow queries: one turn for both.
      rotate_row(table, begin + i, spec.heads + spec.kv_heads, spec.head_dim,
                 qkv + (first_[t] + i) * stride);
    });
  }
}

// Keys and values of the encoder's hidden states, unless this layer has them already.
void ForwardPass::project_memory(std::span<const PassText> texts, const Layer& layer) {
  for (const PassText& text : texts) {
    Memory& memory = *text.memory;
    memory.layers.resize(static_cast<size_t>(model_.spec().layers()));
    Buffer& projected = memory.layers[static_cast<size_t>(layer.number)];
    if (projected.data()) continue;
    const auto cells = static_cast<size_t>(memory.tokens * layer.attention.memory_width());
    layer.weights.memory.apply(memory.rows, memory.tokens, projected.reserve(cells));
  }
}

// Uniform attention is computed as that of a query of zeros without bias and sink, so that the
// trace shows the rows that were used.
void ForwardPass::ablate_queries(std::span<const PassText> texts, const Layer& layer) {
  const AttentionSpec& spec = layer.attention;
  for (size_t t = 0; t < texts.size(); ++t) {
    for_layer(texts[t], {layer.number, layer.attention.cross}, [&](const Ablation& ablation) {
      if (ablation.kind != AblationKind::kUniform) return;
      float* query =
          qkv_.data() + first_[t] * spec.row_width() + ablation.head.id.head * spec.head_dim;
      for (int64_t i = 0; i < texts[t].size(); ++i) {
        std::fill_n(query + i * spec.row_width(), spec.head_dim, 0.0f);
      }
    });
  }
}

void ForwardPass::ablate_contexts(std::span<const PassText> texts, const Layer& layer) {
  const int64_t d = layer.attention.context_width(), width = layer.attention.value_dim;
  for (size_t t = 0; t < texts.size(); ++t) {
    const int64_t n = texts[t].size();
    for_layer(texts[t], {layer.number, layer.attention.cross}, [&](const Ablation& ablation) {
      if (ablation.kind == AblationKind::kUniform) return;
      float* context = context_.data() + first_[t] * d + ablation.head.id.head * width;
      std::vector<float> put(static_cast<size_t>(width), 0.0f);
      if (ablation.kind == AblationKind::kMean && !ablation.mean.empty()) put = ablation.mean;
      if (ablation.kind == AblationKind::kMean && ablation.mean.empty()) {
        for (int64_t c = 0; c < width; ++c) {
          double sum = 0;
          for (int64_t i = 0; i < n; ++i) sum += context[i * d + c];
          put[static_cast<size_t>(c)] = static_cast<float>(sum / static_cast<double>(n));
        }
      }
      for (int64_t i = 0; i < n; ++i) std::copy(put.begin(), put.end(), context + i * d);
    });
  }
}

void ForwardPass::keep_head(std::span<const PassText> texts, size_t index, const Layer& layer,
                            int64_t head) {
  const AttentionSpec& spec = layer.attention;
  const KeptLayer& arrays = kept(texts[index], {layer.number, spec.cross});
  const HeadView view = head_view(texts, layer, index, head);
  const int64_t n = view.queries, m = view.keys, kv = head / spec.group();
  if (arrays.query) copy_rows(view.query, n, view.width, arrays.query + head * n * view.width);
  if (arrays.value_norm) {
    const float* grams = model_.grams(layer.number, spec.cross);
    value_norms(view, grams + head * gram_size(view.value_width), arrays.value_norm + head * m);
  }
  if (head % spec.group() != 0) return;
  if (arrays.key) copy_rows(view.key, m, view.width, arrays.key + kv * m * view.width);
  if (arrays.value) {
    copy_rows(view.value, m, view.value_width, arrays.value + kv * m * view.value_width);
  }
}

// Puts this layer's new rows behind those of the texts' earlier tokens.
void ForwardPass::store_rows(const Layer& layer) {
  const int64_t stride = layer.attention.qkv_width();
  for (size_t t = 0; t < caches_.size(); ++t) {
    if (!caches_[t]) continue;
    std::copy_n(qkv_.data() + first_[t] * stride, new_rows(t) * stride,
                caches_[t]->layer(layer.number).qkv.data() + earlier(t) * stride);
  }
}

TextCache* ForwardPass::cache_of(const Layer& layer, size_t text) const {
  return layer.attention.cross ? nullptr : caches_[text];
}

float* ForwardPass::packed_head(std::span<const PassText> texts, const Layer& layer, size_t text,
                                int64_t head) const {
  const AttentionSpec& spec = layer.attention;
  TextCache* cache = cache_of(layer, text);
  float* heads = cache ? cache->layer(layer.number).packed.data() : heads_.data() + packed_[text];
  const int64_t keys = spec.cross ? texts[text].memory->tokens
                       : cache    ? cache->room()
                                  : tokens(text);
  return heads + head / spec.group() * packed_head_size(keys, spec.head_dim, spec.value_dim);
}

// Packs every key/value head once, and keeps what is asked for.
void ForwardPass::pack_heads(std::span<const PassText> texts, const Layer& layer) {
  const AttentionSpec& spec = layer.attention;
  packed_.clear();
  int64_t size = 0;
  for (const PassText& text : texts) {
    const int64_t keys = spec.cross ? text.memory->tokens : text.size();
    packed_.push_back(size);
    if (spec.cross || !text.cache) {
      size += spec.kv_heads * packed_head_size(keys, spec.head_dim, spec.value_dim);
    }
    // At first need, outside the team.
    if (kept(text, {layer.number, spec.cross}).value_norm) model_.grams(layer.number, spec.cross);
  }
  heads_.reserve(static_cast<size_t>(size));
  parallel_for(std::ssize(texts) * spec.heads, [&](int64_t task) {
    const auto t = static_cast<size_t>(task / spec.heads);
    const int64_t h = task % spec.heads;
    if (h % spec.group() == 0) {
      pack_head(head_view(texts, layer, t, h), packed_head(texts, layer, t, h),
                spec.cross ? 0 : earlier(t));
    }
    keep_head(texts, t, layer, h);
  });
}

// Contexts of all rows; with `only_weights` none, but what texts keep.
void ForwardPass::attention(std::span<const PassText> texts, const Layer& layer, bool only_weights,
                            const RunControl& control) {
  const AttentionSpec& spec = layer.attention;
  const int64_t stride = spec.context_width();
  ablate_queries(texts, layer);
  if (!spec.cross) store_rows(layer);
  place_biases(texts, layer);
  pack_heads(texts, layer);
  parallel_for(std::ssize(blocks_) * spec.heads, [&](int64_t task) {
    if (control.cancel.cancelled()) return;
    const Block& block = blocks_[static_cast<size_t>(task / spec.heads)];
    const PassText& text = texts[block.text];
    const int64_t h = task % spec.heads;
    HeadView view = head_view(texts, layer, block.text, h);
    const Place place{layer.number, spec.cross};
    if (spec.rule.sinks && is_uniform(text, place, h)) view.sink = HeadView().sink;
    const KeptLayer& arrays = kept(text, place);
    const int64_t earlier_rows = earlier(block.text);
    Range rows = block.rows;  // of the view's queries
    if (spec.cross) rows = {rows.begin - earlier_rows, rows.end - earlier_rows};
    const int64_t row = h * view.queries + rows.begin;
    HeadRows out;
    const int64_t first = first_[block.text] + block.rows.begin - earlier_rows;
    if (!only_weights) out.context = context_.data() + first * stride + h * spec.value_dim;
    out.stride = stride;
    if (TextCache* cache = cache_of(layer, block.text)) {
      TextCache::Layer& cached = cache->layer(layer.number);
      const int64_t at = h * cache->room() + block.rows.begin;
      out.logsumexp = cached.logsumexp.data() + at;
      if (cached.sink.data()) out.sink = cached.sink.data() + at;
    }
    if (arrays.logsumexp) out.logsumexp = arrays.logsumexp + row;
    if (arrays.sink) out.sink = arrays.sink + row;
    if (arrays.attention) out.attention = arrays.attention + row * view.keys;
    attend(view, packed_head(texts, layer, block.text, h), rows, out);
  });
  control.cancel.check();
  if (!only_weights) ablate_contexts(texts, layer);
}

}  // namespace headscope
