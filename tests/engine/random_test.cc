// Models of random weights against a plain double-precision computation: sizes and kinds of blocks
// that no golden covers.
#include <gtest/gtest.h>

#include "goldens.h"
#include "model/families.h"
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

// BERT's names, and one for the norm behind the last block, which BERT has not.
constexpr Row kFinalNorm{Role::kFinalNorm, "final.LayerNorm"};

ModelSpec spec_of(const RandomModel& model) {
  ModelSpec spec;
  spec.family = "bert";
  spec.width = spec.embedding.width = model.width;
  BlockSpec block;
  AttentionSpec& attention = block.attention;
  attention.heads = attention.kv_heads = model.heads;
  attention.head_dim = attention.value_dim = model.width / model.heads;
  attention.rule.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(attention.head_dim)));
  attention.rule.mask.kind = model.mask;
  attention.rule.mask.left = 2;
  attention.rule.mask.right = 1;
  block.feed_forward.inner = model.inner;
  block.feed_forward.activation = model.activation;
  block.placement = model.norm;
  for (int64_t l = 0; l < model.layers; ++l) {
    block.weights_of = l;
    spec.blocks.push_back(block);
  }
  spec.embedding.vocab = 50;
  spec.positions = spec.embedding.position_rows = 64;
  spec.embedding.segments = 3;
  spec.embedding.norm = block.norm;
  if (model.norm == NormPlacement::kBefore) spec.final_norm = block.norm;
  return spec;
}

TEST_P(Random, IsThePlainComputation) {
  const RandomModel& model = GetParam();
  const ModelSpec spec = spec_of(model);
  std::vector<Row> rows(kBert.rows.begin(), kBert.rows.end());
  rows.push_back(kFinalNorm);
  const Family family{kBert.name, kBert.model_types, kBert.prefixes, rows, kBert.read};
  const auto store = std::make_shared<RandomStore>(spec);
  const auto n = static_cast<size_t>(model.tokens);
  std::vector<int32_t> ids, segments;
  for (size_t i = 0; i < n; ++i) {
    ids.push_back(static_cast<int32_t>(i * 7 % 50));
    segments.push_back(static_cast<int32_t>(i * 3 / n));
  }

  Transformer transformer(spec, family, store);
  transformer.load();
  ForwardPass pass(transformer);
  std::vector<std::vector<float>> maps(static_cast<size_t>(spec.layers()));
  std::vector<KeptLayer> kept(maps.size());
  for (size_t l = 0; l < maps.size(); ++l) {
    maps[l].resize(static_cast<size_t>(model.heads) * n * n);
    kept[l].attention = maps[l].data();
  }
  const auto d = static_cast<size_t>(model.width);
  std::vector<float> hidden(static_cast<size_t>(spec.layers() + 1) * n * d);
  const PassText text{ids, segments, nullptr, kept, hidden.data()};
  pass.run({&text, 1}, {}, {});

  const PlainOutput plain = run_plain(spec, *store, ids, segments);
  double attention = 0, states = 0, sharpest = 0;
  for (size_t l = 0; l < maps.size(); ++l) {
    ASSERT_EQ(maps[l].size(), plain.attention[l].size());
    for (size_t i = 0; i < plain.attention[l].size(); ++i) {
      attention = std::max(attention, std::abs(maps[l][i] - plain.attention[l][i]));
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
