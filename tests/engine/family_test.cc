// Every family of tests/golden/tiny by token ids, against what the reference computed from the same
// small random weights: attention, hidden states, logits, padded batches. A folder that is put
// there is tested without another line here.
#include "model/family.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "format/json.h"
#include "goldens.h"
#include "headscope/model.h"
#include "headscope/trace.h"
#include "io/fingerprint.h"
#include "io/model_files.h"
#include "io/model_source.h"
#include "loaded_model.h"
#include "model/heads.h"

namespace headscope {
namespace {

constexpr double kAttention = 1e-5, kHidden = 2e-4, kLogits = 1e-3;

// Folders with goldens of one stack of text.
std::vector<std::string> folders() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(golden_path("tiny"))) {
    const std::string file = (entry.path() / "goldens.safetensors").string();
    if (!std::filesystem::exists(file)) continue;
    const GoldenFile golden(file);
    if (golden.has("case0.attentions") && golden.has("case0.input_ids"))
      out.push_back(entry.path().filename().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

class Families : public testing::TestWithParam<std::string> {
 protected:
  Families()
      : folder_(golden_path("tiny/" + GetParam())),
        golden_(folder_ + "/goldens.safetensors"),
        file_(parse_json_file(folder_ + "/goldens.json")),
        source_(folder_),
        loaded_(source_) {}

  LoadedModel::Text text_of(const std::string& key) const {
    LoadedModel::Text text;
    text.ids = golden_.ids(key + ".input_ids");
    if (golden_.has(key + ".token_type_ids")) text.segments = golden_.ids(key + ".token_type_ids");
    return text;
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> out;
    for (const Json& one : file_["cases"]) out.push_back(one["key"]);
    return out;
  }

  std::string folder_;
  GoldenFile golden_;
  Json file_;
  ModelSource source_;
  LoadedModel loaded_;
};

TEST_P(Families, AttentionAndHiddenStates) {
  double attention = 0, hidden = 0;
  for (const std::string& key : keys()) {
    std::vector<LoadedModel::Text> texts = {text_of(key)};
    loaded_.run(texts);
    std::vector<float> maps;
    for (const auto& map : texts[0].maps) maps.insert(maps.end(), map.begin(), map.end());
    attention = std::max(attention, max_difference(maps, golden_.floats(key + ".attentions")));
    hidden =
        std::max(hidden, max_difference(texts[0].hidden, golden_.floats(key + ".hidden_states")));
  }
  expect_within("attention", attention, kAttention);
  expect_within("hidden states", hidden, kHidden);
}

TEST_P(Families, LogitsWhereTheVocabularyIsPredicted) {
  auto head = VocabularyHead::load(loaded_.model());
  double worst = 0;
  for (const Json& one : file_["cases"]) {
    const std::string key = one["key"];
    const auto v = static_cast<size_t>(loaded_.spec().embedding.vocab);
    if (!golden_.has(key + ".logits_positions")) {
      EXPECT_FALSE(head && GetParam() == "electra") << "a discriminator predicts no words";
      continue;
    }
    ASSERT_TRUE(head.has_value());
    std::vector<LoadedModel::Text> texts = {text_of(key)};
    loaded_.run(texts);
    const auto expected = golden_.floats(key + ".logits");
    const auto positions = golden_.integers(key + ".logits_positions");
    const int64_t d = loaded_.spec().width, n = std::ssize(texts[0].ids);
    const float* last = texts[0].hidden.data() + loaded_.spec().layers() * n * d;
    for (size_t p = 0; p < positions.size(); ++p) {
      const float* logits = head->logits(last + positions[p] * d, 1);
      worst = std::max(worst, max_difference({logits, v}, {expected.data() + p * v, v}));
      for (const Json& top : one["top10"]) {
        if (top["position"] != positions[p]) continue;
        std::vector<int32_t> order(v);
        for (size_t i = 0; i < v; ++i) order[i] = static_cast<int32_t>(i);
        std::sort(order.begin(), order.end(),
                  [&](int32_t a, int32_t b) { return logits[a] > logits[b]; });
        order.resize(10);
        EXPECT_EQ(order, top["top_ids"].get<std::vector<int32_t>>()) << key;
      }
    }
  }
  expect_within("logits", worst, kLogits);
}

// The reference pads; here no row of padding is computed, so only the rows of real tokens exist.
TEST_P(Families, PaddedBatch) {
  if (!golden_.has("padded.input_ids")) GTEST_SKIP() << "the golden has no padded batch";
  const auto& shape = golden_.entry("padded.input_ids").shape;
  const auto batch = static_cast<size_t>(shape[0]), length = static_cast<size_t>(shape[1]);
  const auto ids = golden_.ids("padded.input_ids"), mask = golden_.ids("padded.attention_mask");
  const auto types = golden_.has("padded.token_type_ids") ? golden_.ids("padded.token_type_ids")
                                                          : std::vector<int32_t>(ids.size(), 0);
  std::vector<LoadedModel::Text> texts(batch);
  for (size_t i = 0; i < ids.size(); ++i) {
    if (mask[i] == 0) continue;
    texts[i / length].ids.push_back(ids[i]);
    texts[i / length].segments.push_back(types[i]);
  }
  loaded_.run(texts);
  const auto attention = golden_.floats("padded.attentions");    // [L,B,H,n,n]
  const auto last = golden_.floats("padded.last_hidden_state");  // [B,n,D]
  const auto layers = static_cast<size_t>(loaded_.spec().layers());
  const auto d = static_cast<size_t>(loaded_.spec().width);
  double worst = 0, hidden = 0;
  for (size_t b = 0; b < batch; ++b) {
    const size_t n = texts[b].ids.size();
    for (size_t l = 0; l < layers; ++l) {
      const std::vector<float>& got = texts[b].maps[l];
      const size_t heads = got.size() / n / n;
      for (size_t row = 0; row < heads * n; ++row) {
        const size_t h = row / n, i = row % n;
        const float* from =
            attention.data() + (((l * batch + b) * heads + h) * length + i) * length;
        worst = std::max(worst, max_difference({got.data() + row * n, n}, {from, n}));
      }
    }
    hidden = std::max(hidden, max_difference({texts[b].hidden.data() + layers * n * d, n * d},
                                             {last.data() + b * length * d, n * d}));
  }
  expect_within("attention of real tokens", worst, kAttention);
  expect_within("hidden states of real tokens", hidden, kHidden);
}

// What a trace keeps gives the same maps again: score rules, biases, sinks and windows of every
// layer are in it.
TEST_P(Families, TracesRecomputeTheReferencesMaps) {
  const auto model = open_model(folder_, {.name = "", .fingerprint = false});
  double attention = 0, sums = 0, hidden = 0;
  for (const std::string& key : keys()) {
    const LoadedModel::Text ids = text_of(key);
    const TokenSequence text = model->sequence(ids.ids, ids.segments);
    TraceOptions options;
    options.with_hidden = true;
    const auto trace = model->runner().trace({&text, 1}, options).at(0);
    const auto expected = golden_.floats(key + ".attentions");  // [L,H,N,N]
    const int64_t n = text.size();
    std::vector<float> map(static_cast<size_t>(n * n));
    const float* next = expected.data();
    for (const HeadRef head : trace->all_heads()) {
      trace->weights(head, {0, n}, {0, n}, map.data());
      attention = std::max(attention, max_difference(map, {next, map.size()}));
      next += map.size();
      const auto sink = trace->sink(head);
      for (int64_t i = 0; i < n; ++i) {
        double sum = sink.empty() ? 0.0 : double{sink(i)};
        for (int64_t j = 0; j < n; ++j) sum += map[static_cast<size_t>(i * n + j)];
        sums = std::max(sums, std::abs(sum - 1));
      }
    }
    EXPECT_EQ(next, expected.data() + expected.size());
    std::vector<float> states;
    for (const Array& state : trace->hidden) {
      states.insert(states.end(), state.floats().begin(), state.floats().end());
    }
    hidden = std::max(hidden, max_difference(states, golden_.floats(key + ".hidden_states")));
  }
  expect_within("attention recomputed from the trace", attention, kAttention);
  expect_within("sums of rows, sinks included", sums, 2e-5);
  expect_within("hidden states", hidden, kHidden);
}

// Heads switched off: zeros reach the output projection, uniform rows are 1/M of the keys seen,
// whatever bias and sink the layer has.
TEST_P(Families, AUniformHeadsRowsAreUniform) {
  const auto model = open_model(folder_, {.name = "", .fingerprint = false});
  const LoadedModel::Text ids = text_of("case0");
  const TokenSequence text = model->sequence(ids.ids, ids.segments);
  const int64_t n = text.size();
  TraceOptions options;
  for (int layer = 0; layer < 2; ++layer) {
    options.settings.ablations.push_back({{0, {layer, 0}}, AblationKind::kUniform, {}});
  }
  const auto trace = model->runner().trace({&text, 1}, options).at(0);
  std::vector<float> row(static_cast<size_t>(n));
  for (int layer = 0; layer < 2; ++layer) {
    const MaskInfo& mask = trace->info().stacks[0].layer(layer).rule.mask;
    for (int64_t i = 0; i < n; ++i) {
      trace->weights({0, {layer, 0}}, {i, i + 1}, {0, n}, row.data());
      int64_t seen = 0;
      for (int64_t j = 0; j < n; ++j) {
        const bool ahead = mask.kind == MaskKind::kCausal && j > i;
        const bool outside = mask.kind == MaskKind::kWindow &&
                             (j < i - mask.left || (mask.right >= 0 && j > i + mask.right));
        seen += !ahead && !outside;
      }
      for (const float weight : row) {
        if (weight == 0) continue;
        EXPECT_NEAR(weight, 1.0 / static_cast<double>(seen), 1e-6);
      }
    }
  }
}

// The same configuration as files before transformers 5 spell it.
TEST_P(Families, OldSpellingOfTheConfiguration) {
  const std::string legacy = folder_ + "/config.legacy.json";
  if (!std::filesystem::exists(legacy)) GTEST_SKIP() << "the golden has no older spelling";
  const ModelConfigFile file{parse_json_file(legacy), legacy};
  const ConfigReader config(file);
  const ModelSpec spec = family_of(config).read(config);
  const ModelSpec& expected = loaded_.spec();
  ASSERT_EQ(spec.layers(), expected.layers());
  for (int64_t l = 0; l < spec.layers(); ++l) {
    const AttentionSpec &got = spec.block(l).attention, &its = expected.block(l).attention;
    EXPECT_EQ(got.rope, its.rope) << l;
    EXPECT_EQ(got.rule.mask.kind, its.rule.mask.kind) << l;
    EXPECT_EQ(got.rule.mask.left, its.rule.mask.left) << l;
    EXPECT_EQ(got.rule.scale, its.rule.scale) << l;
    EXPECT_EQ(got.head_dim, its.head_dim) << l;
  }
}

// Expected: Python's hashlib over the files' tensors, heads left out, by the rule of
// io/fingerprint.h.
TEST(Fingerprint, CoversTheTensorsThatTheTrunkReads) {
  const std::pair<const char*, const char*> cases[] = {
      {"gpt2", "7dab9d8104cf628edb0fecbd28c8633c1f08fe6464ed48abdb15a2c4c5bcc330"},
      {"llama", "71a746d9b8d5fb6dd2ea0ca2149e4b81c3aab29930269635287d48aee5430cf3"},
      {"roberta", "bfa92ad3495b3ea4fa20c6fda3c4a33de68f41b09fec3dd809c79722a8d733dd"},
      {"gpt_oss", "427dc1c28599b7f80442ed97ec74cac6407bf845091c72a0618da2480ed62786"},
  };
  for (const auto& [folder, expected] : cases) {
    const ModelSource source(golden_path(std::string("tiny/") + folder));
    const LoadedModel loaded(source);
    EXPECT_EQ(fingerprint_of(*source.weights(), loaded.model().table().trunk()), expected)
        << folder;
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, Families, testing::ValuesIn(folders()), [](const auto& one) {
  std::string name = one.param;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace headscope
