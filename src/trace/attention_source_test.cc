#include "headscope/attention_source.h"

#include <gtest/gtest.h>

#include "headscope/error.h"

namespace headscope {
namespace {

TEST(ArraySource, GivesSubBlocksAndChecksRanges) {
  TraceInfo info;
  TokenSequence tokens;
  tokens.tokens = {"a", "b", "c"};
  info.set_sequence("text", tokens);
  LayerInfo layer;
  layer.layer = 5;
  layer.heads = layer.kv_heads = 2;
  StackInfo stack;
  stack.layers = {layer};
  info.stacks = {stack};
  std::vector<float> maps(18);
  for (int i = 0; i < 18; ++i) maps[i] = static_cast<float>(i);
  const auto source = make_array_source(info, {Array::from(maps, {2, 3, 3})});
  std::vector<float> out(4);
  source->weights({0, {5, 1}}, {1, 3}, {0, 2}, out.data());
  EXPECT_EQ(out, (std::vector<float>{12, 13, 15, 16}));
  EXPECT_THROW(source->weights({0, {5, 2}}, {0, 1}, {0, 1}, out.data()), Error);
  EXPECT_THROW(source->weights({0, {4, 0}}, {0, 1}, {0, 1}, out.data()), Error);
  EXPECT_THROW(source->weights({0, {5, 0}}, {0, 4}, {0, 1}, out.data()), Error);
  EXPECT_THROW(source->scores({0, {5, 0}}, {0, 1}, {0, 1}, out.data()), Error);
  EXPECT_EQ(source->all_heads().size(), 2u);
  EXPECT_EQ(source->bytes(), 18 * 4);
  EXPECT_THROW(make_array_source(info, {Array::from(maps, {2, 9, 1})}), Error);
  EXPECT_THROW(make_array_source(info, {}), Error);
}

}  // namespace
}  // namespace headscope
