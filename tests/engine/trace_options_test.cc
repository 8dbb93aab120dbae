// What a trace leaves out changes nothing of what it holds: without hidden states the run ends with
// the last layer's weights, without values they are not copied.
#include <gtest/gtest.h>

#include <cstring>

#include "goldens.h"
#include "headscope/model.h"
#include "headscope/trace.h"

namespace headscope {
namespace {

bool same_bits(const Array& a, const Array& b) {
  return !a.empty() && a.bytes() == b.bytes() &&
         std::memcmp(a.data(), b.data(), static_cast<size_t>(a.bytes())) == 0;
}

class LeavesOut : public testing::TestWithParam<const char*> {};

TEST_P(LeavesOut, EqualsTheWholeRunInEveryBit) {
  const auto model = open_model(golden_path(std::string("tiny/") + GetParam()),
                                {.name = "", .fingerprint = false});
  Runner& runner = model->runner();
  const std::vector<int32_t> ids = {7, 41, 300, 12, 88, 7, 19, 255, 101};
  std::vector<ModelInput> inputs = {ModelInput(model->sequence(ids)),
                                    ModelInput(model->sequence(std::vector<int32_t>{5, 9, 77}))};
  if (runner.reads_target()) {
    for (ModelInput& input : inputs) {
      input.target = model->sequence(std::vector<int32_t>{2, 30, 31, 32});
    }
  }
  TraceOptions whole, weights;
  whole.with_hidden = whole.with_attention = true;
  weights.with_values = false;
  weights.with_attention = true;
  const auto expected = runner.trace(inputs, whole), without_hidden = runner.trace(inputs),
             without_values = runner.trace(inputs, weights);
  for (size_t t = 0; t < inputs.size(); ++t) {
    EXPECT_FALSE(expected[t]->hidden.empty());
    EXPECT_TRUE(without_hidden[t]->hidden.empty());
    for (size_t s = 0; s < expected[t]->arrays().size(); ++s) {
      for (size_t l = 0; l < expected[t]->arrays()[s].size(); ++l) {
        const LayerArrays &all = expected[t]->arrays()[s][l],
                          &some = without_hidden[t]->arrays()[s][l],
                          &fewest = without_values[t]->arrays()[s][l];
        EXPECT_TRUE(same_bits(all.query, some.query)) << s << " " << l;
        EXPECT_TRUE(same_bits(all.key, some.key)) << s << " " << l;
        EXPECT_TRUE(same_bits(all.value, some.value)) << s << " " << l;
        EXPECT_TRUE(same_bits(all.value_norm, some.value_norm)) << s << " " << l;
        EXPECT_TRUE(same_bits(all.logsumexp, some.logsumexp)) << s << " " << l;
        EXPECT_TRUE(same_bits(all.query, fewest.query)) << s << " " << l;
        EXPECT_TRUE(same_bits(all.key, fewest.key)) << s << " " << l;
        EXPECT_TRUE(same_bits(all.logsumexp, fewest.logsumexp)) << s << " " << l;
        EXPECT_TRUE(same_bits(all.attention, fewest.attention)) << s << " " << l;
        EXPECT_TRUE(fewest.value.empty() && fewest.value_norm.empty()) << s << " " << l;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tiny, LeavesOut,
                         testing::Values("bert-mlm", "albert", "gpt2", "gpt_neox", "gemma3",
                                         "gpt_oss", "deberta-v2", "t5", "bart"));

}  // namespace
}  // namespace headscope
