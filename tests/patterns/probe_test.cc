// The reference's probe through our scores: tests/golden/smollm2, case `probe`.
#include "headscope/probe.h"

#include <gtest/gtest.h>

#include "corpus.h"
#include "format/json.h"
#include "format/read_file.h"
#include "headscope/model.h"
#include "headscope/models.h"
#include "headscope/probe_scores.h"
#include "headscope/safetensors.h"

namespace headscope {
namespace {

TEST(SmolLm2ProbeWeights, ScoresAndOrderAreTheReferences) {
  if (offline()) GTEST_SKIP() << "HEADSCOPE_OFFLINE=1";
  const std::string folder = source_dir() + "/tests/golden/smollm2/";
  const Json file = parse_json_file(folder + "cases.json");
  const Json* one = nullptr;
  for (const Json& each : file["cases"]) {
    if (each["id"] == "probe") one = &each;
  }
  ASSERT_NE(one, nullptr);
  ModelOptions options;
  options.fingerprint = false;
  const auto model = open_model(find_model("smollm2-135m-instruct"), options);
  const TokenSequence text = model->sequence((*one)["input_ids"].get<std::vector<int32_t>>());
  const auto heads = probe_scores(*model->runner().trace({&text, 1}).at(0));
  ASSERT_EQ(heads.size(), 270u);

  const std::string bytes = read_file(folder + "probe.safetensors");
  const SafetensorsView golden(std::as_bytes(std::span(bytes)), "probe.safetensors");
  const char* names[] = {"induction", "duplicate", "previous"};
  for (size_t p = 0; p < 3; ++p) {
    const TensorEntry* entry = golden.find(std::string("score_") + names[p]);
    ASSERT_NE(entry, nullptr) << names[p];
    const std::vector<float> expected = to_float(*entry);
    double worst = 0;
    for (size_t h = 0; h < heads.size(); ++h) {
      worst = std::max(worst, std::abs(heads[h].value[p] - double{expected.at(h)}));
    }
    std::printf("  %-10s max |difference| %.1e\n", names[p], worst);
    EXPECT_LE(worst, 5e-5) << names[p];
    std::vector<ProbedHead> ranked = heads;
    std::stable_sort(ranked.begin(), ranked.end(), [&](const ProbedHead& a, const ProbedHead& b) {
      return a.value[p] > b.value[p];
    });
    const Json& best = (*one)["best"][names[p]];
    for (size_t k = 0; k < best.size(); ++k) {
      EXPECT_EQ(to_string(ranked[k].id),
                to_string(HeadId{best[k]["layer"].get<int>(), best[k]["head"].get<int>()}))
          << names[p] << " rank " << k;
    }
  }
}

// Our own probe, other random words: the same heads lead.
TEST(SmolLm2ProbeWeights, OurOwnWordsFindTheSameHeads) {
  if (offline()) GTEST_SKIP() << "HEADSCOPE_OFFLINE=1";
  ModelOptions options;
  options.fingerprint = false;
  const auto model = open_model(find_model("smollm2-135m-instruct"), options);
  const auto text = probe_text(*model);
  ASSERT_TRUE(text);
  ASSERT_EQ(text->size(), 100);
  EXPECT_EQ(std::set<int32_t>(text->ids.begin(), text->ids.end()).size(), 25u);
  EXPECT_TRUE(std::equal(text->ids.begin(), text->ids.begin() + 75, text->ids.begin() + 25));
  for (const std::string& token : text->tokens) EXPECT_TRUE(token.starts_with("\xC4\xA0")) << token;
  const auto heads = probe_scores(*model->runner().trace({&*text, 1}).at(0));
  const auto best = [&](size_t p) {
    return to_string(
        std::max_element(heads.begin(), heads.end(), [&](const ProbedHead& a, const ProbedHead& b) {
          return a.value[p] < b.value[p];
        })->id);
  };
  EXPECT_EQ(best(0), "L18H6");
  EXPECT_EQ(best(1), "L14H3");
  EXPECT_EQ(best(2), "L11H1");
}

}  // namespace
}  // namespace headscope
