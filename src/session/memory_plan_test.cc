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
  EXPECT_NO_THROW(check_memory(100, 100, "a run", ""));
  EXPECT_NO_THROW(check_memory(100, std::nullopt, "a run", ""));
  try {
    check_memory(9'300'000'000, 312'000'000, "a run", "Close other programs");
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "HS-MEM-01");
    EXPECT_EQ(error.code(), ErrorCode::kBadInput);
    EXPECT_EQ(error.got(),
              "a run needs about 9.3 GB of memory and 312 MB are free. Nothing was started");
  }
}

// What the action names must itself be taken, and one token more must not.
TEST(MemoryPlan, NamesTheTokensAndLayersThatFit) {
  ModelSpec spec = base();
  const int64_t available = trace_bytes(spec, 1, 300, {});
  EXPECT_NO_THROW(check_trace_memory(spec, 1, 300, {}, available));
  try {
    check_trace_memory(spec, 1, 512, {}, available);
    FAIL() << "taken";
  } catch (const Error& error) {
    TraceOptions ends;
    ends.layers = {0, 11};
    EXPECT_EQ(error.action(),
              "Use 300 tokens or fewer, or keep fewer layers: --layers 0,11 (about " +
                  size_text(trace_bytes(spec, 1, 512, ends)) + ")");
  }
}

// Llama 2 7B's sizes: 32 layers of 202 million numbers.
TEST(MemoryPlan, StreamsWhatDoesNotFit) {
  constexpr int64_t kLayer = int64_t{4} * (4 * 4096 * 4096 + 3 * 4096 * 11008);
  constexpr int64_t kDecoder = int64_t{4} * 32'000 * 4096, kRun = 100'000'000;
  const WeightPlan plan = weight_plan({16'384, 32 * kLayer, 0, kLayer, kLayer}, kDecoder);
  EXPECT_EQ(plan.all, plan.resident);
  EXPECT_GT(plan.resident, 32 * kLayer + kDecoder);
  EXPECT_LT(plan.streamed, 4 * kLayer);
  const auto keeps = [&](WeightPlace wanted, std::optional<int64_t> available) {
    return choose_residence(plan, wanted, kRun, available, "m");
  };
  EXPECT_EQ(keeps(WeightPlace::kAutomatic, plan.resident + kRun), Residence::kAll);
  EXPECT_EQ(keeps(WeightPlace::kAutomatic, plan.resident + kRun - 1), Residence::kNone)
      << "no room for a run";
  EXPECT_EQ(keeps(WeightPlace::kStreamed, plan.resident + kRun), Residence::kNone);
  EXPECT_EQ(keeps(WeightPlace::kAutomatic, std::nullopt), Residence::kAll);
  EXPECT_EQ(keeps(WeightPlace::kResident, plan.resident), Residence::kAll);
  EXPECT_THROW(keeps(WeightPlace::kAutomatic, plan.streamed - 1), Error);
  EXPECT_THROW(keeps(WeightPlace::kResident, plan.resident - 1), Error);
}

// bert-base-uncased's sizes where longer texts have a packing of their own.
TEST(MemoryPlan, KeepsASecondPackingWhereThereIsRoom) {
  constexpr int64_t kLayer = int64_t{4} * 12 * 768 * 768, kSecond = kLayer * 3 / 2, kRun = 1 << 24;
  const WeightPlan plan = weight_plan({1 << 20, 12 * kLayer, 12 * kSecond, kLayer, kSecond}, 0);
  EXPECT_EQ(plan.all - 12 * kSecond + 2 * kSecond, plan.resident)
      << "two layers of it are in memory in any case";
  EXPECT_GE(plan.streamed, kLayer + 2 * kSecond);
  const auto keeps = [&](WeightPlace wanted, int64_t available) {
    return choose_residence(plan, wanted, kRun, available, "m");
  };
  for (const WeightPlace wanted : {WeightPlace::kAutomatic, WeightPlace::kResident}) {
    EXPECT_EQ(keeps(wanted, plan.all + kRun), Residence::kAll);
    EXPECT_EQ(keeps(wanted, plan.all + kRun - 1), Residence::kOfShortTexts);
    EXPECT_EQ(keeps(wanted, plan.resident + kRun), Residence::kOfShortTexts);
  }
  EXPECT_EQ(keeps(WeightPlace::kAutomatic, plan.resident + kRun - 1), Residence::kNone);
}

TEST(MemoryPlan, ThisMachineHasMemory) {
  const auto available = available_memory();
  ASSERT_TRUE(available);
  EXPECT_GT(*available, 1 << 20);
}

}  // namespace
}  // namespace headscope
