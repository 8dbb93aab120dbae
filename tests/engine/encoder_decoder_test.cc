// T5, BART and Marian of tests/golden/tiny by token ids, against what the reference computed from
// the same small random weights: the maps of encoder, decoder and cross-attention, hidden states
// and logits.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "goldens.h"
#include "headscope/error.h"
#include "headscope/generation.h"
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

// The whole way: source and target texts, a trace of three stacks whose maps are recomputed from
// queries, keys and log-sum-exps, the file of it, what comes next.
TEST_P(EncoderDecoder, TextsToATraceAndWhatComesNext) {
  const auto model = open_model(folder_, {.name = "", .fingerprint = false});
  Runner& runner = model->runner();
  ASSERT_TRUE(runner.reads_target());
  ASSERT_TRUE(model->next());
  double attention = 0;
  for (const Json& one : file_["cases"]) {
    const std::string key = one["key"];
    ModelInput input = runner.tokenize(one["text_a"], std::nullopt);
    input.target = runner.tokenize_target(one["target"]);
    EXPECT_EQ(input.text.ids, golden_.ids(key + ".input_ids"));
    EXPECT_EQ(input.target->ids, golden_.ids(key + ".decoder_input_ids"));
    EXPECT_EQ(input.target->tokens, one["decoder_tokens"].get<std::vector<std::string>>());
    const auto made = runner.trace(std::span<const ModelInput>(&input, 1), {}, {}).at(0);
    const std::string file = serialize_trace(*made);
    const auto read = parse_trace(file.data(), file.size());
    const char* names[] = {"encoder", "decoder", "cross"};
    for (int s = 0; s < 3; ++s) {
      const StackInfo& stack = read->info().stacks[static_cast<size_t>(s)];
      EXPECT_EQ(stack.name, names[s]);
      const int64_t n = read->info().tokens(s, Side::kQuery).size();
      const int64_t m = read->info().tokens(s, Side::kKey).size();
      const auto expected = golden_.floats(key + "." + names[s] + "_attentions");
      std::vector<float> map(static_cast<size_t>(n * m));
      const float* next = expected.data();
      for (const HeadRef head : read->all_heads()) {
        if (head.stack != s) continue;
        read->weights(head, {0, n}, {0, m}, map.data());
        attention = std::max(attention, max_difference(map, {next, map.size()}));
        next += map.size();
      }
      EXPECT_EQ(next, expected.data() + expected.size()) << stack.name;
    }
    const Json& top = one["top10"][0];
    const int position = top["position"];
    const auto best = model->next()->predict(input, {&position, 1}, 10).at(0);
    std::vector<int32_t> ids;
    for (const TokenProbability& token : best) ids.push_back(token.id);
    EXPECT_EQ(ids, top["top_ids"].get<std::vector<int32_t>>()) << key;
  }
  expect_within("attention recomputed from the trace's file", attention, kAttention);
}

// Heads of each stack switched off: their rows are uniform, those before them are as they were.
TEST_P(EncoderDecoder, AblationsReachTheStackThatTheyName) {
  const auto model = open_model(folder_, {.name = "", .fingerprint = false});
  ModelInput input = model->sequence(source_of("case0").ids);
  input.target = model->sequence(target_of("case0").ids);
  const auto run = [&](std::vector<Ablation> ablations) {
    TraceOptions options;
    options.settings.ablations = std::move(ablations);
    return model->runner().trace(std::span<const ModelInput>(&input, 1), options, {}).at(0);
  };
  const auto map_of = [&](const Trace& trace, HeadRef head) {
    const int64_t n = trace.info().tokens(head.stack, Side::kQuery).size();
    const int64_t m = trace.info().tokens(head.stack, Side::kKey).size();
    std::vector<float> map(static_cast<size_t>(n * m));
    trace.weights(head, {0, n}, {0, m}, map.data());
    return map;
  };
  const auto plain = run({});
  for (int s = 0; s < 3; ++s) {
    const auto changed = run({{{s, {1, 0}}, AblationKind::kUniform, {}}});
    for (int other = 0; other < 3; ++other) {
      const HeadRef head{other, {0, 0}};
      if (s == 0 && other == 2) {  // reads what the encoder's last layer made
        EXPECT_NE(map_of(*changed, head), map_of(*plain, head));
      } else {
        EXPECT_EQ(map_of(*changed, head), map_of(*plain, head)) << s << other;
      }
    }
    const auto uniform = map_of(*changed, {s, {1, 0}});
    const int64_t m = changed->info().tokens(s, Side::kKey).size();
    const size_t rows = uniform.size() / static_cast<size_t>(m);
    for (size_t i = 0; i < rows; ++i) {
      const double seen = s == 1 ? static_cast<double>(i + 1) : static_cast<double>(m);
      EXPECT_NEAR(uniform[i * static_cast<size_t>(m)], 1 / seen, 1e-6) << s << " row " << i;
    }
    const auto zero = run({{{s, {0, 1}}, AblationKind::kZero, {}}});
    EXPECT_NE(map_of(*zero, {2, {1, 0}}), map_of(*plain, {2, {1, 0}})) << s;
  }
}

// Many variants in shared batches against one question after the other.
TEST_P(EncoderDecoder, LogProbabilitiesOfTheTargetUnderAblations) {
  const auto model = open_model(folder_, {.name = "", .fingerprint = false});
  ModelInput input = model->sequence(source_of("case0").ids);
  input.target = model->sequence(target_of("case0").ids);
  constexpr auto kZero = AblationKind::kZero;
  const std::vector<std::vector<Ablation>> variants = {
      {{{0, {0, 1}}, kZero, {}}},
      {},
      {{{1, {1, 2}}, kZero, {}}},
      {{{2, {1, 0}}, AblationKind::kUniform, {}}},
      {{{0, {1, 0}}, AblationKind::kUniform, {}}, {{2, {0, 1}}, kZero, {}}}};
  const auto got = model->next()->log_probabilities_under(input, variants);
  ASSERT_EQ(got.size(), variants.size());
  std::vector<int> positions;
  for (int i = 0; i + 1 < input.target->size(); ++i) positions.push_back(i);
  for (size_t v = 0; v < variants.size(); ++v) {
    ASSERT_EQ(got[v].size(), positions.size());
    const auto all = model->next()->predict(input, positions, 1 << 20, variants[v]);
    for (size_t i = 0; i < positions.size(); ++i) {
      const auto found = std::find_if(all[i].begin(), all[i].end(), [&](const TokenProbability& p) {
        return p.id == input.target->ids[i + 1];
      });
      ASSERT_NE(found, all[i].end());
      EXPECT_NEAR(got[v][i], std::log(double{found->probability}), 1e-5) << v << ", token " << i;
    }
    EXPECT_EQ(got[v] == got[1], v == 1) << v;
  }
}

// Greedy generation with the caches is what one pass after the other would choose.
TEST_P(EncoderDecoder, GenerationIsThatOfWholePasses) {
  const auto model = open_model(folder_, {.name = "", .fingerprint = false});
  ASSERT_TRUE(model->generator());
  ModelInput input = model->sequence(source_of("case0").ids);
  input.target = model->runner().tokenize_target("");
  ASSERT_EQ(input.target->size(), GetParam() == std::string("bart") ? 2 : 1);
  constexpr int kTokens = 6;
  GenerationOptions options;
  options.tokens = kTokens;
  const Generation made = model->generator()->generate(input, options);
  const TokenSequence& grown = made.grown();
  const auto from = *grown.generated_from;
  EXPECT_EQ(from, input.target->size());
  std::vector<int32_t> expected = input.target->ids;
  for (size_t k = 0; k < made.log_probs.size(); ++k) {
    ModelInput so_far = input;
    so_far.target = model->sequence(expected);
    const int last = static_cast<int>(expected.size()) - 1;
    const auto best = model->next()->predict(so_far, {&last, 1}, 1).at(0).at(0);
    expected.push_back(best.id);
    EXPECT_NEAR(std::exp(made.log_probs[k]), best.probability, 1e-5);
  }
  EXPECT_EQ(grown.ids, expected);
  EXPECT_EQ(made.trace->info().stacks.size(), 3u);
}

TEST_P(EncoderDecoder, InputsThatItDoesNotTakeAreRefused) {
  const auto model = open_model(folder_, {.name = "", .fingerprint = false});
  const TokenSequence text = model->sequence(source_of("case0").ids);
  const auto code_of = [&](const std::function<void()>& act) {
    try {
      act();
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  EXPECT_EQ(code_of([&] { model->runner().trace({&text, 1}); }), ErrorCode::kUsage);
  EXPECT_EQ(code_of([&] { model->runner().tokenize("a", "b"); }), ErrorCode::kUsage);
  const std::vector<Ablation> none;
  EXPECT_EQ(code_of([&] { model->next()->log_probabilities_under(text, {&none, 1}); }),
            ErrorCode::kUsage);
  TraceOptions layers;
  layers.layers = {7};
  ModelInput input = text;
  input.target = text;
  EXPECT_EQ(
      code_of([&] { model->runner().trace(std::span<const ModelInput>(&input, 1), layers, {}); }),
      ErrorCode::kUsage);
  layers.layers = {0};
  const auto some = model->runner().trace(std::span<const ModelInput>(&input, 1), layers, {}).at(0);
  for (const StackInfo& stack : some->info().stacks) EXPECT_EQ(stack.layers.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Goldens, EncoderDecoder, testing::Values("t5", "bart", "marian"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace headscope
