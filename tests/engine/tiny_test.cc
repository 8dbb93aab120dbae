// Every small BERT of tests/golden/tiny that is safetensors, against the reference's outputs, where
// family_test.cc does not look: tokens, masked words, the next sentence, a batch through Runner.
#include <gtest/gtest.h>

#include "goldens.h"
#include "headscope/error.h"
#include "headscope/model.h"
#include "headscope/trace.h"

namespace headscope {
namespace {

struct TinyModel {
  const char* folder;
  bool mlm, next_sentence;
};

void PrintTo(const TinyModel& model, std::ostream* out) { *out << model.folder; }

class Tiny : public testing::TestWithParam<TinyModel> {
 protected:
  Tiny()
      : folder_(golden_path(std::string("tiny/") + GetParam().folder)),
        golden_(folder_ + "/goldens.safetensors"),
        cases_(parse_json_file(folder_ + "/goldens.json")["cases"]),
        model_(open_model(folder_, {.name = "", .fingerprint = false})) {}

  TokenSequence sequence(const std::string& key) const {
    const std::string types = key + ".token_type_ids";
    return sequence_of(golden_.ids(key + ".input_ids"),
                       golden_.has(types) ? golden_.ids(types) : std::vector<int32_t>());
  }

  std::string folder_;
  GoldenFile golden_;
  Json cases_;
  std::unique_ptr<Model> model_;
};

TEST_P(Tiny, TokensAreThoseOfTheReference) {
  for (const Json& one : cases_) {
    std::optional<std::string> b;
    if (one["text_b"].is_string()) b = one["text_b"].get<std::string>();
    const TokenSequence text = model_->runner().tokenize(one["text_a"].get<std::string>(), b);
    EXPECT_EQ(text.ids, one["input_ids"].get<std::vector<int32_t>>());
  }
}

TEST_P(Tiny, MaskedWordPredictions) {
  ASSERT_EQ(model_->masked() != nullptr, GetParam().mlm);
  if (!GetParam().mlm) return;
  double worst = 0;
  for (const Json& one : cases_) {
    const std::string key = one["key"];
    const TokenSequence text = sequence(key);
    const auto logits = golden_.floats(key + ".logits");  // [k, V]
    const auto places = golden_.integers(key + ".logits_positions");
    const std::vector<int> positions(places.begin(), places.end());
    const size_t v = logits.size() / positions.size();
    const auto best = model_->masked()->predict(text, positions, 10);
    for (size_t p = 0; p < positions.size(); ++p) {
      const float* row = logits.data() + p * v;
      double sum = 0;
      for (size_t i = 0; i < v; ++i) sum += std::exp(double{row[i]});
      std::vector<MaskedQuery> queries;
      for (const auto& [id, token, probability] : best[p]) {
        queries.push_back({{}, {positions[p]}, {id}});
        EXPECT_NEAR(probability, std::exp(row[id]) / sum, 2e-4);
      }
      EXPECT_EQ(best[p].size(), 10u);
      const auto got = model_->masked()->log_probabilities(text, queries);
      for (size_t i = 0; i < queries.size(); ++i) {
        worst = std::max(worst, std::abs(got[i][0] - (row[best[p][i].id] - std::log(sum))));
      }
      for (const Json& top : one["top10"]) {
        if (top["position"] != positions[p]) continue;
        for (size_t i = 0; i < best[p].size(); ++i) EXPECT_EQ(best[p][i].id, top["top_ids"][i]);
      }
    }
  }
  expect_within("log-probabilities", worst, 2e-4);
}

TEST_P(Tiny, NextSentence) {
  ASSERT_EQ(model_->next_sentence(sequence("case0")).has_value(), GetParam().next_sentence);
  if (!GetParam().next_sentence) return;
  double worst = 0;
  for (const Json& one : cases_) {
    const std::string key = one["key"];
    const std::string pair = key + ".seq_relationship_logits";  // with a head alone: "logits"
    const auto logits = golden_.floats(golden_.has(pair) ? pair : key + ".logits");
    ASSERT_EQ(logits.size(), 2u);
    const double expected = 1 / (1 + std::exp(double{logits[1]} - logits[0]));
    worst = std::max(worst, std::abs(model_->next_sentence(sequence(key)).value() - expected));
  }
  expect_within("P(B follows A)", worst, 1e-5);
}

// The reference pads; here no row of padding is computed, so only the rows of real tokens exist.
class TinyBatch : public Tiny {};
TEST_P(TinyBatch, PaddedBatch) {
  const auto& shape = golden_.entry("padded.input_ids").shape;
  const auto batch = static_cast<size_t>(shape[0]), length = static_cast<size_t>(shape[1]);
  const auto ids = golden_.ids("padded.input_ids"), mask = golden_.ids("padded.attention_mask");
  const auto types = golden_.has("padded.token_type_ids") ? golden_.ids("padded.token_type_ids")
                                                          : std::vector<int32_t>(ids.size(), 0);
  std::vector<TokenSequence> texts;
  for (size_t b = 0; b < batch; ++b) {
    std::vector<int32_t> real, segments;
    for (size_t i = b * length; i < (b + 1) * length; ++i) {
      if (mask[i] == 0) continue;
      real.push_back(ids[i]);
      segments.push_back(types[i]);
    }
    texts.push_back(sequence_of(real, segments));
  }
  TraceOptions options;
  options.with_hidden = options.with_attention = true;
  const auto traces = model_->runner().trace(texts, options);
  const auto attention = golden_.floats("padded.attentions");    // [L,B,H,n,n]
  const auto last = golden_.floats("padded.last_hidden_state");  // [B,n,D]
  const StackInfo& stack = model_->runner().stacks()[0];
  const auto heads = static_cast<size_t>(stack.layers[0].heads),
             d = static_cast<size_t>(model_->embeddings()->width());
  double worst = 0, hidden = 0;
  for (size_t b = 0; b < batch; ++b) {
    const auto n = static_cast<size_t>(texts[b].size());
    for (size_t l = 0; l < stack.layers.size(); ++l) {
      const auto got = traces[b]->arrays()[0][l].attention.floats();
      for (size_t row = 0; row < heads * n; ++row) {
        const size_t h = row / n, i = row % n;
        const float* from =
            attention.data() + (((l * batch + b) * heads + h) * length + i) * length;
        worst = std::max(worst, max_difference({got.data() + row * n, n}, {from, n}));
      }
    }
    hidden = std::max(hidden, max_difference(traces[b]->hidden.back().floats(),
                                             {last.data() + b * length * d, n * d}));
  }
  expect_within("attention of real tokens", worst, 1e-5);
  expect_within("hidden states of real tokens", hidden, 2e-4);
}

INSTANTIATE_TEST_SUITE_P(Goldens, TinyBatch, testing::Values(TinyModel{"bert-mlm", true, false}));
INSTANTIATE_TEST_SUITE_P(
    Goldens, Tiny,
    testing::Values(TinyModel{"bert-mlm", true, false}, TinyModel{"bert-sharded", true, false},
                    TinyModel{"bert-cased", true, false}, TinyModel{"bert-noprefix", false, false},
                    TinyModel{"bert-nsp", false, true}, TinyModel{"bert-pretraining", true, true}),
    [](const auto& one) {
      std::string name = one.param.folder;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

}  // namespace
}  // namespace headscope
