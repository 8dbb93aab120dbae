#include "session/stack_info.h"

namespace headscope {

StackInfo stack_of(const ModelSpec& spec) {
  StackInfo stack;
  for (int64_t l = 0; l < spec.layers(); ++l) {
    const AttentionSpec& its = spec.block(l).attention;
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

}  // namespace headscope
