#include "session/stack_info.h"

#include "headscope/error.h"

namespace headscope {

namespace {

// A trace of format 1 has one rule for all layers.
void require_one_rule(const ModelSpec& spec) {
  const AttentionSpec& first = spec.block(0).attention;
  for (const BlockSpec& block : spec.blocks) {
    const AttentionSpec& its = block.attention;
    const bool same = its.rule == first.rule && its.rope == first.rope &&
                      its.head_dim == first.head_dim && its.value_dim == its.head_dim;
    const bool known = its.bias == PositionBias::kNone && !its.rule.sinks && !its.rule.softcap;
    if (same && known) continue;
    throw Error(ErrorCode::kBadInput, "a " + spec.family + " model, whose layers differ",
                "one rule of attention for all layers", "headscope cannot run this architecture",
                "HS-MODEL-02");
  }
}

}  // namespace

StackInfo stack_of(const ModelSpec& spec) {
  require_one_rule(spec);
  const AttentionSpec& first = spec.block(0).attention;
  StackInfo stack;
  for (int64_t l = 0; l < spec.layers(); ++l) {
    stack.layers.push_back(static_cast<int>(l));
    stack.heads.push_back(static_cast<int>(spec.block(l).attention.heads));
    stack.kv_heads.push_back(static_cast<int>(spec.block(l).attention.kv_heads));
  }
  stack.head_dim = first.head_dim;
  stack.scale = first.rule.scale;
  stack.mask = first.rule.mask;
  if (first.rope) {
    stack.rope = RopeInfo{first.rope->theta, first.rope->dims, first.rope->interleaved,
                          first.rope->frequencies};
  }
  return stack;
}

}  // namespace headscope
