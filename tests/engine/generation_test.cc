// Generation: rows made with the cache against one pass over all tokens, on every causal family of
// tests/golden/tiny; SmolLM2 against the reference's greedy run.
#include "headscope/generation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "goldens.h"
#include "headscope/error.h"
#include "headscope/model.h"
#include "headscope/models.h"
#include "headscope/trace.h"

namespace headscope {
namespace {

constexpr double kSame = 1e-5;  // the interface says it: headscope/generation.h

std::unique_ptr<Model> tiny(const std::string& name) {
  ModelOptions options;
  options.fingerprint = false;
  return open_model(golden_path("tiny/" + name), options);
}

std::vector<float> map_of(const Trace& trace, HeadRef head) {
  const int64_t n = trace.info().tokens(0, Side::kQuery).size();
  std::vector<float> out(static_cast<size_t>(n * n));
  trace.weights(head, {0, n}, {0, n}, out.data());
  return out;
}

double attention_difference(const Trace& got, const Trace& expected) {
  double most = 0;
  for (const HeadRef head : all_heads(expected.info().stacks)) {
    most = std::max(most, max_difference(map_of(got, head), map_of(expected, head)));
  }
  return most;
}

class CausalFamilies : public testing::TestWithParam<std::string> {};

TEST_P(CausalFamilies, CachedRowsEqualOnePass) {
  const auto model = tiny(GetParam());
  ASSERT_NE(model->generator(), nullptr);
  const GoldenFile golden(golden_path("tiny/" + GetParam() + "/goldens.safetensors"));
  const TokenSequence prompt = model->sequence(golden.ids("case0.input_ids"));
  GenerationOptions options;
  options.tokens = 40;  // beyond a panel of keys, and beyond the windows of the small models
  options.trace.with_hidden = true;
  options.trace.with_attention = true;
  options.trace.settings.ablations = {{{0, {0, 0}}, AblationKind::kUniform, {}},
                                      {{0, {1, 1}}, AblationKind::kZero, {}}};
  const Generation got = model->generator()->generate(prompt, options);
  const TokenSequence& text = got.trace->info().tokens(0, Side::kQuery);
  ASSERT_EQ(text.generated_from, prompt.size());
  const int64_t generated = text.size() - prompt.size();
  ASSERT_GE(generated, 1);
  EXPECT_EQ(std::ssize(got.log_probs), generated);
  if (got.stopped == GenerationStop::kLength) {
    EXPECT_EQ(generated, options.tokens);
  }

  const auto whole = model->runner().trace({&text, 1}, options.trace).at(0);
  expect_within("attention", attention_difference(*got.trace, *whole), kSame);
  double vectors = 0, hidden = 0, stored = 0;
  for (size_t l = 0; l < whole->arrays()[0].size(); ++l) {
    const LayerArrays &a = got.trace->arrays()[0][l], &b = whole->arrays()[0][l];
    for (const auto& [its, other] :
         {std::pair(&a.query, &b.query), std::pair(&a.key, &b.key), std::pair(&a.value, &b.value),
          std::pair(&a.logsumexp, &b.logsumexp), std::pair(&a.value_norm, &b.value_norm),
          std::pair(&a.sink, &b.sink), std::pair(&a.bias, &b.bias)}) {
      ASSERT_EQ(its->shape(), other->shape());
      if (!other->empty())
        vectors = std::max(vectors, max_difference(its->floats(), other->floats()));
    }
    stored = std::max(stored, max_difference(a.attention.floats(), b.attention.floats()));
  }
  for (size_t i = 0; i < whole->hidden.size(); ++i) {
    hidden = std::max(hidden,
                      max_difference(got.trace->hidden.at(i).floats(), whole->hidden[i].floats()));
  }
  expect_within("vectors, log-sum-exp, norms, biases", vectors, 2e-4);
  expect_within("stored maps", stored, kSame);
  expect_within("hidden states", hidden, 2e-4);

  // Greedy: every token is the most probable one after those before it, with that probability.
  std::vector<int> positions;
  for (int64_t i = prompt.size() - 1; i + 1 < text.size(); ++i) {
    positions.push_back(static_cast<int>(i));
  }
  const auto& ablations = options.trace.settings.ablations;
  const auto best = model->next()->predict(text, positions, 1, ablations);
  const auto log_probs = model->next()->log_probabilities_under(text, {&ablations, 1}).at(0);
  for (size_t i = 0; i < positions.size(); ++i) {
    const auto at = static_cast<size_t>(positions[i]);
    EXPECT_EQ(best[i].at(0).id, text.ids[at + 1]) << "token " << i;
    EXPECT_NEAR(got.log_probs[i], std::log(best[i].at(0).probability), 1e-4) << i;
    EXPECT_NEAR(got.log_probs[i], log_probs.at(at), 1e-4) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Tiny, CausalFamilies,
                         testing::Values("gpt2", "llama", "mistral", "gemma2", "gemma3", "bloom",
                                         "gpt_neox", "gpt_oss", "opt", "phi3", "qwen2", "qwen3"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

Error failure(Model& model, const TokenSequence& prompt, const GenerationOptions& options) {
  try {
    model.generator()->generate(prompt, options);
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::kInternal, "no error", ""};
}

TEST(Generation, RefusesBeforeRunning) {
  const auto model = tiny("gpt2");
  const TokenSequence prompt = model->sequence(std::vector<int32_t>{1, 2, 3});
  GenerationOptions options;
  options.tokens = model->runner().max_positions();
  EXPECT_EQ(failure(*model, prompt, options).id(), "HS-LEN-01");
  options.tokens -= 3;  // just fits
  EXPECT_EQ(failure(*model, prompt, options).got(), "no error");
  options.tokens = 0;
  EXPECT_EQ(failure(*model, prompt, options).code(), ErrorCode::kUsage);
  options.tokens = 2;
  options.trace.settings.ablations = {{{0, {0, 0}}, AblationKind::kMean, {}}};
  EXPECT_EQ(failure(*model, prompt, options).code(), ErrorCode::kUsage);
  options.trace.settings.ablations.clear();
  EXPECT_EQ(failure(*model, model->sequence({}), options).id(), "HS-TEXT-01");
  EXPECT_EQ(tiny("bert-mlm")->generator(), nullptr);
}

// Stopped by the watch after three tokens: those three are there, and what was seen on the way is
// the beginning of it.
TEST(Generation, StopsAndKeepsWhatThereIs) {
  const auto model = tiny("llama");
  const TokenSequence prompt = model->sequence(std::vector<int32_t>{5, 6, 7, 8});
  GenerationOptions options;
  options.tokens = 20;
  RunControl control;
  std::vector<std::shared_ptr<const Trace>> seen;
  const Generation got =
      model->generator()->generate(prompt, options, control, [&](const GenerationStep& step) {
        seen.push_back(step.trace());
        if (step.generated == 3) control.cancel.cancel();
      });
  EXPECT_EQ(got.stopped, GenerationStop::kStopped);
  EXPECT_EQ(got.log_probs.size(), 3u);
  const TokenSequence& text = got.trace->info().tokens(0, Side::kQuery);
  EXPECT_EQ(text.size(), 7);
  ASSERT_EQ(seen.size(), 3u);
  for (size_t s = 0; s < seen.size(); ++s) {
    const TokenSequence& part = seen[s]->info().tokens(0, Side::kQuery);
    ASSERT_EQ(part.size(), 5 + static_cast<int64_t>(s));
    EXPECT_EQ(part.generated_from, 4);
    EXPECT_TRUE(std::equal(part.ids.begin(), part.ids.end(), text.ids.begin()));
    // Rows once there never change.
    const HeadRef head{0, {1, 0}};
    const int64_t n = part.size();
    std::vector<float> before(static_cast<size_t>(n * n)), after = before;
    seen[s]->weights(head, {0, n}, {0, n}, before.data());
    got.trace->weights(head, {0, n}, {0, n}, after.data());
    EXPECT_EQ(before, after);
  }
  // Cancelled within the prompt there is nothing to keep.
  RunControl at_once;
  at_once.cancel.cancel();
  EXPECT_THROW(model->generator()->generate(prompt, options, at_once), Error);
}

// tests/golden/smollm2, case `generate`: greedy with a cache, one token a step, by the reference.
TEST(SmolLm2GenerationWeights, EqualsTheReferencesGreedyRun) {
  if (const char* offline = std::getenv("HEADSCOPE_OFFLINE"); offline && *offline == '1') {
    GTEST_SKIP() << "HEADSCOPE_OFFLINE=1";
  }
  ModelOptions open;
  open.fingerprint = false;
  const auto model = open_model(find_model("smollm2-135m-instruct"), open);
  const Json file = parse_json_file(golden_path("smollm2/cases.json"));
  const Json* one = nullptr;
  for (const Json& each : file["cases"]) {
    if (each["id"] == "generate") one = &each;
  }
  ASSERT_NE(one, nullptr);
  const TokenSequence prompt = model->runner().tokenize((*one)["text"], std::nullopt);
  ASSERT_EQ(prompt.size(), (*one)["prompt_n"].get<int64_t>());
  GenerationOptions options;
  options.tokens = (*one)["n"].get<int64_t>() - prompt.size();
  const Generation got = model->generator()->generate(prompt, options);
  const TokenSequence& text = got.trace->info().tokens(0, Side::kQuery);
  EXPECT_EQ(text.ids, (*one)["input_ids"].get<std::vector<int32_t>>());
  EXPECT_EQ(text.tokens, (*one)["tokens"].get<std::vector<std::string>>());
  EXPECT_EQ(got.text, (*one)["generated_text"].get<std::string>());
  ASSERT_EQ(got.log_probs.size(), (*one)["steps"].size());
  for (size_t i = 0; i < got.log_probs.size(); ++i) {
    EXPECT_NEAR(got.log_probs[i], (*one)["steps"][i]["log_prob"].get<double>(), 2e-4) << i;
  }
  const GoldenFile golden(golden_path("smollm2/generate.safetensors"));
  std::vector<float> maps;
  for (const int layer : (*one)["attention_layers"].get<std::vector<int>>()) {
    for (const int head : (*one)["attention_heads"].get<std::vector<int>>()) {
      const std::vector<float> map = map_of(*got.trace, {0, {layer, head}});
      maps.insert(maps.end(), map.begin(), map.end());
    }
  }
  expect_within("attention", max_difference(maps, golden.floats("attentions")), 5e-5);
}

}  // namespace
}  // namespace headscope
