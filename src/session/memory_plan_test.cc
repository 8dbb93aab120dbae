#include "session/memory_plan.h"

#include <gtest/gtest.h>

#include "headscope/error.h"

namespace headscope {
namespace {

// BERT-Base: 12 layers of 12 heads of 64, feed-forward layers of 3,072.
ModelSpec base() {
  BlockSpec block;
  block.attention.heads = block.attention.kv_heads = 12;
  block.attention.head_dim = block.attention.value_dim = 64;
  block.feed_forward.inner = 3072;
  ModelSpec spec;
  spec.width = 768;
  spec.blocks.assign(12, block);
  return spec;
}

TEST(MemoryPlan, CountsWhatATraceHolds) {
  // [L, N, 3·D] vectors and two [L, H, N] rows, four bytes each.
  const int64_t arrays = 12 * 512 * (3 * 768 + 2 * 12) * 4;
  const int64_t plain = trace_bytes(base(), 1, 512, {});
  EXPECT_GT(plain, arrays);
  EXPECT_LT(plain, arrays + (40 << 20)) << "buffers of one text of 512 tokens";
  TraceOptions options;
  options.with_attention = true;
  EXPECT_EQ(trace_bytes(base(), 1, 512, options) - plain, int64_t{144} * 512 * 512 * 4);
  options = {};
  options.with_hidden = true;
  EXPECT_EQ(trace_bytes(base(), 1, 512, options) - plain, 13 * 512 * 768 * 4);
  options = {};
  options.layers = {0, 5};
  EXPECT_EQ(plain - trace_bytes(base(), 1, 512, options), arrays / 12 * 10);
}

TEST(MemoryPlan, BuffersDoNotGrowWithTheBatch) {
  const int64_t one = trace_bytes(base(), 64, 128, {}), two = trace_bytes(base(), 128, 128, {});
  EXPECT_EQ(two - one, int64_t{64} * 12 * 128 * (3 * 768 + 2 * 12) * 4);
}

TEST(MemoryPlan, RefusesWithBothNumbers) {
  EXPECT_NO_THROW(check_memory(100, 100, "a run"));
  EXPECT_NO_THROW(check_memory(100, std::nullopt, "a run"));
  try {
    check_memory(int64_t{300} << 20, int64_t{20} << 20, "a trace of 512 tokens");
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "HS-MEM-01");
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_NE(error.got().find("a trace of 512 tokens needs 300 MiB"), std::string::npos);
    EXPECT_NE(error.got().find("20 MiB"), std::string::npos);
  }
}

TEST(MemoryPlan, ThisMachineHasMemory) {
  const auto available = available_memory();
  ASSERT_TRUE(available);
  EXPECT_GT(*available, 1 << 20);
}

}  // namespace
}  // namespace headscope
