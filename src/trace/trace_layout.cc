#include "trace/trace_layout.h"

namespace headscope {
namespace {

using Shape = std::vector<int64_t>;

bool vectors(const LayerInfo& layer) {
  return layer.kind == LayerKind::kAttention && layer.holds == Holds::kVectors;
}
bool attends(const LayerInfo& layer) { return layer.kind == LayerKind::kAttention; }
Need required(bool is) { return is ? Need::kRequired : Need::kAbsent; }
Need optional(bool is) { return is ? Need::kOptional : Need::kAbsent; }

Need vectors_need(const LayerInfo& layer) { return required(vectors(layer)); }
Need value_need(const LayerInfo& layer) { return optional(vectors(layer)); }
Need norm_need(const LayerInfo& layer) { return optional(attends(layer)); }
Need sink_need(const LayerInfo& layer) { return required(attends(layer) && layer.rule.sinks); }
Need bias_need(const LayerInfo& layer) {
  return required(vectors(layer) && layer.rule.bias != BiasKind::kNone);
}
Need mask_need(const LayerInfo& layer) {
  return required(vectors(layer) && layer.rule.mask.kind == MaskKind::kDense);
}
Need map_need(const LayerInfo& layer) {
  if (layer.kind == LayerKind::kNone) return Need::kAbsent;
  return vectors(layer) ? Need::kOptional : Need::kRequired;
}

Shape query_shape(const LayerInfo& l, int64_t n, int64_t) { return {l.heads, n, l.head_dim}; }
Shape key_shape(const LayerInfo& l, int64_t, int64_t m) { return {l.kv_heads, m, l.head_dim}; }
Shape value_shape(const LayerInfo& l, int64_t, int64_t m) { return {l.kv_heads, m, l.value_dim}; }
Shape row_shape(const LayerInfo& l, int64_t n, int64_t) { return {l.heads, n}; }
Shape norm_shape(const LayerInfo& l, int64_t, int64_t m) { return {l.heads, m}; }
Shape bias_shape(const LayerInfo& l, int64_t n, int64_t m) {
  if (l.rule.bias == BiasKind::kDistance) return {l.heads, n + m - 1};
  if (l.rule.bias == BiasKind::kDense) return {l.heads, n, m};
  return {l.heads};
}
Shape mask_shape(const LayerInfo&, int64_t n, int64_t m) { return {n, m}; }
Shape map_shape(const LayerInfo& l, int64_t n, int64_t m) { return {l.heads, n, m}; }

}  // namespace

const std::vector<LayerField>& layer_fields() {
  static const std::vector<LayerField> fields = {
      {"query", &LayerArrays::query, true, Finite::kYes, vectors_need, query_shape},
      {"key", &LayerArrays::key, true, Finite::kYes, vectors_need, key_shape},
      {"value", &LayerArrays::value, true, Finite::kYes, value_need, value_shape},
      // −infinity: a query that sees no key.
      {"logsumexp", &LayerArrays::logsumexp, false, Finite::kOrHidden, vectors_need, row_shape},
      {"value_norm", &LayerArrays::value_norm, false, Finite::kYes, norm_need, norm_shape},
      {"sink", &LayerArrays::sink, false, Finite::kYes, sink_need, row_shape},
      {"bias", &LayerArrays::bias, false, Finite::kYes, bias_need, bias_shape},
      {"mask", &LayerArrays::mask, false, Finite::kOrHidden, mask_need, mask_shape},
      {"attention", &LayerArrays::attention, false, Finite::kYes, map_need, map_shape}};
  return fields;
}

std::vector<int64_t> field_shape(const LayerField& field, const TraceInfo& info, int stack,
                                 const LayerInfo& layer) {
  return field.shape(layer, info.tokens(stack, Side::kQuery).size(),
                     info.tokens(stack, Side::kKey).size());
}

std::string stack_prefix(const TraceInfo& info, int stack) {
  const bool only_self = info.stacks.size() == 1 && info.stacks[0].name == "self";
  return only_self ? "" : info.stacks[static_cast<size_t>(stack)].name + ".";
}

}  // namespace headscope
