// neuron: one query and all keys of a head, and what turns their products into weights.
#include "rpc/service.h"
#include "rpc/tile_spec.h"
#include "trace/rope.h"

namespace headscope {
namespace {

const LayerInfo& layer_of(const AttentionSource& source, HeadRef head) {
  return source.info().stacks[static_cast<size_t>(head.stack)].layer(head.id.layer);
}

struct NeuronParts {
  std::vector<float> query;          // [Dh]
  std::vector<float> key;            // [M, Dh]
  std::vector<float> weights, bias;  // [M]
  bool biased = false;
};

NeuronParts parts_of(const AttentionSource& source, HeadRef head, int64_t query) {
  const ScoreRule& rule = layer_of(source, head).rule;
  const auto q = source.query(head);
  const auto k = source.key(head);
  const int64_t dim = q.extent(1), keys = k.extent(0);
  NeuronParts parts;
  parts.query.assign(q.row(query), q.row(query) + dim);
  parts.key.assign(k.data(), k.data() + keys * dim);
  parts.weights.resize(static_cast<size_t>(keys));
  source.weights(head, {query, query + 1}, {0, keys}, parts.weights.data());
  parts.bias.assign(static_cast<size_t>(keys), 0.0f);
  parts.biased = rule.bias != BiasKind::kNone || rule.mask.kind != MaskKind::kNone ||
                 rule.mask.key_length >= 0;
  if (parts.biased) source.position_terms(head, query, parts.bias.data());
  return parts;
}

}  // namespace

Reply Rpc::Service::neuron(Fields& fields, const RunControl&) {
  const auto stored = trace_of(fields);
  const AttentionSource& source = *stored->source;
  const int stack_index = read_stack(fields, source);
  const HeadRef head = read_head(fields.text("head", kMaxHeadName), source, stack_index);
  const int64_t query = read_query(fields, source, head.stack);
  const bool rotated = fields.flag("rotated", true);
  fields.done();
  const LayerInfo& layer = layer_of(source, head);
  if (!source.has_vectors(head)) {
    throw Error(ErrorCode::kUsage, "this trace holds attention weights only",
                "queries, keys and the log-sum-exp of each row",
                "Make a trace with `headscope trace`", "HS-CAP-01");
  }
  NeuronParts parts = parts_of(source, head, query);
  const auto dim = static_cast<int64_t>(parts.query.size());
  const int64_t keys = static_cast<int64_t>(parts.key.size()) / dim;
  if (!rotated && layer.rope) {
    unrotate(parts.query.data(), query, *layer.rope);
    for (int64_t j = 0; j < keys; ++j) unrotate(parts.key.data() + j * dim, j, *layer.rope);
  }

  const TensorView<const float> sink = source.sink(head);
  Reply reply;
  reply.json = {{"dim", dim},
                {"logsumexp", json_number(source.logsumexp(head)(query))},
                {"scale", json_number(layer.rule.scale)},
                {"softcap", layer.rule.softcap ? json_number(*layer.rule.softcap) : Json()},
                {"rule", static_cast<int>(layer.rule.order)},
                {"sink", sink.empty() ? Json() : json_number(sink(query))}};
  reply.tensors.push_back(float_tensor("query", {dim}, parts.query));
  reply.tensors.push_back(float_tensor("key", {keys, dim}, parts.key));
  reply.tensors.push_back(float_tensor("weights", {keys}, parts.weights));
  if (parts.biased) reply.tensors.push_back(float_tensor("bias", {keys}, parts.bias));
  return reply;
}

}  // namespace headscope
