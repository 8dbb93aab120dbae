// Models of random weights against a plain double-precision computation: sizes and kinds of blocks
// that no golden covers.
#include <gtest/gtest.h>

#include "goldens.h"
#include "model/forward.h"
#include "plain_model.h"

namespace headscope {
namespace {

struct RandomModel {
  const char* name;
  int64_t layers, heads, width, inner, tokens;
  Activation activation = Activation::kGelu;
  NormPlacement norm = NormPlacement::kAfter;
  MaskKind mask = MaskKind::kNone;
};

void PrintTo(const RandomModel& model, std::ostream* out) { *out << model.name; }

class Random : public testing::TestWithParam<RandomModel> {};

TEST_P(Random, IsThePlainComputation) {
  const RandomModel& model = GetParam();
  ModelConfig config;
  config.family = "bert";
  config.block.width = model.width;
  config.block.heads = model.heads;
  config.block.inner = model.inner;
  config.block.activation = model.activation;
  config.block.norm = model.norm;
  config.block.mask.kind = model.mask;
  config.block.mask.left = 2;
  config.block.mask.right = 1;
  config.layers = model.layers;
  config.vocab = 50;
  config.positions = 64;
  config.segments = 3;
  const auto store = std::make_shared<RandomStore>(config);
  const auto n = static_cast<size_t>(model.tokens);
  std::vector<int32_t> ids, segments;
  for (size_t i = 0; i < n; ++i) {
    ids.push_back(static_cast<int32_t>(i * 7 % 50));
    segments.push_back(static_cast<int32_t>(i * 3 / n));
  }

  const Encoder encoder(config, kBertNames, store);
  ForwardPass pass(encoder);
  std::vector<LayerArrays> arrays(static_cast<size_t>(config.layers));
  std::vector<LayerArrays*> kept;
  for (LayerArrays& layer : arrays) kept.push_back(&layer);
  const auto d = static_cast<size_t>(model.width);
  std::vector<float> hidden(static_cast<size_t>(config.layers + 1) * n * d);
  const PassText text{ids, segments, nullptr, kept, hidden.data()};
  PassOptions options;
  options.with_attention = true;
  pass.run({&text, 1}, options, {});

  const PlainOutput plain = run_plain(config, *store, ids, segments);
  double attention = 0, states = 0, sharpest = 0;
  for (size_t l = 0; l < arrays.size(); ++l) {
    ASSERT_EQ(arrays[l].attention.size(), plain.attention[l].size());
    for (size_t i = 0; i < plain.attention[l].size(); ++i) {
      attention = std::max(attention, std::abs(arrays[l].attention[i] - plain.attention[l][i]));
      sharpest = std::max(sharpest, plain.attention[l][i]);
    }
  }
  for (size_t l = 0; l < plain.hidden.size(); ++l) {
    for (size_t i = 0; i < n * d; ++i) {
      states = std::max(states, std::abs(hidden[l * n * d + i] - plain.hidden[l][i]));
    }
  }
  EXPECT_GT(sharpest, 0.5) << "the weights make no attention worth comparing";
  expect_within("attention", attention, 1e-5);
  expect_within("hidden states", states, 2e-4);
}

INSTANTIATE_TEST_SUITE_P(Models, Random,
                         testing::Values(RandomModel{"large", 24, 16, 1024, 4096, 5},
                                         RandomModel{"small", 3, 3, 36, 70, 40},
                                         RandomModel{"one_head", 2, 1, 20, 7, 64},
                                         RandomModel{"gelu_tanh", 3, 4, 64, 128, 33,
                                                     Activation::kGeluTanh},
                                         RandomModel{"relu", 3, 4, 64, 128, 33, Activation::kRelu},
                                         RandomModel{"norm_before", 4, 4, 64, 128, 20,
                                                     Activation::kGelu, NormPlacement::kBefore},
                                         RandomModel{"causal", 3, 4, 64, 128, 50, Activation::kGelu,
                                                     NormPlacement::kBefore, MaskKind::kCausal},
                                         RandomModel{"window", 3, 4, 64, 128, 50, Activation::kGelu,
                                                     NormPlacement::kAfter, MaskKind::kWindow}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace headscope
