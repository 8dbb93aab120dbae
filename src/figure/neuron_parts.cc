#include "figure/neuron_parts.h"

#include <algorithm>

#include "figure/app_keys.h"
#include "headscope/error.h"
#include "trace/rope.h"

namespace headscope {

std::optional<int64_t> pinned_token(const ViewState& state, PinSide side, int64_t tokens) {
  for (const Pin& pin : neuron_pins(state)) {
    if (pin.side != side) continue;
    if (pin.index < tokens) return pin.index;
    throw Error(ErrorCode::kUsage,
                "pinned token " + std::string(side == PinSide::kQuery ? "q" : "k") +
                    std::to_string(pin.index),
                "the index of a token, below " + std::to_string(tokens));
  }
  return std::nullopt;
}

namespace {

// The first word, or the last where a query sees no later key: the first one would see itself
// alone. Twin of queryOf (web/src/views/neuron/neuron_plan.ts).
int64_t default_query(const TokenSequence& queries, const StackInfo& stack) {
  const std::vector<uint8_t>& special = queries.special;
  if (stack.causal()) {
    const auto last = std::find(special.rbegin(), special.rend(), uint8_t{0});
    return last == special.rend() ? 0 : special.rend() - last - 1;
  }
  const auto first = std::find(special.begin(), special.end(), uint8_t{0});
  return first == special.end() ? 0 : first - special.begin();
}

}  // namespace

NeuronParts neuron_parts(const AttentionSource& source, const ViewState& state) {
  const TraceInfo& info = source.info();
  const int stack = stack_of(state, info);
  const std::vector<HeadRef> heads = resolve_heads(state.heads, info, stack);
  if (heads.size() > 1) {
    throw Error(ErrorCode::kUsage, std::to_string(heads.size()) + " heads in the neuron view",
                "one head");
  }
  NeuronParts out;
  out.head = heads.front();
  if (!source.has_vectors(out.head)) {
    throw Error(ErrorCode::kUsage, "this trace holds attention weights only",
                "queries, keys and the log-sum-exp of each row",
                "Make a trace with `headscope trace`", "HS-CAP-01");
  }
  const TokenSequence& queries = info.tokens(stack, Side::kQuery);
  out.row = pinned_token(state, PinSide::kQuery, queries.size())
                .value_or(default_query(queries, info.stacks[static_cast<size_t>(stack)]));
  const HeadVectors q = source.query(out.head), k = source.key(out.head);
  const int64_t dim = q.extent(1), count = k.extent(0);
  out.query.assign(q.row(out.row), q.row(out.row) + dim);
  out.key.assign(k.data(), k.data() + count * dim);
  const auto keys = static_cast<size_t>(count);
  out.weights.resize(keys);
  out.scores.resize(keys);
  out.bias.assign(keys, 0.0f);
  source.weights(out.head, {out.row, out.row + 1}, {0, count}, out.weights.data());
  source.scores(out.head, {out.row, out.row + 1}, {0, count}, out.scores.data());
  const LayerInfo& layer = info.stacks[static_cast<size_t>(stack)].layer(out.head.id.layer);
  if (layer.rope && app_entry(state, "nv") == "before") {
    out.rotated = false;
    unrotate(out.query.data(), out.row, *layer.rope);
    for (int64_t j = 0; j < count; ++j) unrotate(out.key.data() + j * dim, j, *layer.rope);
  }
  const ScoreRule& rule = layer.rule;
  out.biased = rule.bias != BiasKind::kNone || rule.mask.kind != MaskKind::kNone ||
               rule.mask.key_length >= 0;
  if (out.biased) source.position_terms(out.head, out.row, out.bias.data());
  out.logsumexp = static_cast<double>(source.logsumexp(out.head)(out.row));
  const TensorView<const float> sink = source.sink(out.head);
  if (!sink.empty()) out.sink = static_cast<double>(sink(out.row));
  return out;
}

}  // namespace headscope
