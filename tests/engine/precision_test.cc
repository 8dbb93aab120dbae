// Models in bfloat16: how far from float32, what a trace says of it, the same bits in any batch.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <optional>

#include "goldens.h"
#include "headscope/model.h"
#include "headscope/threads.h"
#include "headscope/trace.h"
#include "kernels/test_amx_trap.h"

namespace headscope {
namespace {

#if HEADSCOPE_AMX
// HEADSCOPE_TEST_TILES=1: all tests of this program multiply in AMX tiles.
class TilesEverywhere : public testing::Environment {
 public:
  void SetUp() override {
    const char* value = std::getenv("HEADSCOPE_TEST_TILES");
    if (value && std::string(value) == "1") tiles_.emplace(true);
  }
  void TearDown() override { tiles_.reset(); }

 private:
  std::optional<AssumedTiles> tiles_;
};
[[maybe_unused]] const auto* const tiles_everywhere =
    testing::AddGlobalTestEnvironment(new TilesEverywhere);
#endif

std::unique_ptr<Model> open_tiny(const std::string& folder, Precision precision) {
  return open_model(golden_path("tiny/" + folder),
                    {.name = "", .fingerprint = false, .precision = precision});
}

std::shared_ptr<const Trace> trace_of(Model& model, const TokenSequence& text) {
  TraceOptions options;
  options.with_attention = true;
  return model.runner().trace({&text, 1}, options)[0];
}

struct Case {
  Precision precision;
  double bound;  // of an attention weight
  double least;  // that a bfloat16's rounding must leave; 0: nothing is said
  bool tiles = false;
};

class Precisions : public testing::TestWithParam<Case> {
#if HEADSCOPE_AMX
 protected:
  AssumedTiles tiles_{GetParam().tiles};
#endif
};

// Against the reference's float32.
TEST_P(Precisions, AttentionIsNearTheReference) {
  const auto& [precision, bound, least, _] = GetParam();
  for (const char* folder : {"bert-mlm", "llama", "modernbert", "gpt2"}) {
    const GoldenFile golden(golden_path(std::string("tiny/") + folder + "/goldens.safetensors"));
    if (!golden.has("case0.attentions")) continue;
    const auto model = open_tiny(folder, precision);
    std::vector<int32_t> segments;
    if (golden.has("case0.token_type_ids")) segments = golden.ids("case0.token_type_ids");
    const auto trace = trace_of(*model, model->sequence(golden.ids("case0.input_ids"), segments));
    std::vector<float> maps;
    for (const LayerArrays& layer : trace->arrays()[0]) {
      const auto own = layer.attention.floats();
      maps.insert(maps.end(), own.begin(), own.end());
    }
    const double error = max_difference(maps, golden.floats("case0.attentions"));
    // Its small random weights make sharper rows: 6.7e-5 and 2.6e-2 were seen.
    const bool sharp = std::string(folder) == "modernbert";
    expect_within(folder, error, sharp && precision != Precision::kF32 ? 2 * bound : bound);
    EXPECT_GE(error, least) << folder;
  }
}

TEST_P(Precisions, TracesSayThePrecisionAndItsError) {
  const auto [precision, bound, least, tiles] = GetParam();
  const auto model = open_tiny("bert-mlm", precision);
  EXPECT_EQ(model->precision(), precision);
  const auto trace = trace_of(*model, model->sequence(std::vector<int32_t>{2, 7, 9, 3}));
  ASSERT_TRUE(trace->info().computed.has_value());
  const ComputedInfo& computed = *trace->info().computed;
  EXPECT_EQ(computed.precision, name_of(precision));
  EXPECT_NE(computed.path, "");
  const bool exact = precision == Precision::kF32;
  // Four tokens are too few for float32 in tiles (longer_texts_test.cc).
  EXPECT_EQ(computed.path.starts_with("amx-"), tiles && !exact) << computed.path;
  EXPECT_EQ(computed.path.ends_with("-" + computed.precision), !exact) << computed.path;
  ASSERT_EQ(computed.attention_max.has_value(), !exact);
  ASSERT_EQ(computed.gemm_rel_l2.has_value(), !exact);
  if (exact) return;
  EXPECT_LE(*computed.attention_max, bound);
  EXPECT_GE(*computed.attention_max, least);
  // A product's error of two factors that are off by 2⁻⁸, or 2⁻¹⁶, at most each.
  EXPECT_LE(*computed.gemm_rel_l2, precision == Precision::kBf16 ? 0x1p-7 : 0x1p-15);
  EXPECT_GT(*computed.gemm_rel_l2, precision == Precision::kBf16 ? 1e-4 : 1e-8);
}

TEST_P(Precisions, SameBitsAtAnyThreadCountAndInAnyBatch) {
  const auto model = open_tiny("bert-mlm", GetParam().precision);
  std::vector<TokenSequence> texts;
  for (int32_t t = 0; t < 5; ++t) {
    std::vector<int32_t> ids;
    for (int32_t i = 0; i < 3 + 17 * t; ++i) ids.push_back((i * 7 + t) % 40);
    texts.push_back(model->sequence(ids));
  }
  const int before = max_threads();
  set_max_threads(3);
  const auto batch = model->runner().trace(texts);
  set_max_threads(1);
  for (const size_t t : {size_t{1}, texts.size() - 1}) {
    const auto alone = model->runner().trace({&texts[t], 1})[0];
    for (size_t l = 0; l < alone->arrays()[0].size(); ++l) {
      const LayerArrays &a = alone->arrays()[0][l], &b = batch[t]->arrays()[0][l];
      const auto x = a.query.floats(), y = b.query.floats();
      EXPECT_TRUE(std::equal(x.begin(), x.end(), y.begin(), y.end())) << t << ", " << l;
      const auto u = a.logsumexp.floats(), v = b.logsumexp.floats();
      EXPECT_TRUE(std::equal(u.begin(), u.end(), v.begin(), v.end())) << t << ", " << l;
    }
  }
  set_max_threads(before);
}

INSTANTIATE_TEST_SUITE_P(All, Precisions,
                         testing::Values(Case{Precision::kF32, 1e-5, 0},
                                         Case{Precision::kBf16x3, 5e-5, 0},
                                         Case{Precision::kBf16, 3e-2, 1e-5}));
#if HEADSCOPE_AMX
INSTANTIATE_TEST_SUITE_P(InTiles, Precisions,
                         testing::Values(Case{Precision::kF32, 1e-5, 0, true},
                                         Case{Precision::kBf16x3, 5e-5, 0, true},
                                         Case{Precision::kBf16, 3e-2, 1e-5, true}));
#endif

}  // namespace
}  // namespace headscope
