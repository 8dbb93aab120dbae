#include "trace/layer_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "base/parallel.h"
#include "headscope/error.h"
#include "trace/trace_check.h"

namespace headscope {
namespace {

// Rows `rows` of one head of [heads, R, width] as floats: in place, or widened into `buffer`.
const float* head_rows(const Array& array, int64_t head, Range rows, std::vector<float>& buffer) {
  const int64_t width = array.shape()[2];
  const int64_t begin = (head * array.shape()[1] + rows.begin) * width;
  if (array.dtype() == DType::kF32) return array.floats().data() + begin;
  buffer.resize(static_cast<size_t>(rows.size() * width));
  array.read(begin, rows.size() * width, buffer.data());
  return buffer.data();
}

// One head's bias, null where the layer has none.
const float* bias_of(const LayerInfo& layer, const LayerArrays& arrays, int head) {
  if (arrays.bias.empty()) return nullptr;
  const int64_t each = arrays.bias.size() / layer.heads;
  return arrays.bias.floats().data() + head * each;
}

// A sink's logit of one head: share = exp(logit − lse) in every row; the row with the largest share
// tells it best.
float sink_logit(std::span<const float> share, std::span<const float> logsumexp) {
  const auto most =
      static_cast<size_t>(std::max_element(share.begin(), share.end()) - share.begin());
  return share[most] > 0 ? logsumexp[most] + std::log(share[most])
                         : -std::numeric_limits<float>::infinity();
}

struct WrongSum {
  int64_t row = 0;
  float got = 0, expected = 0;
};

}  // namespace

HeadBlock::HeadBlock(const LayerInfo& layer, const LayerArrays& arrays, int head, Range rows,
                     Range cols) {
  scores.queries = arrays.query.shape()[1];
  scores.keys = arrays.key.shape()[1];
  scores.width = layer.head_dim;
  scores.query = head_rows(arrays.query, head, rows, query_);
  scores.key = head_rows(arrays.key, layer.key_head(head), cols, key_);
  scores.first_query = rows.begin;
  scores.first_key = cols.begin;
  scores.rule = layer.rule;
  scores.bias = bias_of(layer, arrays, head);
  if (layer.rule.mask.kind == MaskKind::kDense) scores.dense_mask = arrays.mask.floats().data();
  if (!arrays.logsumexp.empty()) {
    scores.logsumexp = arrays.logsumexp.floats().data() + head * scores.queries;
  }
}

std::vector<float> sink_logits(const LayerInfo& layer, const LayerArrays& arrays) {
  std::vector<float> logits;
  if (!layer.rule.sinks) return logits;
  const auto n = static_cast<size_t>(arrays.logsumexp.shape().at(1));
  for (size_t h = 0; h < static_cast<size_t>(layer.heads); ++h) {
    logits.push_back(sink_logit(arrays.sink.floats().subspan(h * n, n),
                                arrays.logsumexp.floats().subspan(h * n, n)));
  }
  return logits;
}

LayerSums layer_logsumexp(const LayerInfo& layer, const LayerArrays& arrays,
                          std::span<const float> logits) {
  constexpr int64_t kBlock = 128;  // rows that a thread takes
  const int64_t n = arrays.query.shape()[1], m = arrays.key.shape()[1];
  const int64_t blocks = (n + kBlock - 1) / kBlock;
  const bool sinks = layer.rule.sinks;
  if (sinks && static_cast<int64_t>(logits.size()) != layer.heads) {
    throw Error(ErrorCode::kBadInput, std::to_string(logits.size()) + " sink logits",
                std::to_string(layer.heads) + ", one a head");
  }
  std::vector<float> sums(static_cast<size_t>(layer.heads * n));
  std::vector<float> shares(sinks ? sums.size() : 0);
  parallel_for(layer.heads * blocks, [&](int64_t task) {
    const auto head = static_cast<int>(task / blocks);
    const int64_t begin = task % blocks * kBlock;
    const Range rows{begin, std::min(n, begin + kBlock)};
    HeadBlock block(layer, arrays, head, rows, {0, m});
    if (sinks) block.scores.sink = logits[static_cast<size_t>(head)];
    const int64_t at = head * n + begin;
    logsumexp_rows(block.scores, rows, sums.data() + at, sinks ? shares.data() + at : nullptr);
  });
  LayerSums out;
  out.logsumexp = Array::from(std::move(sums), {layer.heads, n});
  if (sinks) out.sink = Array::from(std::move(shares), {layer.heads, n});
  return out;
}

void check_logsumexp(const TraceInfo& info, const std::vector<StackArrays>& arrays,
                     const std::string& source) {
  // Beyond it a row of weights would sum to something that a reader sees: 1.002 and more.
  constexpr double kMost = 2e-3;
  constexpr int64_t kRowsLooked = 6;
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    for (size_t l = 0; l < info.stacks[s].layers.size(); ++l) {
      const LayerInfo& layer = info.stacks[s].layers[l];
      if (layer.kind == LayerKind::kNone || layer.holds == Holds::kWeights) continue;
      const LayerArrays& own = arrays[s][l];
      const std::vector<float> logits = sink_logits(layer, own);
      const int64_t n = own.query.shape()[1], m = own.key.shape()[1];
      // The first row of each head that is off; the first head is told, whatever thread found it.
      std::vector<std::optional<WrongSum>> wrong(static_cast<size_t>(layer.heads));
      parallel_for(layer.heads, [&](int64_t h) {
        HeadBlock block(layer, own, static_cast<int>(h), {0, n}, {0, m});
        if (!logits.empty()) block.scores.sink = logits[static_cast<size_t>(h)];
        const int64_t looked = std::min(n, kRowsLooked);
        for (int64_t k = 0; k < looked && !wrong[static_cast<size_t>(h)]; ++k) {
          const int64_t row = looked > 1 ? k * (n - 1) / (looked - 1) : 0;
          float expected = 0;
          logsumexp_rows(block.scores, {row, row + 1}, &expected);
          const float got = block.scores.logsumexp[row];
          const double off = static_cast<double>(got) - static_cast<double>(expected);
          if (got == expected || std::abs(off) <= kMost) continue;
          wrong[static_cast<size_t>(h)] = {row, got, expected};
        }
      });
      for (int h = 0; h < layer.heads; ++h) {
        const auto& found = wrong[static_cast<size_t>(h)];
        if (!found) continue;
        throw Error(ErrorCode::kBadInput,
                    source + ": logsumexp of " +
                        head_name(info.stacks, {static_cast<int>(s), {layer.layer, h}}) + " row " +
                        std::to_string(found->row) + " is " + std::to_string(found->got),
                    std::to_string(found->expected) + ", which its query, keys and score rule give",
                    "Store the log-sum-exp of the vectors as they are in the file");
      }
    }
  }
}

}  // namespace headscope
