// ViT of tests/golden/tiny: pixel values to maps and hidden states against the reference, picture
// files to pixel values against Pillow's (tests/data/pictures/make.py).
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <tuple>

#include "goldens.h"
#include "headscope/error.h"
#include "headscope/model.h"
#include "headscope/output.h"
#include "headscope/trace.h"

namespace headscope {
namespace {

constexpr double kAttention = 1e-5, kHidden = 2e-4;

std::string folder() { return golden_path("tiny/vit"); }
std::string photo(const std::string& name = "photo.png") {
  return read_file(source_dir() + "/tests/data/pictures/" + name);
}

class PictureModel : public testing::Test {
 protected:
  PictureModel() : model_(open_model(folder(), {.name = "", .fingerprint = false})) {}
  Runner& runner() { return model_->runner(); }
  std::shared_ptr<const Trace> trace(const ModelInput& input, const TraceOptions& options = {}) {
    return runner().trace(std::span<const ModelInput>(&input, 1), options, {}).at(0);
  }
  std::unique_ptr<Model> model_;
};

TEST_F(PictureModel, PixelValuesGiveTheReferencesMapsAndHiddenStates) {
  const GoldenFile golden(folder() + "/goldens.safetensors");
  double attention = 0, hidden = 0;
  for (const std::string key : {"case0", "case1"}) {
    const auto values = golden.floats(key + ".pixel_values");
    const auto& shape = golden.entry(key + ".pixel_values").shape;
    TraceOptions options;
    options.with_hidden = true;
    const auto made = trace(runner().pixels(write_npy(values, shape), "p.npy"), options);
    const auto expected = golden.floats(key + ".attentions");  // [L,H,N,N]
    const int64_t n = made->info().tokens(0, Side::kQuery).size();
    std::vector<float> map(static_cast<size_t>(n * n)), states;
    const float* next = expected.data();
    for (const HeadRef head : made->all_heads()) {
      made->weights(head, {0, n}, {0, n}, map.data());
      attention = std::max(attention, max_difference(map, {next, map.size()}));
      next += map.size();
    }
    EXPECT_EQ(next, expected.data() + expected.size());
    for (const Array& state : made->hidden) {
      states.insert(states.end(), state.floats().begin(), state.floats().end());
    }
    hidden = std::max(hidden, max_difference(states, golden.floats(key + ".hidden_states")));
    EXPECT_TRUE(made->image.empty());
  }
  expect_within("attention", attention, kAttention);
  expect_within("hidden states", hidden, kHidden);
}

TEST_F(PictureModel, APictureIsPreparedAsTheReferenceDoes) {
  const GoldenFile expected(source_dir() + "/tests/data/pictures/expected.safetensors");
  const ModelInput input = runner().picture(photo(), "photo.png");
  ASSERT_TRUE(input.pixels);
  expect_within("pixel values",
                max_difference(input.pixels->values, expected.floats("pixel_values")), 1e-6);
  const std::vector<std::string> first(input.text.tokens.begin(), input.text.tokens.begin() + 6);
  EXPECT_EQ(first, (std::vector<std::string>{"[CLS]", "p0,0", "p0,1", "p0,2", "p0,3", "p1,0"}));
  EXPECT_EQ(input.text.tokens.back(), "p3,3");
  EXPECT_EQ(input.text.kinds.front(), TokenKind::kText);
  EXPECT_EQ(input.text.kinds.back(), TokenKind::kPatch);
  EXPECT_EQ(input.text.special.front(), 1);

  const auto made = trace(input);
  ASSERT_TRUE(made->picture());
  EXPECT_EQ(made->picture()->shape(), (std::vector<int64_t>{32, 32, 3}));
  const auto again = parse_trace(serialize_trace(*made).data(), serialize_trace(*made).size());
  ASSERT_TRUE(again->picture());
  EXPECT_TRUE(std::equal(made->picture()->data(), made->picture()->data() + 32 * 32 * 3,
                         again->picture()->data()));
  EXPECT_EQ(again->info().tokens(0, Side::kQuery).kinds, input.text.kinds);
}

std::string problem_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return std::string(error.id().text()) + " " + error.what();
  }
  return {};
}

TEST_F(PictureModel, WhatItDoesNotReadIsRefused) {
  const auto says = [&](const std::string& got, const char* part) {
    EXPECT_NE(got.find(part), std::string::npos) << got;
  };
  says(problem_of([&] { runner().tokenize("a text", std::nullopt); }), "a picture");
  says(problem_of([&] { (void)model_->sequence(std::vector<int32_t>{1}, {}); }), "a picture");
  says(problem_of([&] { runner().picture("no picture", "p"); }), "HS-IMAGE-01");
  const std::vector<float> few(3 * 8 * 8);
  says(problem_of([&] { runner().pixels(write_npy(few, {3, 8, 8}), "p.npy"); }), "[3, 32, 32]");
  std::vector<float> wild(3 * 32 * 32);
  wild[7] = NAN;
  says(problem_of([&] { runner().pixels(write_npy(wild, {3, 32, 32}), "p.npy"); }), "finite");
  EXPECT_FALSE(model_->embeddings());
  EXPECT_FALSE(model_->next());
  EXPECT_FALSE(model_->masked());
  const auto texts = open_model(golden_path("tiny/bert-mlm"), {.name = "", .fingerprint = false});
  says(problem_of([&] { texts->runner().picture(photo(), "photo.png"); }), "photo.png");
}

// The model's folder with another preprocessor_config.json; "" = none.
class OtherSettings : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(OtherSettings, AreRefusedByName) {
  const auto& [json, part] = GetParam();
  const auto other =
      std::filesystem::temp_directory_path() / ("headscope-vit-" + std::to_string(::getpid()));
  std::filesystem::remove_all(other);
  std::filesystem::create_directories(other);
  for (const char* name : {"config.json", "model.safetensors"}) {
    std::filesystem::create_symlink(folder() + "/" + name, other / name);
  }
  if (*json) std::ofstream(other / "preprocessor_config.json") << json;
  const auto model = open_model(other.string(), {.name = "", .fingerprint = false});
  const std::string got = problem_of([&] { model->runner().picture(photo(), "photo.png"); });
  EXPECT_NE(got.find(part), std::string::npos) << got;
  std::filesystem::remove_all(other);
}

INSTANTIATE_TEST_SUITE_P(
    Files, OtherSettings,
    testing::Values(std::tuple("", "preprocessor_config.json"), std::tuple("[]", "JSON object"),
                    std::tuple(R"({"size": 64})", "image_size"),
                    std::tuple(R"({"size": {"shortest_edge": 32}})", "shortest_edge"),
                    std::tuple(R"({"size": 32, "do_center_crop": true})", "do_center_crop"),
                    std::tuple(R"({"size": 32, "image_processor_type": "CLIPImageProcessor"})",
                               "CLIPImageProcessor"),
                    std::tuple(R"({"size": 32, "image_std": [0.5, 0, 0.5]})", "image_std"),
                    std::tuple(R"({"size": 32, "image_mean": [0.5]})", "image_mean"),
                    std::tuple(R"({"size": 32, "resample": 0})", "resample"),
                    std::tuple(R"({"do_resize": false})", "37 × 23")));

}  // namespace
}  // namespace headscope
