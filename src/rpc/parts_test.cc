// The parts beneath the methods: byte-counted cache, trace store, half floats.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/half.h"
#include "rpc/lru.h"
#include "rpc/test_model.h"
#include "rpc/trace_store.h"

namespace headscope::rpc_test {
namespace {

TEST(Lru, KeepsWhatWasUsedLastWithinItsBytes) {
  Lru<int> cache(900);
  for (int k = 0; k < 3; ++k) cache.put(std::to_string(k), k, 200);
  EXPECT_EQ(cache.find("0"), 0);
  cache.put("3", 3, 200);
  EXPECT_LE(cache.bytes(), 900);
  EXPECT_EQ(cache.find("1"), std::nullopt) << "the least recently used went";
  EXPECT_EQ(cache.find("0"), 0);
  cache.put("large", 9, 2000);
  EXPECT_EQ(cache.find("large"), std::nullopt);
  EXPECT_EQ(cache.find("3"), 3) << "what does not fit drives nothing out";
}

TEST(TraceStore, KeepsTheNewestTwoRunsAndAllOfTheStart) {
  TestModel model;
  TraceStore store(1);  // bytes: no room for any run
  const auto demo = store.add(hand_source(), TraceOrigin::kDemo);
  const auto run_of = [&](const std::string& a) {
    const TokenSequence text = model.tokenize(a, std::nullopt, {});
    return store.add(model.trace({&text, 1}, {}, {}).at(0), TraceOrigin::kRun);
  };
  const auto first = run_of("a");
  EXPECT_EQ(store.find(first->id), first);
  const auto second = run_of("b");
  EXPECT_EQ(store.find(second->id), second);
  EXPECT_EQ(store.find(first->id), first) << "both sides of a comparison";
  const auto third = run_of("c");
  EXPECT_THROW(store.find(second->id), Error) << "the first one was used after it";
  EXPECT_EQ(store.find(first->id), first);
  EXPECT_EQ(store.find(demo->id), demo);
  EXPECT_EQ(run_of("c"), third) << "the same content is the same trace";
  EXPECT_EQ(store.bytes(), first->source->bytes() + third->source->bytes());
}

// The same numbers under other settings are another trace: an opened file does not hide what was
// done to a run.
TEST(TraceStore, SettingsArePartOfTheContent) {
  TestModel model;
  TraceStore store(1 << 20);
  const TokenSequence text = model.tokenize("a b", std::nullopt, {});
  TraceOptions masked;
  masked.settings.masked = {1};
  masked.settings.masked_ids = {7};
  const auto plain = store.add(model.trace({&text, 1}, {}, {}).at(0), TraceOrigin::kOpened);
  const auto run = store.add(model.trace({&text, 1}, masked, {}).at(0), TraceOrigin::kRun);
  EXPECT_NE(plain->id, run->id);
  EXPECT_EQ(run->info().settings.masked_ids, std::vector<int32_t>{7});
}

TEST(TraceStore, FilesComeBeforeTheDemo) {
  TestModel model;
  TraceStore store(1);
  store.add(hand_source(), TraceOrigin::kDemo);
  for (const char* a : {"a", "b"}) {
    const TokenSequence text = model.tokenize(a, std::nullopt, {});
    store.add(model.trace({&text, 1}, {}, {}).at(0), TraceOrigin::kFile, a);
  }
  const auto fixed = store.fixed();
  ASSERT_EQ(fixed.size(), 3u);
  EXPECT_EQ(fixed[0]->title, "a");
  EXPECT_EQ(fixed[1]->title, "b");
  EXPECT_EQ(fixed[2]->origin, TraceOrigin::kDemo);
}

// Every binary16 comes back from its own float, and halfway cases go to the even neighbour.
TEST(Half, RoundsToTheNearest) {
  for (uint32_t bits = 0; bits < 0x10000u; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = f16_to_float(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(f16_to_float(float_to_f16(value))));
      continue;
    }
    ASSERT_EQ(float_to_f16(value), half);
    const float next = f16_to_float(static_cast<uint16_t>(half + 1));
    if (!std::isfinite(value) || !std::isfinite(next) || (half & 0x7fffu) == 0x7fffu) continue;
    const float middle = value + (next - value) / 2;
    const auto even = static_cast<uint16_t>(half & 1u ? half + 1 : half);
    ASSERT_EQ(float_to_f16(middle), even) << value;
    ASSERT_EQ(float_to_f16(std::nextafter(middle, value)), half) << value;
    ASSERT_EQ(float_to_f16(std::nextafter(middle, next)), half + 1) << value;
  }
  EXPECT_EQ(float_to_f16(65519.0f), 0x7bff);
  EXPECT_EQ(float_to_f16(65520.0f), 0x7c00);
  EXPECT_EQ(float_to_f16(std::numeric_limits<float>::infinity()), 0x7c00);
  EXPECT_EQ(float_to_f16(-1e30f), 0xfc00);
}

}  // namespace
}  // namespace headscope::rpc_test
