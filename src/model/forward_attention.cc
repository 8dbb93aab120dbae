// The attention half of a block: projections to contexts, ablations, and what a trace keeps.
#include <algorithm>

#include "base/parallel.h"
#include "kernels/attention.h"
#include "model/forward.h"

namespace headscope {

namespace {

// Calls use(ablation) for those of this layer.
template <class Use>
void for_layer(const PassText& text, int64_t layer, Use use) {
  if (!text.ablations) return;
  for (const Ablation& ablation : *text.ablations) {
    if (ablation.head.layer == layer) use(ablation);
  }
}

LayerArrays* kept(const PassText& text, int64_t layer) {
  return text.kept.empty() ? nullptr : text.kept[static_cast<size_t>(layer)];
}

// Rows [count, width] that are `stride` apart, one under the other into `to`.
float* copy_rows(const float* from, int64_t stride, int64_t count, int64_t width, float* to) {
  for (int64_t i = 0; i < count; ++i) to = std::copy_n(from + i * stride, width, to);
  return to;
}

}  // namespace

HeadView ForwardPass::head_view(size_t text, int64_t head) const {
  const BlockConfig& block = encoder_.config().block;
  const int64_t rows = (text + 1 < first_.size() ? first_[text + 1] : rows_) - first_[text];
  HeadView view;
  view.query = qkv_.data() + first_[text] * 3 * block.width + head * block.head_width();
  view.key = view.query + block.width;
  view.value = view.key + block.width;
  view.stride = 3 * block.width;
  view.keys = rows;
  view.width = block.head_width();
  view.scale = block.scale();
  view.mask = block.mask;
  return view;
}

// Uniform attention is that of a query of zeros: the trace then shows the rows that were used.
void ForwardPass::ablate_queries(std::span<const PassText> texts, int64_t layer) {
  for (size_t t = 0; t < texts.size(); ++t) {
    for_layer(texts[t], layer, [&](const Ablation& ablation) {
      if (ablation.kind != AblationKind::kUniform) return;
      const HeadView head = head_view(t, ablation.head.head);
      float* query = qkv_.data() + (head.query - qkv_.data());
      for (int64_t i = 0; i < head.keys; ++i) {
        std::fill_n(query + i * head.stride, head.width, 0.0f);
      }
    });
  }
}

void ForwardPass::ablate_contexts(std::span<const PassText> texts, int64_t layer) {
  const int64_t d = encoder_.config().block.width, width = encoder_.config().block.head_width();
  for (size_t t = 0; t < texts.size(); ++t) {
    const int64_t n = texts[t].size();
    for_layer(texts[t], layer, [&](const Ablation& ablation) {
      if (ablation.kind == AblationKind::kUniform) return;
      float* context = context_.data() + first_[t] * d + ablation.head.head * width;
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

void ForwardPass::keep_head(const PassText& text, size_t index, int64_t layer, int64_t head) {
  LayerArrays* arrays = kept(text, layer);
  if (!arrays) return;
  const HeadView view = head_view(index, head);
  const int64_t n = view.keys, at = head * n * view.width;
  copy_rows(view.query, view.stride, n, view.width, arrays->query.data() + at);
  copy_rows(view.key, view.stride, n, view.width, arrays->key.data() + at);
  copy_rows(view.value, view.stride, n, view.width, arrays->value.data() + at);
  value_norms(view, encoder_.grams(layer) + head * gram_size(view.width),
              arrays->value_norm.data() + head * n);
}

void ForwardPass::attention(std::span<const PassText> texts, int64_t layer, bool with_attention,
                            const RunControl& control) {
  const BlockConfig& block = encoder_.config().block;
  const int64_t heads = block.heads, width = block.head_width();
  ablate_queries(texts, layer);
  for (const PassText& text : texts) {
    LayerArrays* arrays = kept(text, layer);
    if (!arrays) continue;
    encoder_.grams(layer);
    const auto n = static_cast<size_t>(text.size()), h = static_cast<size_t>(heads);
    for (auto* rows : {&arrays->query, &arrays->key, &arrays->value}) {
      rows->resize(n * static_cast<size_t>(block.width));
    }
    arrays->logsumexp.resize(h * n);
    arrays->value_norm.resize(h * n);
    if (with_attention) arrays->attention.resize(h * n * n);
  }
  const auto packed = [&](size_t text, int64_t head) {
    return heads_.data() + packed_[text] + head * packed_head_size(texts[text].size(), width);
  };
  parallel_for(static_cast<int64_t>(texts.size()) * heads, [&](int64_t task) {
    const auto t = static_cast<size_t>(task / heads);
    const int64_t h = task % heads;
    pack_head(head_view(t, h), packed(t, h));
    keep_head(texts[t], t, layer, h);
  });
  parallel_for(static_cast<int64_t>(blocks_.size()) * heads, [&](int64_t task) {
    if (control.cancel.cancelled()) return;
    const Block& rows = blocks_[static_cast<size_t>(task / heads)];
    const int64_t h = task % heads, n = texts[rows.text].size();
    HeadRows out;
    out.context = context_.data() + (first_[rows.text] + rows.rows.begin) * block.width + h * width;
    out.stride = block.width;
    if (LayerArrays* arrays = kept(texts[rows.text], layer)) {
      const int64_t row = h * n + rows.rows.begin;
      out.logsumexp = arrays->logsumexp.data() + row;
      if (with_attention) out.attention = arrays->attention.data() + row * n;
    }
    attend(head_view(rows.text, h), packed(rows.text, h), rows.rows, out);
  });
  control.cancel.check();
  ablate_contexts(texts, layer);
}

}  // namespace headscope
