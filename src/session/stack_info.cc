#include "session/stack_info.h"

namespace headscope {

namespace {

StackInfo stack_of(const ModelSpec& spec, bool cross) {
  StackInfo stack;
  for (int64_t l = 0; l < spec.layers(); ++l) {
    const BlockSpec& block = spec.block(l);
    const AttentionSpec& its = cross ? *block.cross : block.attention;
    LayerInfo layer;
    layer.layer = static_cast<int>(l);
    layer.heads = static_cast<int>(its.heads);
    layer.kv_heads = static_cast<int>(its.kv_heads);
    layer.head_dim = its.head_dim;
    layer.value_dim = its.value_dim;
    layer.rule = its.rule;
    if (its.rope) {
      // Of short texts; a trace says which its own text had (rope_of()).
      layer.rope = RopeInfo{its.rope->theta, its.rope->dims, its.rope->interleaved,
                            its.rope->frequencies, its.rope->factor};
    }
    stack.layers.push_back(std::move(layer));
  }
  return stack;
}

StackInfo named(StackInfo stack, const char* name, const char* query, const char* key) {
  stack.name = name;
  stack.query = query;
  stack.key = key;
  return stack;
}

}  // namespace

StackInfo stack_of(const ModelSpec& spec) { return stack_of(spec, false); }

std::vector<StackInfo> stacks_of(const ModelSpec& encoder, const ModelSpec& decoder) {
  return {named(stack_of(encoder, false), "encoder", "source", "source"),
          named(stack_of(decoder, false), "decoder", "target", "target"),
          named(stack_of(decoder, true), "cross", "target", "source")};
}

}  // namespace headscope
