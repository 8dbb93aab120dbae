// bert-base-uncased itself against the reference's outputs (tests/golden/bert-base-uncased).
#include <gtest/gtest.h>

#include <cstdlib>

#include "goldens.h"
#include "headscope/model.h"
#include "headscope/models.h"
#include "headscope/threads.h"
#include "headscope/trace.h"

namespace headscope {
namespace {

class BertWeights : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!offline()) model_ = open_model(find_model("bert-base-uncased"), {"", false}).release();
  }
  static void TearDownTestSuite() {
    delete model_;
    model_ = nullptr;
  }
  void SetUp() override {
    if (offline()) GTEST_SKIP() << "HEADSCOPE_OFFLINE=1";
  }
  static bool offline() {
    const char* value = std::getenv("HEADSCOPE_OFFLINE");
    return value && std::string(value) == "1";
  }

  static Model* model_;
};
Model* BertWeights::model_ = nullptr;

Json cases() { return parse_json_file(golden_path("bert-base-uncased/cases.json"))["cases"]; }

TokenSequence tokenize(Model& model, const Json& one) {
  TokenizeOptions options;
  if (one["truncation"].is_string()) options.truncation = Truncation::kLongestFirst;
  std::optional<std::string> b;
  if (one["text_b"].is_string()) b = one["text_b"].get<std::string>();
  return model.runner().tokenize(one["text_a"].get<std::string>(), b, options);
}

// What one case's golden file holds, compared row by row: `rows` are the query rows that it keeps.
class Comparison {
 public:
  Comparison(const Json& one, const GoldenFile& golden, const Trace& trace)
      : one_(one), golden_(golden), trace_(trace), n_(trace.info().tokens(0, Side::kQuery).size()) {
    if (golden.has("rows")) {
      rows_ = golden.integers("rows");
    } else {
      for (int64_t i = 0; i < n_; ++i) rows_.push_back(i);
    }
  }

  double attention(bool recomputed) const {
    const auto expected = golden_.floats("attentions");
    const auto k = static_cast<size_t>(n_);
    const float* from = expected.data();
    std::vector<float> row(k);
    double worst = 0;
    for (const int layer : one_["attention_layers"]) {
      for (const int head : one_["attention_heads"]) {
        for (const int64_t i : rows_) {
          own_row({layer, head}, i, recomputed, row.data());
          worst = std::max(worst, max_difference(row, {from, k}));
          from += k;
        }
      }
    }
    EXPECT_EQ(from, expected.data() + expected.size());
    return worst;
  }

  // Recomputed tiles against the rows that the forward pass used, every head.
  double tile() const {
    const auto size = static_cast<size_t>(n_);
    std::vector<float> a(size), b(size);
    double worst = 0;
    for (const HeadRef head : trace_.all_heads()) {
      for (const int64_t i : rows_) {
        own_row(head.id, i, false, a.data());
        own_row(head.id, i, true, b.data());
        worst = std::max(worst, max_difference(a, b));
      }
    }
    return worst;
  }

  double row_sums() const {
    std::vector<float> row(static_cast<size_t>(n_));
    double worst = 0;
    for (const HeadRef head : trace_.all_heads()) {
      for (const int64_t i : rows_) {
        own_row(head.id, i, true, row.data());
        double sum = 0;
        for (const float a : row) sum += a;
        worst = std::max(worst, std::abs(sum - 1));
      }
    }
    return worst;
  }

  double entropy() const {
    const auto expected = golden_.floats("attention_entropy");
    std::vector<float> row(static_cast<size_t>(n_));
    size_t at = 0;
    double worst = 0;
    for (const HeadRef head : trace_.all_heads()) {
      for (const int64_t i : rows_) {
        own_row(head.id, i, false, row.data());
        double sum = 0;
        for (const float a : row) sum -= a > 0 ? a * std::log(double{a}) : 0;
        worst = std::max(worst, std::abs(sum - expected[at++]));
      }
    }
    return worst;
  }

  double hidden() const {
    double worst = 0;
    for (const auto& [name, index] :
         {std::pair("hidden_embeddings", 0), std::pair("hidden_after_layer_0", 1),
          std::pair("hidden_after_layer_6", 7), std::pair("hidden_after_layer_11", 12),
          std::pair("last_hidden_state", 12)}) {
      if (!golden_.has(name)) continue;
      const auto expected = golden_.floats(name);
      const auto d = static_cast<size_t>(golden_.entry(name).shape[1]);
      const auto kept = static_cast<size_t>(golden_.entry(name).shape[0]);
      for (size_t r = 0; r < kept; ++r) {
        const int64_t row = kept == rows_.size() ? rows_[r] : hidden_row(name, r);
        const float* got = trace_.hidden[static_cast<size_t>(index)].floats().data() +
                           row * static_cast<int64_t>(d);
        worst = std::max(worst, max_difference({got, d}, {expected.data() + r * d, d}));
      }
    }
    return worst;
  }

  // Query, key and value, where the file has them.
  double vectors() const {
    double worst = 0;
    size_t at = 0;
    const auto query = golden_.floats("query"), key = golden_.floats("key"),
               value = golden_.floats("value");
    for (const LayerArrays& layer : trace_.arrays()[0]) {
      const auto size = static_cast<size_t>(layer.query.size());
      worst = std::max({worst, max_difference(layer.query.floats(), {query.data() + at, size}),
                        max_difference(layer.key.floats(), {key.data() + at, size}),
                        max_difference(layer.value.floats(), {value.data() + at, size})});
      at += size;
    }
    EXPECT_EQ(at, query.size());
    return worst;
  }

 private:
  void own_row(HeadId head, int64_t i, bool recomputed, float* out) const {
    if (recomputed) return trace_.weights({0, head}, {i, i + 1}, {0, n_}, out);
    const LayerArrays& layer = trace_.arrays()[0][static_cast<size_t>(head.layer)];
    std::copy_n(layer.attention.floats().data() + (head.head * n_ + i) * n_, n_, out);
  }
  int64_t hidden_row(const std::string& name, size_t r) const {
    const std::string rows = name + "_rows";
    return golden_.has(rows) ? golden_.integers(rows)[r] : static_cast<int64_t>(r);
  }

  const Json& one_;
  const GoldenFile& golden_;
  const Trace& trace_;
  int64_t n_;
  std::vector<int64_t> rows_;
};

TEST_F(BertWeights, AttentionHiddenStatesAndTiles) {
  TraceOptions options;
  options.with_attention = options.with_hidden = true;
  for (const Json& one : cases()) {
    const TokenSequence text = tokenize(*model_, one);
    ASSERT_EQ(text.ids, one["input_ids"].get<std::vector<int32_t>>());
    const auto trace = model_->runner().trace({&text, 1}, options)[0];
    const GoldenFile golden(golden_path("bert-base-uncased/" + one["file"].get<std::string>()));
    const Comparison compare(one, golden, *trace);
    std::printf("%s, %lld tokens\n", one["id"].get<std::string>().c_str(),
                static_cast<long long>(text.size()));
    const double bound = text.size() <= 128 ? 1e-5 : 5e-5;
    expect_within("attention, the pass's own rows", compare.attention(false), bound);
    expect_within("attention, recomputed from the trace", compare.attention(true), bound);
    expect_within("recomputed tile against the pass's rows", compare.tile(), 1e-5);
    expect_within("row sums of recomputed tiles", compare.row_sums(), 2e-5);
    expect_within("entropy (nats)", compare.entropy(), 2e-4);
    expect_within("hidden states", compare.hidden(), 2e-4);
    if (golden.has("query")) expect_within("query, key, value", compare.vectors(), 2e-4);
  }
}

// Products of bfloat16: three of them reach float32's goldens within 5e-5, one does not.
TEST_F(BertWeights, AttentionInLowerPrecision) {
  TraceOptions options;
  options.with_attention = true;
  for (const auto& [precision, bound] :
       {std::pair(Precision::kBf16x3, 5e-5), std::pair(Precision::kBf16, 5e-2)}) {
    const auto model = open_model(find_model("bert-base-uncased"),
                                  {.name = "", .fingerprint = false, .precision = precision});
    double worst = 0;
    std::shared_ptr<const Trace> trace;
    for (const Json& one : cases()) {
      const TokenSequence text = tokenize(*model, one);
      trace = model->runner().trace({&text, 1}, options)[0];
      const GoldenFile golden(golden_path("bert-base-uncased/" + one["file"].get<std::string>()));
      worst = std::max(worst, Comparison(one, golden, *trace).attention(false));
    }
    const ComputedInfo& computed = *trace->info().computed;
    std::printf("%s: on its own text %.2e, products %.2e\n", computed.path.c_str(),
                *computed.attention_max, *computed.gemm_rel_l2);
    expect_within("attention", worst, bound);
    EXPECT_LE(*computed.attention_max, bound);
    if (precision == Precision::kBf16) {
      EXPECT_GT(worst, 1e-3);
    }
  }
}

TEST_F(BertWeights, SameBitsAtAnyThreadCountAndInAnyBatch) {
  std::vector<TokenSequence> texts;
  for (const Json& one : cases()) texts.push_back(tokenize(*model_, one));
  const int before = max_threads();
  set_max_threads(1);
  const auto alone = model_->runner().trace({&texts[0], 1})[0];
  set_max_threads(2);
  const auto batch = model_->runner().trace(texts)[0];
  set_max_threads(before);
  for (size_t l = 0; l < 12; ++l) {
    const LayerArrays &a = alone->arrays()[0][l], &b = batch->arrays()[0][l];
    for (const Array LayerArrays::* array :
         {&LayerArrays::query, &LayerArrays::key, &LayerArrays::value, &LayerArrays::logsumexp,
          &LayerArrays::value_norm}) {
      const auto x = (a.*array).floats(), y = (b.*array).floats();
      EXPECT_TRUE(std::equal(x.begin(), x.end(), y.begin(), y.end())) << l;
    }
  }
}

TEST_F(BertWeights, MaskedWords) {
  for (const Json& one : cases()) {
    if (one["mlm"].empty()) continue;
    const TokenSequence text = tokenize(*model_, one);
    double worst = 0;
    for (const Json& mask : one["mlm"]) {
      const int position = mask["position"];
      const auto ids = mask["top_ids"].get<std::vector<int32_t>>();
      const auto best = model_->masked()->predict(text, std::vector<int>{position},
                                                  static_cast<int>(ids.size()))[0];
      MaskedQuery query{{}, {}, {}};
      for (size_t i = 0; i < ids.size(); ++i) {
        EXPECT_EQ(best[i].id, ids[i]);
        EXPECT_EQ(best[i].token, mask["top_tokens"][i].get<std::string>());
        query.positions.push_back(position);
        query.targets.push_back(ids[i]);
      }
      const auto got = model_->masked()->log_probabilities(text, {&query, 1})[0];
      for (size_t i = 0; i < ids.size(); ++i) {
        worst = std::max(worst, std::abs(got[i] - mask["log_probs"][i].get<double>()));
      }
    }
    expect_within(one["id"].get<std::string>() + ", log-probabilities", worst, 2e-4);
  }
}

}  // namespace
}  // namespace headscope
