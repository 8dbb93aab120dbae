#include "model/forward.h"

#include <algorithm>

#include "base/parallel.h"
#include "headscope/error.h"

namespace headscope {

namespace {

// The largest size that a block needs, for each buffer.
template <class Of>
int64_t most(const ModelSpec& spec, Of of) {
  int64_t largest = 0;
  for (const BlockSpec& block : spec.blocks) largest = std::max<int64_t>(largest, of(block));
  return largest;
}

int64_t inner_width(const BlockSpec& block) {
  return block.feed_forward.inner * (block.feed_forward.gated ? 2 : 1);
}

// Tables of rotations that are kept from run to run.
constexpr size_t kMostRopes = 8;

int64_t packed_size(const AttentionSpec& spec, int64_t tokens) {
  return spec.kv_heads * packed_head_size(tokens, spec.head_dim, spec.value_dim);
}

}  // namespace

int64_t ForwardPass::workspace_bytes(const ModelSpec& spec, int64_t rows, int64_t tokens,
                                     int64_t memory) {
  const int64_t texts = (rows + tokens - 1) / std::max<int64_t>(tokens, 1);
  const int64_t heads = texts * most(spec, [&](const BlockSpec& b) {
                          const int64_t own = packed_size(b.attention, tokens);
                          return b.cross ? std::max(own, packed_size(*b.cross, memory)) : own;
                        });
  int64_t projected = 0;  // keys and values of the memory stay
  for (const BlockSpec& block : spec.blocks) {
    if (block.cross) projected += texts * memory * block.cross->memory_width();
  }
  const int64_t biases =
      texts * most(spec, [&](const BlockSpec& b) { return bias_size(b.attention, tokens); });
  const int64_t row = 3 * spec.width + most(spec, [](const BlockSpec& b) {
                        return b.attention.qkv_width() + b.attention.context_width();
                      });
  const int64_t at_once = std::min(rows, kFeedForwardRows);
  const int64_t step = at_once * (spec.width + most(spec, inner_width));
  const int64_t inner_rows = Linear::workspace_bytes(
      at_once, most(spec, [](const BlockSpec& b) { return b.feed_forward.inner; }));
  const int64_t keys = std::max(tokens, memory);
  const int64_t scores = max_threads() * std::min(tokens, kAttentionRows) * (keys + 128);
  const int64_t packed_rows = Linear::workspace_bytes(
      rows, std::max(spec.width, most(spec, [](const BlockSpec& b) {
                       return std::max(b.attention.context_width(), b.feed_forward.inner);
                     })));
  return packed_rows + inner_rows +
         (rows * row + heads + projected + biases + step + scores) *
             static_cast<int64_t>(sizeof(float));
}

ForwardPass::Layer ForwardPass::layer(int64_t number) const {
  const BlockSpec& block = model_.spec().block(number);
  auto weights = model_.layer(number, deciding_);
  const LayerWeights& its = *weights;
  return {number, block, block.attention, std::move(weights), its.attention, its};
}

ForwardPass::Layer ForwardPass::cross_layer(int64_t number) const {
  const BlockSpec& block = model_.spec().block(number);
  auto weights = model_.layer(number, deciding_);
  const LayerWeights& its = *weights;
  return {number, block, *block.cross, std::move(weights), *its.cross, its};
}

void ForwardPass::lay_out(std::span<const PassText> texts) {
  const ModelSpec& spec = model_.spec();
  first_.clear();
  caches_.clear();
  blocks_.clear();
  if (ropes_.size() > kMostRopes) ropes_.clear();
  rows_ = 0;
  deciding_ = texts.empty() ? 0 : texts[0].deciding_tokens();
  for (size_t t = 0; t < texts.size(); ++t) {
    first_.push_back(rows_);
    caches_.push_back(texts[t].cache);
    rows_ += texts[t].size();
    const int64_t end = earlier(t) + texts[t].size();
    for (int64_t i = earlier(t); i < end; i += kAttentionRows) {
      blocks_.push_back({t, {i, std::min(end, i + kAttentionRows)}});
    }
  }
  const auto rows = static_cast<size_t>(rows_), d = static_cast<size_t>(spec.width);
  const auto widest = [&](auto of) { return static_cast<size_t>(most(spec, of)); };
  x_.reserve(rows * d);
  branch_.reserve(rows * d);
  qkv_.reserve(rows * widest([](const BlockSpec& b) {
                 const int64_t own = b.attention.row_width();
                 return b.cross ? std::max(own, b.cross->row_width()) : own;
               }));
  context_.reserve(rows * widest([](const BlockSpec& b) {
                     const int64_t own = b.attention.context_width();
                     return b.cross ? std::max(own, b.cross->context_width()) : own;
                   }));
  const auto step = static_cast<size_t>(std::min(rows_, kFeedForwardRows));
  step_.reserve(step * d);
}

int64_t ForwardPass::new_rows(size_t text) const {
  return (text + 1 < first_.size() ? first_[text + 1] : rows_) - first_[text];
}

int64_t ForwardPass::earlier(size_t text) const {
  return caches_[text] ? caches_[text]->size() : 0;
}

void ForwardPass::keep_hidden(std::span<const PassText> texts, int64_t index) {
  const int64_t d = model_.spec().width;
  // Where the rows of a text go, from its first in this run on; null: nowhere.
  const auto place = [&](size_t t) {
    if (caches_[t] && caches_[t]->hidden(index)) return caches_[t]->hidden(index) + earlier(t) * d;
    return texts[t].hidden ? texts[t].hidden + index * texts[t].size() * d : nullptr;
  };
  bool any = false;
  for (size_t t = 0; t < texts.size(); ++t) any |= place(t) != nullptr;
  if (!any) return;
  parallel_for(std::ssize(blocks_), [&](int64_t b) {
    const auto [t, rows] = blocks_[static_cast<size_t>(b)];
    float* to = place(t);
    const int64_t begin = rows.begin - earlier(t);
    if (to) std::copy_n(x_.data() + (first_[t] + begin) * d, rows.size() * d, to + begin * d);
  });
}

// Keeps the asked rows alone: [rows, width].
void ForwardPass::gather(std::span<const int64_t> asked, int64_t width, Buffer& rows) const {
  Buffer some(asked.size() * static_cast<size_t>(width));
  float* to = some.data();
  for (const int64_t row : asked) to = std::copy_n(rows.data() + row * width, width, to);
  rows = std::move(some);
}

// After attention, whose output `branch_` holds where the block is parallel:
// x = norm(x + f(x)), x += f(norm(x)), x += norm(f(norm(x))) or x += branch + f(norm(x)).
void ForwardPass::feed_forward(const Layer& layer, const RunControl& control) {
  const BlockSpec& block = layer.block;
  const FeedForwardSpec& spec = block.feed_forward;
  const LayerWeights& weights = layer.rest;
  const int64_t d = model_.spec().width;
  const bool after = block.placement == NormPlacement::kAfter;
  for (int64_t begin = 0; begin < rows_; begin += kFeedForwardRows) {
    control.cancel.check();
    const int64_t count = std::min(kFeedForwardRows, rows_ - begin);
    float *x = x_.data() + begin * d, *step = step_.data();
    if (!after) normalise(weights.feed_forward_norm.view(), x, nullptr, count, d, step);
    if (block.residual_after_norm) std::copy_n(step, count * d, x);
    const float* input = after ? x : step;
    if (spec.experts > 0) {
      mix_experts(layer, input, count, step);
    } else if (spec.gated) {
      float* inner = inner_.reserve(static_cast<size_t>(count * 2 * spec.inner));
      float* gated = gated_.reserve(static_cast<size_t>(count * spec.inner));
      weights.up.apply(input, count, inner);
      activate_gated(spec.activation, inner, count, spec.inner, gated);
      weights.down.apply(gated, count, step);
    } else {
      Linear::feed_forward(weights.up, spec.activation, weights.down, input, count, inner_, step);
    }
    if (after) {
      normalise(weights.feed_forward_norm.view(), step, x, count, d, x);
      continue;
    }
    if (block.placement == NormPlacement::kBoth) {
      normalise(weights.feed_forward_post_norm.view(), step, nullptr, count, d, step);
    }
    if (block.parallel) add(branch_.data() + begin * d, count * d, step);
    add(step, count * d, x);
  }
}

// Attention or cross-attention of a block, and what it does to the residual stream. Where `asked`
// names rows, only those go on; with `ends` the run ends with its weights.
void ForwardPass::attention_branch(std::span<const PassText> texts, const Layer& layer,
                                   std::span<const int64_t> asked, bool ends,
                                   const RunControl& control) {
  const BlockSpec& block = layer.block;
  const AttentionWeights& weights = layer.weights;
  const int64_t d = model_.spec().width;
  const bool after = block.placement == NormPlacement::kAfter;
  const float* input = x_.data();
  if (!after && block.attention_norm) {
    float* normed = input_.reserve(static_cast<size_t>(rows_ * d));
    normalise(weights.norm.view(), x_.data(), nullptr, rows_, d, normed);
    if (block.residual_after_norm) std::copy_n(normed, rows_ * d, x_.data());
    input = normed;
  }
  project(texts, layer, input);
  attention(texts, layer, ends, control);
  if (ends) return;
  if (!asked.empty()) {
    gather(asked, d, x_);
    gather(asked, layer.attention.context_width(), context_);
    rows_ = std::ssize(asked);
  }
  weights.output.apply(context_.data(), rows_, branch_.data());
  if (after) {
    normalise(weights.norm.view(), branch_.data(), x_.data(), rows_, d, x_.data());
  } else if (!block.parallel) {
    if (block.placement == NormPlacement::kBoth) {
      normalise(weights.post_norm.view(), branch_.data(), nullptr, rows_, d, branch_.data());
    }
    add(branch_.data(), rows_ * d, x_.data());
  }
}

void ForwardPass::run_layer(std::span<const PassText> texts, const Layer& own,
                            const PassOptions& options, const RunControl& control) {
  const int64_t number = own.number;
  std::span<const int64_t> asked;  // by the last attention of the pass
  const bool last = number + 1 == options.end_layer;
  if (last) asked = options.asked;
  const bool ends = last && options.only_weights;
  if (own.block.cross) {
    attention_branch(texts, own, {}, false, control);
    attention_branch(texts, cross_layer(number), asked, ends, control);
  } else {
    attention_branch(texts, own, asked, ends, control);
  }
  if (!ends) feed_forward(own, control);
}

const float* ForwardPass::run(std::span<const PassText> texts, const PassOptions& options,
                              const RunControl& control) {
  const ModelSpec& spec = model_.spec();
  const int64_t layers = spec.layers();
  PassOptions wanted = options;
  if (wanted.end_layer < 0) wanted.end_layer = layers;
  for (const PassText& text : texts) {
    if (spec.memory_width == 0 || text.memory) continue;
    throw Error(ErrorCode::kInternal, "a decoder without a memory", "the encoder's hidden states");
  }
  for (const PassText& text : texts) {
    if (model_.products(text.deciding_tokens()) == model_.products(texts[0].deciding_tokens())) {
      continue;
    }
    throw Error(ErrorCode::kInternal, "a batch of short and longer texts", "one kind of products");
  }
  lay_out(texts);
  if (wanted.first_layer == 0) {
    embed(texts);
    keep_hidden(texts, 0);
  } else {
    std::copy_n(wanted.start, rows_ * spec.width, x_.data());
  }
  if (wanted.first_layer == wanted.end_layer && !wanted.asked.empty()) {
    gather(wanted.asked, spec.width, x_);
  }
  std::shared_ptr<const LayerWeights> held;  // until the next are read: layers may share them
  for (int64_t l = wanted.first_layer; l < wanted.end_layer; ++l) {
    control.cancel.check();
    control.report(l - wanted.first_layer, wanted.end_layer - wanted.first_layer);
    const Layer current = layer(l);
    held = current.held;
    if (l + 1 < wanted.end_layer) model_.ahead(l + 1, deciding_);
    run_layer(texts, current, wanted, control);
    // The hidden states behind the last layer are those that the heads read.
    if (l + 1 == layers && spec.final_norm && !wanted.only_weights) {
      normalise(model_.final_norm().view(), x_.data(), nullptr, rows_, spec.width, x_.data());
    }
    if (wanted.asked.empty() && !wanted.only_weights) keep_hidden(texts, l + 1);
  }
  control.report(wanted.end_layer - wanted.first_layer, wanted.end_layer - wanted.first_layer);
  for (const PassText& text : texts) {
    if (text.cache) text.cache->grow(text.size());
  }
  return x_.data();
}

void ForwardPass::keep(const PassText& text) {
  const std::span<const PassText> texts(&text, 1);
  lay_out(texts);
  const int64_t n = text.cache->size(), room = text.cache->room();
  for (int64_t l = 0; l < model_.spec().layers(); ++l) {
    const KeptLayer& kept = text.kept[static_cast<size_t>(l)];
    const Layer its = layer(l);
    place_biases(texts, its);
    if (kept.value_norm) model_.grams(l, false);  // at first need, outside the team
    parallel_for(its.attention.heads, [&](int64_t h) {
      keep_head(texts, 0, its, h);
      TextCache::Layer& cached = text.cache->layer(l);
      if (kept.logsumexp)
        std::copy_n(cached.logsumexp.data() + h * room, n, kept.logsumexp + h * n);
      if (kept.sink) std::copy_n(cached.sink.data() + h * room, n, kept.sink + h * n);
    });
  }
}

}  // namespace headscope
