// T5, BART and Marian of tests/golden/tiny by token ids, against what the reference computed from
// the same small random weights: the maps of encoder, decoder and cross-attention, hidden states
// and logits.
#include <gtest/gtest.h>

#include "goldens.h"
#include "headscope/model.h"
#include "headscope/trace.h"
#include "io/model_source.h"
#include "loaded_model.h"
#include "model/heads.h"

namespace headscope {
namespace {

constexpr double kAttention = 1e-5, kHidden = 2e-4, kLogits = 1e-3;

std::vector<float> joined(const std::vector<std::vector<float>>& maps) {
  std::vector<float> out;
  for (const auto& map : maps) out.insert(out.end(), map.begin(), map.end());
  return out;
}

class EncoderDecoder : public testing::TestWithParam<const char*> {
 protected:
  EncoderDecoder()
      : folder_(golden_path(std::string("tiny/") + GetParam())),
        golden_(folder_ + "/goldens.safetensors"),
        file_(parse_json_file(folder_ + "/goldens.json")) {}

  LoadedModel::Text source_of(const std::string& key) const {
    return {golden_.ids(key + ".input_ids"), {}, {}, {}, {}};
  }
  LoadedModel::Text target_of(const std::string& key) const {
    return {golden_.ids(key + ".decoder_input_ids"), {}, {}, {}, {}};
  }

  std::string folder_;
  GoldenFile golden_;
  Json file_;
};

TEST_P(EncoderDecoder, MapsOfAllThreeStacksHiddenStatesAndLogits) {
  const ModelSource source(folder_);
  LoadedModel loaded(source);
  auto head = VocabularyHead::load(loaded.decoder());
  ASSERT_TRUE(head.has_value());
  double encoder = 0, decoder = 0, cross = 0, hidden = 0, logits = 0;
  std::vector<LoadedModel::Text> sources, targets;  // of one batch, of different lengths
  for (const Json& one : file_["cases"]) {
    sources.push_back(source_of(one["key"]));
    targets.push_back(target_of(one["key"]));
  }
  loaded.run(sources, targets);
  for (size_t t = 0; t < sources.size(); ++t) {
    const Json& one = file_["cases"][t];
    const std::string key = one["key"];
    const auto worst = [&](double& most, std::span<const float> got, const char* name) {
      most = std::max(most, max_difference(got, golden_.floats(key + "." + name)));
    };
    worst(encoder, joined(sources[t].maps), "encoder_attentions");
    worst(decoder, joined(targets[t].maps), "decoder_attentions");
    worst(cross, joined(targets[t].cross_maps), "cross_attentions");
    worst(hidden, sources[t].hidden, "encoder_hidden_states");
    worst(hidden, targets[t].hidden, "decoder_hidden_states");
    const auto v = static_cast<size_t>(loaded.decoder().spec().embedding.vocab);
    const auto d = static_cast<size_t>(loaded.decoder().spec().width);
    const size_t n = targets[t].ids.size();
    const float* last = targets[t].hidden.data() + targets[t].hidden.size() - n * d;
    const auto expected = golden_.floats(key + ".logits");
    const auto positions = golden_.integers(key + ".logits_positions");
    ASSERT_FALSE(positions.empty());
    for (size_t p = 0; p < positions.size(); ++p) {
      const float* got = head->logits(last + static_cast<size_t>(positions[p]) * d, 1);
      logits = std::max(logits, max_difference({got, v}, {expected.data() + p * v, v}));
      std::vector<int32_t> order(v);
      for (size_t i = 0; i < v; ++i) order[i] = static_cast<int32_t>(i);
      std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return got[a] > got[b]; });
      order.resize(10);
      EXPECT_EQ(order, one["top10"][p]["top_ids"].get<std::vector<int32_t>>()) << key;
    }
  }
  expect_within("encoder attention", encoder, kAttention);
  expect_within("decoder attention", decoder, kAttention);
  expect_within("cross-attention", cross, kAttention);
  expect_within("hidden states", hidden, kHidden);
  expect_within("logits", logits, kLogits);
}

INSTANTIATE_TEST_SUITE_P(Goldens, EncoderDecoder, testing::Values("t5", "bart", "marian"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace headscope
