#include "trace/trace_layout.h"

#include <algorithm>

namespace headscope {
namespace {

int64_t queries(const TraceInfo& info, int s) { return info.query_tokens(s).size(); }
int64_t keys(const TraceInfo& info, int s) { return info.key_tokens(s).size(); }

using Shape = std::vector<int64_t>;

Shape query_shape(const TraceInfo& info, int s, size_t l) {
  const StackInfo& stack = info.stacks[s];
  return {stack.heads[l], queries(info, s), stack.head_dim};
}

Shape key_shape(const TraceInfo& info, int s, size_t l) {
  const StackInfo& stack = info.stacks[s];
  return {stack.kv_heads[l], keys(info, s), stack.head_dim};
}

Shape row_shape(const TraceInfo& info, int s, size_t l) {
  return {info.stacks[s].heads[l], queries(info, s)};
}

Shape norm_shape(const TraceInfo& info, int s, size_t l) {
  return {info.stacks[s].heads[l], keys(info, s)};
}

Shape map_shape(const TraceInfo& info, int s, size_t l) {
  return {info.stacks[s].heads[l], queries(info, s), keys(info, s)};
}

}  // namespace

const std::vector<LayerField>& layer_fields() {
  static const std::vector<LayerField> fields = {
      {"query", &LayerArrays::query, false, Finite::kYes, query_shape},
      {"key", &LayerArrays::key, false, Finite::kYes, key_shape},
      {"value", &LayerArrays::value, true, Finite::kYes, key_shape},
      // −infinity: a query that sees no key.
      {"logsumexp", &LayerArrays::logsumexp, false, Finite::kOrHidden, row_shape},
      {"value_norm", &LayerArrays::value_norm, true, Finite::kYes, norm_shape},
      {"attention", &LayerArrays::attention, true, Finite::kYes, map_shape}};
  return fields;
}

std::string stack_prefix(const TraceInfo& info, int stack) {
  const bool only_self = info.stacks.size() == 1 && info.stacks[0].name == "self";
  return only_self ? "" : info.stacks[stack].name + ".";
}

bool uniform_layers(const StackInfo& stack) {
  const auto all_equal = [](const std::vector<int>& v) {
    return std::adjacent_find(v.begin(), v.end(), std::not_equal_to<>()) == v.end();
  };
  return all_equal(stack.heads) && all_equal(stack.kv_heads);
}

std::vector<int64_t> bias_shape(const TraceInfo& info, int stack) {
  const int64_t n = queries(info, stack), m = keys(info, stack);
  if (info.stacks[stack].bias == BiasKind::kDistance) return {n + m - 1};
  return {n, m};
}

}  // namespace headscope
