// The mixture of experts of gpt-oss: a router picks experts for each token, their outputs are
// summed by the router's weights.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/parallel.h"
#include "model/forward.h"

namespace headscope {

namespace {

struct Choice {
  int64_t expert;
  float weight;
};

// The `used` largest logits of a row, as a softmax among themselves.
void choose(const float* logits, int64_t experts, int64_t used, Choice* out) {
  std::vector<int64_t> order(static_cast<size_t>(experts));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::partial_sort(order.begin(), order.begin() + used, order.end(), [&](int64_t a, int64_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  });
  float sum = 0;
  for (int64_t k = 0; k < used; ++k) {
    const int64_t expert = order[static_cast<size_t>(k)];
    out[k] = {expert, std::exp(logits[expert] - logits[order[0]])};
    sum += out[k].weight;
  }
  for (int64_t k = 0; k < used; ++k) out[k].weight /= sum;
}

// (up + 1) · gate · sigmoid(alpha · gate), both clamped; x [2·F] gate then up, y [F].
void gate_clamped(const FeedForwardSpec& spec, const float* x, float* y) {
  for (int64_t c = 0; c < spec.inner; ++c) {
    const float gate = std::min(x[c], spec.gate_limit);
    const float up = std::clamp(x[spec.inner + c], -spec.gate_limit, spec.gate_limit);
    y[c] = (up + 1) * gate / (1 + std::exp(-spec.gate_alpha * gate));
  }
}

}  // namespace

// y may be x. A row's sum runs over its experts in their order, whatever rows stand beside it.
void ForwardPass::mix_experts(const Layer& layer, const float* x, int64_t rows, float* y) {
  const FeedForwardSpec& spec = layer.block.feed_forward;
  const LayerWeights& weights = layer.rest;
  const int64_t d = model_.spec().width, used = spec.experts_used;
  std::vector<float> logits(static_cast<size_t>(rows * spec.experts));
  std::vector<Choice> choices(static_cast<size_t>(rows * used));
  weights.router.apply(x, rows, logits.data());
  parallel_for(rows, [&](int64_t i) {
    choose(logits.data() + i * spec.experts, spec.experts, used, choices.data() + i * used);
  });
  std::vector<float> sum(static_cast<size_t>(rows * d), 0.0f), input, inner, gated, output;
  for (int64_t e = 0; e < spec.experts; ++e) {
    std::vector<std::pair<int64_t, float>> members;
    for (int64_t at = 0; at < rows * used; ++at) {
      const Choice& choice = choices[static_cast<size_t>(at)];
      if (choice.expert == e) members.emplace_back(at / used, choice.weight);
    }
    const auto count = std::ssize(members);
    if (count == 0) continue;
    const auto size = static_cast<size_t>(count);
    input.resize(size * static_cast<size_t>(d));
    inner.resize(size * static_cast<size_t>(2 * spec.inner));
    gated.resize(size * static_cast<size_t>(spec.inner));
    output.resize(size * static_cast<size_t>(d));
    for (int64_t m = 0; m < count; ++m) {
      std::copy_n(x + members[static_cast<size_t>(m)].first * d, d, input.data() + m * d);
    }
    const ExpertWeights& expert = weights.experts[static_cast<size_t>(e)];
    expert.up.apply(input.data(), count, inner.data());
    parallel_for(count, [&](int64_t m) {
      gate_clamped(spec, inner.data() + m * 2 * spec.inner, gated.data() + m * spec.inner);
    });
    expert.down.apply(gated.data(), count, output.data());
    for (int64_t m = 0; m < count; ++m) {
      const auto [row, weight] = members[static_cast<size_t>(m)];
      for (int64_t c = 0; c < d; ++c) {
        sum[static_cast<size_t>(row * d + c)] += weight * output[static_cast<size_t>(m * d + c)];
      }
    }
  }
  std::copy(sum.begin(), sum.end(), y);
}

}  // namespace headscope
