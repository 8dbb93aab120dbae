// A streamed model gives the bits of the resident one: traces, hidden states, predictions, whatever
// the family and the kind of file; it keeps no layer, and says what is wrong when it meets it.
#include <gtest/gtest.h>

#include <cstring>

#include "goldens.h"
#include "headscope/error.h"
#include "headscope/model.h"
#include "headscope/trace.h"
#include "io/model_source.h"
#include "model/family.h"
#include "model/transformer.h"

namespace headscope {
namespace {

std::unique_ptr<Model> open_as(const std::string& folder, WeightPlace weights) {
  return open_model(golden_path(folder), {.name = "", .fingerprint = false, .weights = weights});
}

bool same_bits(const Array& a, const Array& b) {
  return a.bytes() == b.bytes() &&
         (a.empty() || std::memcmp(a.data(), b.data(), static_cast<size_t>(a.bytes())) == 0);
}

void expect_same(const Trace& a, const Trace& b) {
  const StackArrays &left = a.arrays()[0], &right = b.arrays()[0];
  ASSERT_EQ(left.size(), right.size());
  for (size_t l = 0; l < left.size(); ++l) {
    EXPECT_TRUE(same_bits(left[l].query, right[l].query)) << l;
    EXPECT_TRUE(same_bits(left[l].key, right[l].key)) << l;
    EXPECT_TRUE(same_bits(left[l].value, right[l].value)) << l;
    EXPECT_TRUE(same_bits(left[l].attention, right[l].attention)) << l;
    EXPECT_TRUE(same_bits(left[l].value_norm, right[l].value_norm)) << l;
    EXPECT_TRUE(same_bits(left[l].logsumexp, right[l].logsumexp)) << l;
  }
  ASSERT_EQ(a.hidden.size(), b.hidden.size());
  for (size_t i = 0; i < a.hidden.size(); ++i)
    EXPECT_TRUE(same_bits(a.hidden[i], b.hidden[i])) << i;
}

class Streamed : public testing::TestWithParam<const char*> {};

TEST_P(Streamed, EqualsResidentInEveryBit) {
  const auto resident = open_as(GetParam(), WeightPlace::kResident);
  const auto streamed = open_as(GetParam(), WeightPlace::kStreamed);
  EXPECT_FALSE(resident->is_streamed());
  EXPECT_TRUE(streamed->is_streamed());
  const std::vector<int32_t> ids = {7, 41, 300, 12, 88, 7, 19, 255, 101};
  const TokenSequence text = resident->sequence(ids);
  TraceOptions options;
  options.with_attention = options.with_hidden = true;
  // Twice: the second run begins again at layer 0.
  for (int run = 0; run < 2; ++run) {
    expect_same(*streamed->runner().trace({&text, 1}, options)[0],
                *resident->runner().trace({&text, 1}, options)[0]);
  }
  TraceOptions some;
  some.layers = {1};  // the run ends there
  expect_same(*streamed->runner().trace({&text, 1}, some)[0],
              *resident->runner().trace({&text, 1}, some)[0]);
  const std::vector<int> positions = {3};
  const auto predictions = [&](Model& model) {
    if (model.next()) return model.next()->predict(text, positions, 5)[0];
    if (model.masked()) return model.masked()->predict(text, positions, 5)[0];
    return std::vector<TokenProbability>();
  };
  const auto expected = predictions(*resident), got = predictions(*streamed);
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].id, expected[i].id);
    EXPECT_FLOAT_EQ(got[i].probability, expected[i].probability);
  }
}

// Layers that share weights (albert), mixtures of experts (gpt_oss), position products
// (deberta-v2), transposed and fused matrices, every kind of file.
INSTANTIATE_TEST_SUITE_P(Tiny, Streamed,
                         testing::Values("tiny/bert-mlm", "tiny/bert-bin",
                                         "tiny/bert-bin-oldformat", "tiny/bert-sharded",
                                         "tiny/albert", "tiny/deberta-v2", "tiny/modernbert",
                                         "tiny/mpnet", "tiny/gpt2", "tiny/bloom", "tiny/gpt_neox",
                                         "tiny/llama", "tiny/gemma3", "tiny/phi3", "tiny/gpt_oss",
                                         "gguf/models/llama-q8_0/model.gguf",
                                         "gguf/models/gpt2-f16/model.gguf"));

TEST(StreamedModel, VariantsThatBeginAtALaterLayer) {
  const auto resident = open_as("tiny/bert-mlm", WeightPlace::kResident);
  const auto streamed = open_as("tiny/bert-mlm", WeightPlace::kStreamed);
  const std::vector<int32_t> ids = {7, 41, 300, 12, 88};
  const TokenSequence text = resident->sequence(ids);
  const std::vector<MaskedQuery> queries = {{{2}, {2}, {300}}, {{1, 3}, {1}, {41}}};
  std::vector<std::vector<Ablation>> variants(3);
  variants[1] = {{{0, {2, 1}}, AblationKind::kZero, {}}};
  variants[2] = {{{0, {1, 0}}, AblationKind::kUniform, {}}};
  EXPECT_EQ(streamed->masked()->log_probabilities_under(text, queries, variants),
            resident->masked()->log_probabilities_under(text, queries, variants));
}

TEST(StreamedModel, RunsAgainAfterAnInterruption) {
  const auto model = open_as("tiny/llama", WeightPlace::kStreamed);
  const std::vector<int32_t> ids = {7, 41, 300, 12, 88};
  const TokenSequence text = model->sequence(ids);
  const auto whole = model->runner().trace({&text, 1});
  RunControl control;
  control.progress = [&](int64_t done, int64_t) {
    if (done == 1) control.cancel.cancel();
  };
  EXPECT_THROW(model->runner().trace({&text, 1}, {}, control), Error);
  expect_same(*model->runner().trace({&text, 1})[0], *whole[0]);
}

TEST(StreamedModel, KeepsNoLayerAndReadsAhead) {
  const ModelSource source(golden_path("tiny/llama"));
  const ConfigReader config(source.config());
  const Family& family = family_of(config);
  Transformer model(family.read(config), family, source.weights());
  model.load(Residence::kNone);
  auto held = model.layer(0, 1);
  EXPECT_EQ(model.layer(0, 1), held) << "it is there once";
  model.ahead(1, 1);
  const std::weak_ptr<const LayerWeights> watched = held;
  held.reset();
  EXPECT_TRUE(watched.expired());
  EXPECT_NE(model.layer(1, 1), nullptr);
  model.ahead(2, 1);  // nobody takes it
  EXPECT_NE(model.layer(0, 1), nullptr);
}

// Shapes are checked when the model is opened, numbers when they are read.
TEST(StreamedModel, MeetsNumbersThatAreNotFiniteInTheRun) {
  const auto model = open_as("bad/nan-weights", WeightPlace::kStreamed);
  const std::vector<int32_t> ids = {5, 6, 7};
  const TokenSequence text = model->sequence(ids);
  for (int run = 0; run < 2; ++run) {
    try {
      model->runner().trace({&text, 1});
      FAIL() << "taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      EXPECT_NE(error.got().find("is NaN at"), std::string::npos) << error.got();
    }
  }
  EXPECT_THROW(open_as("bad/wrong-shape", WeightPlace::kStreamed), Error);
  EXPECT_THROW(open_as("bad/missing-tensor", WeightPlace::kStreamed), Error);
}

}  // namespace
}  // namespace headscope
