#include "model/forward.h"

#include <algorithm>

#include "base/parallel.h"
#include "headscope/error.h"
#include "kernels/attention.h"

namespace headscope {

int64_t ForwardPass::workspace_bytes(const ModelConfig& config, int64_t rows, int64_t tokens) {
  const BlockConfig& block = config.block;
  const int64_t texts = (rows + tokens - 1) / std::max<int64_t>(tokens, 1);
  const int64_t heads = texts * block.heads * packed_head_size(tokens, block.head_width());
  const int64_t inner = std::min(rows, kFeedForwardRows) * block.inner;
  const int64_t scores = max_threads() * std::min(tokens, kAttentionRows) * (tokens + 128);
  return (rows * 6 * block.width + heads + inner + scores) * static_cast<int64_t>(sizeof(float));
}

void ForwardPass::lay_out(std::span<const PassText> texts) {
  const BlockConfig& block = encoder_.config().block;
  first_.clear();
  packed_.clear();
  blocks_.clear();
  rows_ = 0;
  int64_t packed = 0;
  for (size_t t = 0; t < texts.size(); ++t) {
    const int64_t n = texts[t].size();
    first_.push_back(rows_);
    packed_.push_back(packed);
    rows_ += n;
    packed += block.heads * packed_head_size(n, block.head_width());
    for (int64_t i = 0; i < n; i += kAttentionRows) {
      blocks_.push_back({t, {i, std::min(n, i + kAttentionRows)}});
    }
  }
  const auto cells = static_cast<size_t>(rows_ * block.width);
  x_.reserve(cells);
  qkv_.reserve(3 * cells);
  heads_.reserve(static_cast<size_t>(packed));
  context_.reserve(cells);
  branch_.reserve(cells);
  inner_.reserve(static_cast<size_t>(std::min(rows_, kFeedForwardRows) * block.inner));
}

namespace {

void check_token(const char* what, int64_t got, int64_t most) {
  if (got >= 0 && got < most) return;
  throw Error(ErrorCode::kBadInput, std::string(what) + " " + std::to_string(got),
              "less than " + std::to_string(most) + ", what the model has");
}

}  // namespace

void ForwardPass::embed(std::span<const PassText> texts) {
  const ModelConfig& config = encoder_.config();
  const int64_t d = config.block.width;
  const float* words = encoder_.words();
  for (size_t t = 0; t < texts.size(); ++t) {
    const PassText& text = texts[t];
    if (text.size() > 0) check_token("position", text.size() - 1, config.positions);
    for (int64_t i = 0; i < text.size(); ++i) {
      const auto at = static_cast<size_t>(i);
      const int64_t id = text.ids[at];
      const int64_t segment = text.segments.empty() ? 0 : text.segments[at];
      check_token("token id", id, config.vocab);
      check_token("segment", segment, config.segments);
      const float* word = words + id * d;
      const float* kind = encoder_.segments() + segment * d;
      const float* place = encoder_.positions() + i * d;
      float* row = x_.data() + (first_[t] + i) * d;
      // In the reference's order, so that the sums have its bits.
      for (int64_t c = 0; c < d; ++c) row[c] = (word[c] + kind[c]) + place[c];
    }
  }
  layer_norm(encoder_.embedding_norm().view(), x_.data(), nullptr, rows_, d, x_.data());
}

void ForwardPass::keep_hidden(std::span<const PassText> texts, int64_t index) {
  const int64_t d = encoder_.config().block.width;
  for (size_t t = 0; t < texts.size(); ++t) {
    if (!texts[t].hidden) continue;
    const int64_t cells = texts[t].size() * d;
    std::copy_n(x_.data() + first_[t] * d, cells, texts[t].hidden + index * cells);
  }
}

// Only the asked rows [rows, D].
void ForwardPass::gather(std::span<const int64_t> asked, Buffer& rows) const {
  const int64_t d = encoder_.config().block.width;
  Buffer some(asked.size() * static_cast<size_t>(d));
  float* to = some.data();
  for (const int64_t row : asked) to = std::copy_n(rows.data() + row * d, d, to);
  rows = std::move(some);
}

// x = norm(x + W₂·act(W₁·x)), or x += W₂·act(W₁·norm(x)).
void ForwardPass::feed_forward(const LayerWeights& layer, const RunControl& control) {
  const BlockConfig& block = encoder_.config().block;
  const int64_t d = block.width;
  const bool before = block.norm == NormPlacement::kBefore;
  for (int64_t begin = 0; begin < rows_; begin += kFeedForwardRows) {
    control.cancel.check();
    const int64_t count = std::min(kFeedForwardRows, rows_ - begin);
    float* x = x_.data() + begin * d;
    float* branch = branch_.data();
    if (before) layer_norm(layer.output_norm.view(), x, nullptr, count, d, branch);
    layer.inner.apply(before ? branch : x, count, inner_.data());
    activate(block.activation, inner_.data(), count * block.inner);
    layer.output.apply(inner_.data(), count, branch);
    if (before) {
      add(branch, count * d, x);
    } else {
      layer_norm(layer.output_norm.view(), branch, x, count, d, x);
    }
  }
}

void ForwardPass::run_layer(std::span<const PassText> texts, int64_t number,
                            const PassOptions& options, const RunControl& control) {
  const LayerWeights& layer = encoder_.layer(number);
  const int64_t d = encoder_.config().block.width;
  const bool before = encoder_.config().block.norm == NormPlacement::kBefore;
  const bool last = number + 1 == options.end_layer;
  const float* input = x_.data();
  if (before) {
    layer_norm(layer.attention_norm.view(), x_.data(), nullptr, rows_, d, branch_.data());
    input = branch_.data();
  }
  layer.qkv.apply(input, rows_, qkv_.data());
  attention(texts, number, options.with_attention, control);
  if (last && !options.asked.empty()) {
    gather(options.asked, x_);
    gather(options.asked, context_);
    rows_ = static_cast<int64_t>(options.asked.size());
  }
  layer.attention_output.apply(context_.data(), rows_, branch_.data());
  if (before) {
    add(branch_.data(), rows_ * d, x_.data());
  } else {
    layer_norm(layer.attention_norm.view(), branch_.data(), x_.data(), rows_, d, x_.data());
  }
  feed_forward(layer, control);
}

const float* ForwardPass::run(std::span<const PassText> texts, const PassOptions& options,
                              const RunControl& control) {
  PassOptions wanted = options;
  if (wanted.end_layer < 0) wanted.end_layer = encoder_.config().layers;
  lay_out(texts);
  if (wanted.first_layer == 0) {
    embed(texts);
    keep_hidden(texts, 0);
  } else {
    std::copy_n(wanted.start, rows_ * encoder_.config().block.width, x_.data());
  }
  if (wanted.first_layer == wanted.end_layer && !wanted.asked.empty()) gather(wanted.asked, x_);
  for (int64_t l = wanted.first_layer; l < wanted.end_layer; ++l) {
    control.cancel.check();
    control.report(l - wanted.first_layer, wanted.end_layer - wanted.first_layer);
    run_layer(texts, l, wanted, control);
    if (wanted.asked.empty()) keep_hidden(texts, l + 1);
  }
  control.report(wanted.end_layer - wanted.first_layer, wanted.end_layer - wanted.first_layer);
  return x_.data();
}

}  // namespace headscope
