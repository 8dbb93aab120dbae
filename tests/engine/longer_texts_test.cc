// float32 where the processor has tiles: short texts are multiplied with vectors, longer ones in
// tiles. The tokens of one text choose, whatever the batch and the memory; traces say which it was.
#include "kernels/test_amx_trap.h"

#if HEADSCOPE_AMX
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "goldens.h"
#include "headscope/generation.h"
#include "headscope/model.h"
#include "headscope/trace.h"
#include "io/model_source.h"
#include "kernels/panel_product.h"
#include "model/family.h"
#include "model/transformer.h"

namespace headscope {
namespace {

constexpr int64_t kFirstLonger = 64;  // tokens of the shortest text that is multiplied in tiles
constexpr double kSame = 1e-5;        // float32's bound of an attention weight

std::unique_ptr<Model> tiny(const std::string& name,
                            WeightPlace weights = WeightPlace::kAutomatic) {
  return open_model(golden_path("tiny/" + name),
                    {.name = "", .fingerprint = false, .weights = weights});
}

TokenSequence text_of(Model& model, int64_t tokens, int32_t seed = 0) {
  std::vector<int32_t> ids;
  for (int32_t i = 0; i < tokens; ++i) ids.push_back(4 + (i * 37 + seed * 11) % 700);
  return model.sequence(ids);
}

TraceOptions with_maps() {
  TraceOptions options;
  options.with_attention = options.with_hidden = true;
  return options;
}

std::shared_ptr<const Trace> trace_of(Model& model, const TokenSequence& text) {
  return model.runner().trace({&text, 1}, with_maps())[0];
}

bool in_tiles(const Trace& trace) {
  const std::string& path = trace.info().computed->path;
  EXPECT_TRUE(path == "amx-bf16x6" || path == product_path({})) << path;
  return path == "amx-bf16x6";
}

std::vector<float> maps_of(const Trace& trace) {
  std::vector<float> maps;
  for (const StackArrays& stack : trace.arrays()) {
    for (const LayerArrays& layer : stack) {
      const auto its = layer.attention.floats();
      maps.insert(maps.end(), its.begin(), its.end());
    }
  }
  return maps;
}

bool same_bits(const Array& a, const Array& b) {
  return a.bytes() == b.bytes() &&
         std::memcmp(a.data(), b.data(), static_cast<size_t>(a.bytes())) == 0;
}

bool same_bits(const Trace& a, const Trace& b) {
  for (size_t s = 0; s < a.arrays().size(); ++s) {
    for (size_t l = 0; l < a.arrays()[s].size(); ++l) {
      if (!same_bits(a.arrays()[s][l].attention, b.arrays()[s][l].attention)) return false;
    }
  }
  return same_bits(a.hidden.back(), b.hidden.back());
}

class LongerTexts : public testing::Test {
 protected:
  AssumedTiles tiles_{true};
};

TEST_F(LongerTexts, AreMultipliedInTilesAndNearTheReference) {
  const GoldenFile golden(golden_path("tiny/modernbert/goldens.safetensors"));
  const auto model = tiny("modernbert");
  const auto trace = trace_of(*model, model->sequence(golden.ids("case4.input_ids")));
  ASSERT_TRUE(in_tiles(*trace));
  EXPECT_EQ(trace->info().computed->precision, "f32");
  EXPECT_FALSE(trace->info().computed->attention_max.has_value()) << "it is float32's accuracy";
  expect_within("attention of 70 tokens, bf16x6",
                max_difference(maps_of(*trace), golden.floats("case4.attentions")), kSame);
}

TEST_F(LongerTexts, BeginWhereVectorsEnd) {
  const auto model = tiny("bert-mlm");
  const TokenSequence shorter = text_of(*model, kFirstLonger - 1);
  const TokenSequence longer = text_of(*model, kFirstLonger);
  const auto short_trace = trace_of(*model, shorter), long_trace = trace_of(*model, longer);
  EXPECT_FALSE(in_tiles(*short_trace));
  EXPECT_TRUE(in_tiles(*long_trace));

  assume_tiles(false);
  const auto vectors = tiny("bert-mlm");
  assume_tiles(true);
  EXPECT_TRUE(same_bits(*short_trace, *trace_of(*vectors, shorter)));
  const auto by_vectors = trace_of(*vectors, longer);
  EXPECT_FALSE(in_tiles(*by_vectors)) << "a model keeps what it was opened with";
  EXPECT_FALSE(same_bits(*long_trace, *by_vectors)) << "they were not multiplied in tiles";
  expect_within("attention, tiles against vectors",
                max_difference(maps_of(*long_trace), maps_of(*by_vectors)), kSame);
}

TEST_F(LongerTexts, HaveTheSameBitsInAMixedBatchWhichKeepsItsOrder) {
  const auto model = tiny("bert-mlm");
  std::vector<TokenSequence> texts;
  const int64_t sizes[] = {80, 5, 64, 63, 100, 12};
  for (const int64_t size : sizes) {
    texts.push_back(text_of(*model, size, static_cast<int32_t>(size)));
  }
  const auto traces = model->runner().trace(texts, with_maps());
  ASSERT_EQ(traces.size(), texts.size());
  for (size_t t = 0; t < texts.size(); ++t) {
    EXPECT_EQ(traces[t]->info().tokens(0, Side::kQuery).ids, texts[t].ids) << t;
    EXPECT_EQ(in_tiles(*traces[t]), sizes[t] >= kFirstLonger) << t;
    EXPECT_TRUE(same_bits(*traces[t], *trace_of(*model, texts[t]))) << t;
  }
}

TEST_F(LongerTexts, HaveTheSameBitsStreamed) {
  for (const char* name : {"llama", "deberta-v2", "albert", "gpt_oss"}) {
    const auto resident = tiny(name, WeightPlace::kResident);
    const auto streamed = tiny(name, WeightPlace::kStreamed);
    for (const int64_t size : {70, 9, 90}) {
      const TokenSequence text = text_of(*resident, size);
      const auto its = trace_of(*streamed, text);
      EXPECT_EQ(in_tiles(*its), size >= kFirstLonger) << name;
      EXPECT_TRUE(same_bits(*its, *trace_of(*resident, text))) << name << ", " << size;
    }
  }
}

TEST_F(LongerTexts, AreStreamedWhereOnlyOnePackingFits) {
  const ModelSource source(golden_path("tiny/llama"));
  const ConfigReader config(source.config());
  const Family& family = family_of(config);
  Transformer model(family.read(config), family, source.weights());
  const WeightBytes bytes = model.weight_bytes();
  EXPECT_EQ(bytes.second, bytes.layers * 3 / 2);
  model.load(Residence::kOfShortTexts);
  EXPECT_FALSE(model.is_streamed());
  const auto lives_on = [&](int64_t tokens) {
    const std::weak_ptr<const LayerWeights> watched = model.layer(0, tokens);
    model.layer(1, tokens);
    return !watched.expired();
  };
  EXPECT_TRUE(lives_on(kFirstLonger - 1));
  EXPECT_FALSE(lives_on(kFirstLonger));
  EXPECT_FALSE(model.layer(0, 1)->attention.qkv.kind().tiles);
  EXPECT_TRUE(model.layer(0, kFirstLonger)->attention.qkv.kind().tiles);
  model.ahead(1, kFirstLonger);  // nobody takes it: a short text comes
  EXPECT_FALSE(model.layer(1, 1)->attention.qkv.kind().tiles);
}

TEST_F(LongerTexts, OfAnEncoderDecoderAreLongSources) {
  const auto model = tiny("t5");
  assume_tiles(false);
  const auto vectors = tiny("t5");
  assume_tiles(true);
  for (const auto& [source, target] : {std::pair<int64_t, int64_t>{70, 9}, {5, 70}}) {
    ModelInput input(text_of(*model, source));
    input.target = text_of(*model, target, 3);
    const std::span<const ModelInput> one(&input, 1);
    const auto a = model->runner().trace(one, with_maps())[0];
    const auto b = vectors->runner().trace(one, with_maps())[0];
    const bool longer = source >= kFirstLonger;
    EXPECT_EQ(in_tiles(*a), longer);
    ASSERT_EQ(a->arrays().size(), 3u);
    // The first layer of encoder and decoder, which no other stack has a part in.
    for (const size_t stack : {size_t{0}, size_t{1}}) {
      EXPECT_EQ(same_bits(a->arrays()[stack][0].attention, b->arrays()[stack][0].attention),
                !longer)
          << stack;
    }
    expect_within("attention of t5, tiles against vectors",
                  max_difference(maps_of(*a), maps_of(*b)), kSame);
  }
}

// Rows that were made before a token was added stay as they are.
TEST_F(LongerTexts, ThatGrowKeepWhatTheyBeganWith) {
  const auto model = tiny("llama");
  for (const int64_t begun : {kFirstLonger - 3, kFirstLonger}) {
    GenerationOptions options;
    options.tokens = 6;
    options.trace = with_maps();
    const Generation got = model->generator()->generate(text_of(*model, begun), options);
    const TokenSequence& text = got.trace->info().tokens(0, Side::kQuery);
    ASSERT_GE(text.size(), kFirstLonger) << "it ended early";
    EXPECT_EQ(in_tiles(*got.trace), begun >= kFirstLonger);
    const auto whole = trace_of(*model, text);
    EXPECT_TRUE(in_tiles(*whole));
    if (begun >= kFirstLonger) {  // the steps of one row were in tiles, too
      EXPECT_TRUE(same_bits(got.trace->hidden.back(), whole->hidden.back()));
    }
    expect_within("attention of a text that grew",
                  max_difference(maps_of(*got.trace), maps_of(*whole)), kSame);
  }
}

TEST_F(LongerTexts, ArePredictedInTiles) {
  const auto model = tiny("bert-mlm");
  assume_tiles(false);
  const auto vectors = tiny("bert-mlm");
  assume_tiles(true);
  const TokenSequence text = text_of(*model, 80);
  const MaskedQuery query{{7}, {7}, {text.ids[7]}};
  const std::vector<std::vector<Ablation>> variants = {{},
                                                       {{{0, {1, 0}}, AblationKind::kZero, {}}}};
  const auto got = model->masked()->log_probabilities_under(text, {&query, 1}, variants);
  const auto expected = vectors->masked()->log_probabilities_under(text, {&query, 1}, variants);
  for (size_t v = 0; v < variants.size(); ++v) {
    EXPECT_NE(got[v][0][0], expected[v][0][0]) << "it was not multiplied in tiles";
    EXPECT_NEAR(got[v][0][0], expected[v][0][0], 1e-4);
  }
}

}  // namespace
}  // namespace headscope
#endif
