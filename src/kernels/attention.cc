#include "kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include "headscope/score_kernel.h"
#include "kernels/buffer.h"
#include "score/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cc"
#include <hwy/foreach_target.h>
// After foreach_target, as Highway asks.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "kernels/exp-inl.h"
#include "score/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace headscope::HWY_NAMESPACE {

int64_t Panels(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

// One panel of a row-major matrix [depth, columns ≤ kPanel]; missing columns are 0.
void PackRows(const float* from, int64_t stride, int64_t depth, int64_t columns, float* panel) {
  for (int64_t k = 0; k < depth; ++k, panel += kPanel) {
    std::copy_n(from + k * stride, columns, panel);
    std::fill_n(panel + columns, kPanel - columns, 0.0f);
  }
}

// out [count, panels · kPanel] = rows [count, depth] × packed matrix.
void Product(Strided<const float> rows, int64_t count, int64_t depth, const float* packed,
             int64_t panels, float* out) {
  const int64_t stride = panels * kPanel;
  for (int64_t p = 0; p < panels; ++p) {
    for (int64_t i = 0; i < count; i += kRows) {
      MultiplyRows(std::min<int64_t>(kRows, count - i), {rows.data + i * rows.stride, rows.stride},
                   depth, packed + p * depth * kPanel, {out + i * stride + p * kPanel, stride});
    }
  }
}

constexpr float kHidden = -std::numeric_limits<float>::infinity();

// The first `count` of a vector's floats, the rest 0; reads no further.
HWY_INLINE V LoadSome(D d, const float* from, int64_t count) {
  if (count >= kLanes) return hn::LoadU(d, from);
  float padded[kLanes] = {};
  std::copy(from, from + count, padded);
  return hn::LoadU(d, padded);
}

// The bias of row i and the keys from j on, `left` of them, added to their scores.
HWY_INLINE V AddBias(const HeadView& head, int64_t i, int64_t j, int64_t left, V s) {
  const D d;
  switch (head.rule.bias) {
    case BiasKind::kNone:
      return s;
    case BiasKind::kDistance:
      return hn::Add(s, LoadSome(d, head.bias + (j - i + head.queries - 1), left));
    case BiasKind::kDense:
      return hn::Add(s, LoadSome(d, head.bias + i * head.keys + j, left));
    case BiasKind::kAlibi:
      return hn::Add(s, hn::Mul(hn::Set(d, *head.bias), hn::Iota(d, static_cast<float>(j))));
  }
  return s;
}

// Products q·k of row i with the keys from `first` on become scores, before the mask.
void BiasAndCap(const HeadView& head, int64_t i, int64_t first, int64_t padded,
                float* HWY_RESTRICT row) {
  const D d;
  const V scale = hn::Set(d, head.rule.scale);
  const float softcap = head.rule.softcap.value_or(0.0f);
  const bool bias_first = head.rule.order == BiasOrder::kBeforeCap;
  for (int64_t at = 0; at < padded; at += kLanes) {
    const int64_t j = first + at, left = std::max<int64_t>(0, head.keys - j);
    V s = hn::Mul(hn::LoadU(d, row + at), scale);
    if (bias_first) s = AddBias(head, i, j, left, s);
    if (softcap > 0) {
      s = hn::Mul(hn::Set(d, softcap), hn::Tanh(d, hn::Mul(s, hn::Set(d, 1 / softcap))));
    }
    if (!bias_first) s = AddBias(head, i, j, left, s);
    hn::StoreU(s, d, row + at);
  }
}

HWY_INLINE bool OnlyScales(const ScoreRule& rule) {
  return rule.bias == BiasKind::kNone && !rule.softcap;
}

// What normalises a row: log Σ exp(s), 1/Σ exp(s − top) and the sink's share.
struct RowSum {
  float logsumexp = kHidden, inverse = 0, sink = 0;
};

// Products q·k of row i with `keys` [keys.size(), padded to whole vectors] become exp(s − top), 0
// where the query does not see the key.
RowSum SoftmaxRow(const HeadView& head, int64_t i, Range keys, float* HWY_RESTRICT row) {
  const D d;
  const auto padded = (keys.size() + kLanes - 1) / kLanes * kLanes;
  float scale = head.rule.scale;
  if (!OnlyScales(head.rule)) {
    BiasAndCap(head, i, keys.begin, padded, row);
    scale = 1.0f;
  }
  const Range seen = visible_keys(head.rule.mask, i, head.keys);
  std::fill(row, row + std::clamp<int64_t>(seen.begin - keys.begin, 0, padded), kHidden);
  std::fill(row + std::clamp<int64_t>(seen.end - keys.begin, 0, padded), row + padded, kHidden);
  V most = hn::Set(d, kHidden);
  for (int64_t j = 0; j < padded; j += kLanes) {
    const V s = hn::Mul(hn::LoadU(d, row + j), hn::Set(d, scale));
    hn::StoreU(s, d, row + j);
    most = hn::Max(most, s);
  }
  const float top = std::max(hn::GetLane(hn::MaxOfLanes(d, most)), head.sink);
  if (top == kHidden) {  // a query that sees no key
    std::fill(row, row + padded, 0.0f);
    return {};
  }
  V sum = hn::Zero(d);
  for (int64_t j = 0; j < padded; j += kLanes) {
    const V p = ExpOf(d, hn::Sub(hn::LoadU(d, row + j), hn::Set(d, top)));
    hn::StoreU(p, d, row + j);
    sum = hn::Add(sum, p);
  }
  const float sink = std::exp(head.sink - top);
  const float total = hn::GetLane(hn::SumOfLanes(d, sum)) + sink;
  return {top + std::log(total), 1.0f / total, sink / total};
}

// The keys that at least one of `rows` sees. It begins at a multiple of both a panel and a chain of
// products, so that a row's sums are cut alike whatever rows stand beside it.
Range KeysOf(const HeadView& head, Range rows) {
  constexpr int64_t kStep = HWY_MAX(kChunk, kPanel);
  Range keys{head.keys, 0};
  for (int64_t i = rows.begin; i < rows.end; ++i) {
    const Range seen = visible_keys(head.rule.mask, i, head.keys);
    if (seen.begin == seen.end) continue;
    keys = {std::min(keys.begin, seen.begin), std::max(keys.end, seen.end)};
  }
  if (keys.begin >= keys.end) return {};
  return {keys.begin / kStep * kStep, keys.end};
}

void Scale(const float* HWY_RESTRICT from, float factor, int64_t count, float* HWY_RESTRICT to) {
  const D d;
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    hn::StoreU(hn::Mul(hn::LoadU(d, from + i), hn::Set(d, factor)), d, to + i);
  }
  for (; i < count; ++i) to[i] = from[i] * factor;
}

// Keys that the packed head has place for.
int64_t RoomOf(const HeadView& head) { return std::max(head.room, head.keys); }

int64_t PackedHeadSize(int64_t keys, int64_t width, int64_t value_width) {
  return Panels(keys) * kPanel * width + Panels(value_width) * kPanel * keys;
}

void PackHead(const HeadView& head, float* packed, int64_t first) {
  // Keys lie in panels of kPanel: the one that `first` falls into is packed again.
  for (int64_t j = first / kPanel * kPanel; j < head.keys; j += kPanel) {
    PackTransposed(head.key.row(j), head.key.stride, std::min(kPanel, head.keys - j), head.width,
                   packed + j * head.width);
  }
  const int64_t room = RoomOf(head);
  packed += Panels(room) * kPanel * head.width;
  for (int64_t c = 0; c < head.value_width; c += kPanel, packed += kPanel * room) {
    PackRows(head.value.row(first) + c, head.value.stride, head.keys - first,
             std::min(kPanel, head.value_width - c), packed + first * kPanel);
  }
}

int64_t ScratchSize(int64_t keys, int64_t value_width, int64_t rows) {
  return std::min(kAttentionRows, rows) * (Panels(keys) + Panels(value_width)) * kPanel;
}

// Scores of a block of rows with the keys that they see, and what those weigh of the values.
class BlockProducts {
 public:
  BlockProducts(const HeadView& head, const float* packed, Range rows)
      : head_(head),
        packed_(packed),
        rows_(rows),
        keys_(KeysOf(head, rows)),
        panels_(Panels(keys_.size())) {}

  Range keys() const { return keys_; }
  int64_t score_stride() const { return panels_ * kPanel; }
  int64_t context_stride() const { return Panels(head_.value_width) * kPanel; }

  void scores(float* out) const {
    Product({head_.query.row(rows_.begin), head_.query.stride}, rows_.size(), head_.width,
            packed_ + keys_.begin * head_.width, panels_, out);
  }
  void contexts(const float* weights, float* out) const {
    const int64_t room = RoomOf(head_);
    const float* values = packed_ + Panels(room) * kPanel * head_.width;
    for (int64_t p = 0; p < Panels(head_.value_width); ++p) {
      const float* panel = values + (p * room + keys_.begin) * kPanel;
      for (int64_t i = 0; i < rows_.size(); i += kRows) {
        MultiplyRows(std::min<int64_t>(kRows, rows_.size() - i),
                     {weights + i * score_stride(), score_stride()}, keys_.size(), panel,
                     {out + i * context_stride() + p * kPanel, context_stride()});
      }
    }
  }

 private:
  const HeadView& head_;
  const float* packed_;
  Range rows_, keys_;
  int64_t panels_;
};

void AttendBlock(const HeadView& head, const float* packed, Range rows, const HeadRows& out,
                 float* scratch) {
  const BlockProducts products(head, packed, rows);
  const Range keys = products.keys();
  const int64_t stride = products.score_stride();
  float* contexts = scratch + rows.size() * stride;
  products.scores(scratch);
  float inverse[kAttentionRows];
  for (int64_t i = 0; i < rows.size(); ++i) {
    float* row = scratch + i * stride;
    const RowSum sum = SoftmaxRow(head, rows.begin + i, keys, row);
    inverse[i] = sum.inverse;
    if (out.logsumexp) out.logsumexp[i] = sum.logsumexp;
    if (out.sink) out.sink[i] = sum.sink;
    if (!out.attention) continue;
    float* map = out.attention + i * head.keys;
    std::fill(map, map + keys.begin, 0.0f);
    Scale(row, sum.inverse, keys.size(), map + keys.begin);
    std::fill(map + keys.end, map + head.keys, 0.0f);
  }
  if (!out.context) return;
  if (keys.size() == 0) {
    for (int64_t i = 0; i < rows.size(); ++i) {
      std::fill_n(out.context + i * out.stride, head.value_width, 0.0f);
    }
    return;
  }
  products.contexts(scratch, contexts);
  for (int64_t i = 0; i < rows.size(); ++i) {
    Scale(contexts + i * products.context_stride(), inverse[i], head.value_width,
          out.context + i * out.stride);
  }
}

void Attend(const HeadView& head, const float* packed, Range rows, const HeadRows& out,
            float* scratch) {
  for (int64_t begin = rows.begin; begin < rows.end; begin += kAttentionRows) {
    const int64_t at = begin - rows.begin;
    HeadRows block = out;
    if (out.context) block.context += at * out.stride;
    if (out.logsumexp) block.logsumexp += at;
    if (out.sink) block.sink += at;
    if (out.attention) block.attention += at * head.keys;
    AttendBlock(head, packed, {begin, std::min(rows.end, begin + kAttentionRows)}, block, scratch);
  }
}

void AttentionProducts(const HeadView& head, const float* packed, Range rows, float* context,
                       int64_t stride, float* scratch) {
  for (int64_t begin = rows.begin; begin < rows.end; begin += kAttentionRows) {
    const Range block{begin, std::min(rows.end, begin + kAttentionRows)};
    const BlockProducts products(head, packed, block);
    float* contexts = scratch + block.size() * products.score_stride();
    products.scores(scratch);
    products.contexts(scratch, contexts);
    for (int64_t i = 0; i < block.size(); ++i) {
      std::copy_n(contexts + i * products.context_stride(), head.value_width,
                  context + (begin - rows.begin + i) * stride);
    }
  }
}

int64_t GramSize(int64_t width) { return Panels(width) * kPanel * width; }

void Gram(const float* weight, int64_t stride, int64_t rows, int64_t width, float* packed) {
  const int64_t panels = Panels(width), padded = panels * kPanel;
  const auto scratch = std::make_unique_for_overwrite<float[]>(
      static_cast<size_t>(width * rows + padded * rows + width * padded));
  float* transposed = scratch.get();         // [Dh, D]
  float* right = transposed + width * rows;  // panels [D, kPanel]
  float* product = right + padded * rows;    // [Dh, padded]
  for (int64_t o = 0; o < rows; ++o) {
    for (int64_t a = 0; a < width; ++a) transposed[a * rows + o] = weight[o * stride + a];
  }
  for (int64_t p = 0; p < panels; ++p) {
    PackRows(weight + p * kPanel, stride, rows, std::min(kPanel, width - p * kPanel),
             right + p * rows * kPanel);
  }
  Product({transposed, rows}, width, rows, right, panels, product);
  for (int64_t p = 0; p < panels; ++p) {
    PackRows(product + p * kPanel, padded, width, kPanel, packed + p * width * kPanel);
  }
}

// In eight sums side by side, of which a processor adds several at once.
double Dot(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, int64_t count) {
  constexpr int64_t kSums = 8;
  double sums[kSums] = {};
  int64_t c = 0;
  for (; c + kSums <= count; c += kSums) {
    for (int64_t k = 0; k < kSums; ++k) sums[k] += double{a[c + k]} * b[c + k];
  }
  for (; c < count; ++c) sums[c % kSums] += double{a[c]} * b[c];
  return std::accumulate(sums, sums + kSums, 0.0);
}

void ValueNorms(const HeadView& head, const float* gram_matrix, float* out) {
  const int64_t width = head.value_width;
  const int64_t panels = Panels(width), stride = panels * kPanel;
  const auto image = std::make_unique_for_overwrite<float[]>(static_cast<size_t>(kRows * stride));
  for (int64_t j = 0; j < head.keys; j += kRows) {
    const int64_t count = std::min<int64_t>(kRows, head.keys - j);
    Product({head.value.row(j), head.value.stride}, count, width, gram_matrix, panels, image.get());
    for (int64_t i = 0; i < count; ++i) {
      const double square = Dot(head.value.row(j + i), image.get() + i * stride, width);
      out[j + i] = static_cast<float>(std::sqrt(std::max(square, 0.0)));
    }
  }
}

}  // namespace headscope::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace headscope {

HWY_EXPORT(PackedHeadSize);
HWY_EXPORT(PackHead);
HWY_EXPORT(ScratchSize);
HWY_EXPORT(Attend);
HWY_EXPORT(AttentionProducts);
HWY_EXPORT(GramSize);
HWY_EXPORT(Gram);
HWY_EXPORT(ValueNorms);

int64_t packed_head_size(int64_t keys, int64_t width, int64_t value_width) {
  return HWY_DYNAMIC_DISPATCH(PackedHeadSize)(keys, width, value_width);
}
void pack_head(const HeadView& head, float* packed, int64_t first) {
  HWY_DYNAMIC_DISPATCH(PackHead)(head, packed, first);
}

namespace {

// Kept by each thread of the team: fresh memory for every block would cost page faults.
float* scratch_for(const HeadView& head, Range rows) {
  thread_local Buffer scratch;
  const int64_t size = HWY_DYNAMIC_DISPATCH(ScratchSize)(head.keys, head.value_width, rows.size());
  return scratch.reserve(static_cast<size_t>(size));
}

}  // namespace

void attend(const HeadView& head, const float* packed, Range rows, const HeadRows& out) {
  HWY_DYNAMIC_DISPATCH(Attend)(head, packed, rows, out, scratch_for(head, rows));
}
void attention_products(const HeadView& head, const float* packed, Range rows, float* context,
                        int64_t stride) {
  HWY_DYNAMIC_DISPATCH(AttentionProducts)
  (head, packed, rows, context, stride, scratch_for(head, rows));
}
int64_t gram_size(int64_t width) { return HWY_DYNAMIC_DISPATCH(GramSize)(width); }
void gram(const float* weight, int64_t stride, int64_t rows, int64_t width, float* packed) {
  HWY_DYNAMIC_DISPATCH(Gram)(weight, stride, rows, width, packed);
}
void value_norms(const HeadView& head, const float* gram_matrix, float* out) {
  HWY_DYNAMIC_DISPATCH(ValueNorms)(head, gram_matrix, out);
}

}  // namespace headscope
#endif  // HWY_ONCE
