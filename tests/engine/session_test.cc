// What open_model() promises beside the numbers of the goldens: the same bits for every batch and
// thread count, ablations, options, masked predictions, cancellation, errors.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "goldens.h"
#include "headscope/error.h"
#include "headscope/model.h"
#include "headscope/threads.h"
#include "headscope/trace.h"
#include "io/model_source.h"
#include "io/test_folder.h"
#include "io/weight_store.h"
#include "model/family.h"
#include "plain_model.h"

namespace headscope {
namespace {

std::unique_ptr<Model> open_tiny(const std::string& folder) {
  return open_model(golden_path("tiny/" + folder), {.name = "", .fingerprint = false});
}

bool same_bits(const Array& a, const Array& b) {
  return a.bytes() == b.bytes() &&
         (a.empty() || std::memcmp(a.data(), b.data(), static_cast<size_t>(a.bytes())) == 0);
}

bool same_bits(const LayerArrays& a, const LayerArrays& b) {
  return same_bits(a.query, b.query) && same_bits(a.key, b.key) && same_bits(a.value, b.value) &&
         same_bits(a.logsumexp, b.logsumexp) && same_bits(a.value_norm, b.value_norm) &&
         same_bits(a.attention, b.attention);
}

void expect_same_bits(const Trace& a, const Trace& b) {
  const auto &left = a.arrays()[0], &right = b.arrays()[0];
  ASSERT_EQ(left.size(), right.size());
  for (size_t l = 0; l < left.size(); ++l) EXPECT_TRUE(same_bits(left[l], right[l])) << l;
  ASSERT_EQ(a.hidden.size(), b.hidden.size());
  for (size_t i = 0; i < a.hidden.size(); ++i) {
    EXPECT_TRUE(same_bits(a.hidden[i], b.hidden[i])) << i;
  }
}

std::vector<int> layer_numbers(const TraceInfo& info) {
  std::vector<int> numbers;
  for (const LayerInfo& layer : info.stacks[0].layers) numbers.push_back(layer.layer);
  return numbers;
}

TraceOptions everything() {
  TraceOptions options;
  options.with_attention = options.with_hidden = true;
  return options;
}

// An error's code, and what its message holds.
void expect_error(const std::function<void()>& work, ErrorCode code,
                  const std::vector<std::string>& parts) {
  try {
    work();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << error.what() << "\nlacks " << part;
    }
  }
}

// tests/golden/tiny/qwen3 has no tokenizer's file.
TEST(SessionWithoutTokenizer, TakesIdsAndNoTexts) {
  const auto model = open_tiny("qwen3");
  EXPECT_EQ(model->tokenizer(), nullptr);
  expect_error([&] { (void)model->runner().tokenize("I went", std::nullopt); },
               ErrorCode::kBadInput, {"the tokenizer of qwen3 cannot be read", "--ids"});
  const std::vector<int32_t> ids = {5, 6, 7};
  const TokenSequence text = model->sequence(ids, {});
  EXPECT_EQ(text.tokens, (std::vector<std::string>{"#5", "#6", "#7"}));
  const auto trace = model->runner().trace({&text, 1}, {}).at(0);
  EXPECT_EQ(trace->info().tokens(0, Side::kQuery).ids, ids);
  const int last = 2;
  const auto next = model->next()->predict(ModelInput(text), {&last, 1}, 1, {});
  EXPECT_EQ(next.at(0).at(0).token, "#" + std::to_string(next.at(0).at(0).id));
}

class Session : public testing::Test {
 protected:
  Session() : model_(open_tiny("bert-mlm")) {
    texts_ = {
        model_->runner().tokenize("I went to the store.", "At the store, I bought strawberries."),
        model_->runner().tokenize("Yes.", std::nullopt),
        model_->runner().tokenize("Jackie Taylor - she is located at Court House.", "")};
  }
  std::shared_ptr<const Trace> trace(const TokenSequence& text, const TraceOptions& options) {
    return model_->runner().trace({&text, 1}, options)[0];
  }

  std::unique_ptr<Model> model_;
  std::vector<TokenSequence> texts_;
};

TEST_F(Session, SameBitsAtAnyThreadCountAndInAnyBatch) {
  std::vector<std::shared_ptr<const Trace>> alone;
  for (const TokenSequence& text : texts_) alone.push_back(trace(text, everything()));
  const int before = max_threads();
  for (const int threads : {1, 2, 3, 5}) {
    set_max_threads(threads);
    const auto batch = model_->runner().trace(texts_, everything());
    ASSERT_EQ(batch.size(), texts_.size());
    for (size_t t = 0; t < batch.size(); ++t) expect_same_bits(*batch[t], *alone[t]);
  }
  set_max_threads(before);
}

TEST_F(Session, LongSpansOfTextsAreCutIntoSteps) {
  std::vector<TokenSequence> many(300, texts_[0]);
  many.back() = texts_[2];
  const auto traces = model_->runner().trace(many, {});
  ASSERT_EQ(traces.size(), many.size());
  const auto first = trace(texts_[0], {}), last = trace(texts_[2], {});
  for (size_t t = 0; t + 1 < many.size(); ++t) expect_same_bits(*traces[t], *first);
  expect_same_bits(*traces.back(), *last);
}

TEST_F(Session, NoTextsNoTraces) {
  EXPECT_TRUE(model_->runner().trace(std::span<const TokenSequence>(), {}).empty());
}

TEST_F(Session, TracesSayWhatTheyAre) {
  TraceOptions options;
  options.settings.ablations = {{{0, {1, 2}}, AblationKind::kMean, {}}};
  options.settings.zero_segment_ids = true;
  const auto made = trace(texts_[0], options);
  const TraceInfo& info = made->info();
  EXPECT_EQ(info.model.name, "bert-mlm");
  EXPECT_EQ(info.model.family, "bert");
  const TokenSequence& fed = info.tokens(0, Side::kQuery);
  EXPECT_EQ(fed.text_a, "I went to the store.");
  EXPECT_EQ(fed.segment_ids, std::vector<int32_t>(fed.ids.size(), 0));
  EXPECT_EQ(fed.sentences.back(), 1) << "the true sentence stays";
  EXPECT_EQ(info.settings, options.settings);
  EXPECT_EQ(layer_numbers(info), (std::vector<int>{0, 1, 2}));
  EXPECT_FLOAT_EQ(info.stacks[0].layers[0].rule.scale, 1 / std::sqrt(12.0f));
  EXPECT_TRUE(made->arrays()[0][0].attention.empty());
  EXPECT_TRUE(made->hidden.empty());
}

TEST_F(Session, KeepsTheLayersAskedFor) {
  const auto all = trace(texts_[0], {});
  TraceOptions options;
  options.layers = {2, 0, 2};
  const auto some = trace(texts_[0], options);
  EXPECT_EQ(layer_numbers(some->info()), (std::vector<int>{0, 2}));
  ASSERT_EQ(some->arrays()[0].size(), 2u);
  EXPECT_TRUE(same_bits(some->arrays()[0][0], all->arrays()[0][0]));
  EXPECT_TRUE(same_bits(some->arrays()[0][1], all->arrays()[0][2]));
  options.layers = {0};
  EXPECT_TRUE(same_bits(trace(texts_[0], options)->arrays()[0][0], all->arrays()[0][0]));
  options.with_hidden = true;  // of all layers, whatever is kept
  const auto states = trace(texts_[0], options)->hidden;
  ASSERT_EQ(states.size(), 4u);
  EXPECT_EQ(states[3].shape(),
            (std::vector<int64_t>{texts_[0].size(), model_->embeddings()->width()}));
}

TEST_F(Session, ZeroSegmentIdsAreSegmentsOfZeros) {
  TraceOptions options;
  options.settings.zero_segment_ids = true;
  TokenSequence zeros = texts_[0];
  std::fill(zeros.segment_ids.begin(), zeros.segment_ids.end(), 0);
  expect_same_bits(*trace(texts_[0], options), *trace(zeros, {}));
  EXPECT_FALSE(same_bits(trace(zeros, {})->arrays()[0][0], trace(texts_[0], {})->arrays()[0][0]));
}

TEST_F(Session, AblationsAreThoseOfThePlainComputation) {
  const std::string folder = golden_path("tiny/bert-noprefix");
  const auto model = open_tiny("bert-noprefix");  // the plain computation wants no prefix
  const auto weights = open_weights(folder);
  const ModelSource source(folder);
  const ConfigReader config(source.config());
  const ModelSpec spec = family_of(config).read(config);
  const TokenSequence text = model->runner().tokenize("I went to the store.", "At the store");
  std::vector<float> given(static_cast<size_t>(spec.block(0).attention.head_dim));
  for (size_t c = 0; c < given.size(); ++c) given[c] = 0.1f * static_cast<float>(c) - 0.4f;
  const std::vector<std::vector<Ablation>> kinds = {
      {{{0, {0, 1}}, AblationKind::kZero, {}}},
      {{{0, {0, 2}}, AblationKind::kMean, {}}},
      {{{0, {0, 0}}, AblationKind::kMean, given}},
      {{{0, {0, 1}}, AblationKind::kUniform, {}}},
      {{{0, {0, 0}}, AblationKind::kUniform, {}}, {{0, {1, 2}}, AblationKind::kZero, {}}},
      {{{0, {1, 0}}, AblationKind::kMean, {}}, {{0, {1, 1}}, AblationKind::kZero, {}}}};
  const auto plain_hidden = trace(texts_[0], everything())->hidden;
  for (const auto& ablations : kinds) {
    TraceOptions options = everything();
    options.settings.ablations = ablations;
    const auto got = model->runner().trace({&text, 1}, options)[0];
    const PlainOutput plain = run_plain(spec, *weights, text.ids, text.segment_ids, ablations);
    double attention = 0, hidden = 0;
    for (size_t l = 0; l < plain.attention.size(); ++l) {
      const auto map = got->arrays()[0][l].attention.floats();
      ASSERT_EQ(map.size(), plain.attention[l].size());
      for (size_t i = 0; i < map.size(); ++i) {
        attention = std::max(attention, std::abs(map[i] - plain.attention[l][i]));
      }
      const size_t cells = plain.hidden[l].size();
      for (size_t i = 0; i < cells; ++i) {
        hidden =
            std::max(hidden, std::abs(got->hidden[l + 1].floats()[i] - plain.hidden[l + 1][i]));
      }
    }
    expect_within("attention with ablations", attention, 1e-5);
    expect_within("hidden states with ablations", hidden, 2e-4);
  }
}

TEST_F(Session, AblationLeavesEarlierLayersAsTheyAre) {
  const auto plain = trace(texts_[0], everything());
  for (const AblationKind kind :
       {AblationKind::kZero, AblationKind::kMean, AblationKind::kUniform}) {
    TraceOptions options = everything();
    options.settings.ablations = {{{0, {1, 3}}, kind, {}}};
    const auto ablated = trace(texts_[0], options);
    EXPECT_TRUE(same_bits(plain->arrays()[0][0], ablated->arrays()[0][0]));
    EXPECT_TRUE(same_bits(plain->hidden[0], ablated->hidden[0]));
    EXPECT_TRUE(same_bits(plain->hidden[1], ablated->hidden[1]));
    EXPECT_FALSE(same_bits(plain->hidden[2], ablated->hidden[2]));
  }
}

TEST_F(Session, AUniformHeadsTraceHasUniformRows) {
  TraceOptions options = everything();
  options.settings.ablations = {{{0, {1, 3}}, AblationKind::kUniform, {}}};
  const auto made = trace(texts_[0], options);
  const int64_t n = texts_[0].size();
  std::vector<float> map(static_cast<size_t>(n * n));
  made->weights({0, {1, 3}}, {0, n}, {0, n}, map.data());
  for (const float weight : map) EXPECT_NEAR(weight, 1.0 / static_cast<double>(n), 1e-7);
}

class Masked : public Session {
 protected:
  Masked() : text_(texts_[0]) {
    const auto id = [&](size_t i) { return text_.ids[i]; };
    queries_ = {{{3}, {3}, {id(3)}},
                {{3, 5}, {3, 5}, {id(3), id(5)}},
                {{}, {1}, {id(2)}},
                {{2}, {}, {}},
                {{1, 7}, {7, 7}, {id(7), id(1)}}};
  }
  TokenSequence text_;
  std::vector<MaskedQuery> queries_;
};

TEST_F(Masked, IsWhatPredictSaysOfTheMaskedText) {
  const auto got = model_->masked()->log_probabilities(text_, queries_);
  for (size_t q = 0; q < queries_.size(); ++q) {
    TokenSequence masked = text_;
    for (const int at : queries_[q].masked)
      masked.ids[static_cast<size_t>(at)] = model_->masked()->mask_id();
    ASSERT_EQ(got[q].size(), queries_[q].positions.size());
    for (size_t i = 0; i < got[q].size(); ++i) {
      const int at = queries_[q].positions[i];
      const auto all = model_->masked()->predict(masked, std::vector<int>{at},
                                                 model_->tokenizer()->vocab_size())[0];
      const auto one = std::find_if(all.begin(), all.end(), [&](const TokenProbability& p) {
        return p.id == queries_[q].targets[i];
      });
      ASSERT_NE(one, all.end()) << "predict() gives every token, so also "
                                << queries_[q].targets[i];
      EXPECT_NEAR(std::exp(got[q][i]), one->probability, 1e-7);
    }
  }
}

TEST_F(Masked, VariantsAreThoseOfOneRunEach) {
  const std::vector<std::vector<Ablation>> variants = {
      {},
      {{{0, {2, 1}}, AblationKind::kZero, {}}},
      {{{0, {0, 0}}, AblationKind::kMean, {}}},
      {{{0, {1, 3}}, AblationKind::kUniform, {}}, {{0, {2, 0}}, AblationKind::kZero, {}}},
      {{{0, {2, 2}}, AblationKind::kZero, {}}}};
  const auto together = model_->masked()->log_probabilities_under(text_, queries_, variants);
  ASSERT_EQ(together.size(), variants.size());
  for (size_t v = 0; v < variants.size(); ++v) {
    EXPECT_EQ(together[v], model_->masked()->log_probabilities(text_, queries_, variants[v])) << v;
  }
  EXPECT_NE(together[0], together[1]);
  EXPECT_NE(together[1], together[4]);
}

TEST_F(Masked, ManyQueriesGoInSteps) {
  std::vector<MaskedQuery> many;
  for (int i = 0; i < 400; ++i) many.push_back(queries_[static_cast<size_t>(i) % 5]);
  int64_t last = 0, of = 0;
  RunControl control;
  control.progress = [&](int64_t done, int64_t total) {
    EXPECT_GE(done, last);
    EXPECT_LE(done, total);
    last = done;
    of = total;
  };
  const auto got = model_->masked()->log_probabilities(text_, many, {}, control);
  EXPECT_EQ(last, of);
  EXPECT_EQ(of, 400);
  const auto few = model_->masked()->log_probabilities(text_, queries_);
  for (size_t i = 0; i < many.size(); ++i) EXPECT_EQ(got[i], few[i % 5]);
  EXPECT_TRUE(model_->masked()->log_probabilities(text_, {}).empty());
}

TEST_F(Masked, StopsWhenCancelled) {
  RunControl control;
  control.progress = [&](int64_t, int64_t) { control.cancel.cancel(); };
  const auto interrupted = [&](const std::function<void()>& work) {
    expect_error(work, ErrorCode::kInterrupted, {"cancelled"});
    control.cancel = {};
  };
  interrupted([&] { model_->masked()->log_probabilities(text_, queries_, {}, control); });
  interrupted([&] { model_->runner().trace({&text_, 1}, {}, control); });
  interrupted([&] { open_model(golden_path("tiny/bert-mlm"), {"", false}, control); });
  EXPECT_EQ(model_->runner().trace({&text_, 1}, {}).size(), 1u) << "the model still works";
}

TEST_F(Masked, RefusesWhatTheModelLacks) {
  const auto usage = [](const std::function<void()>& work, const std::string& part) {
    expect_error(work, ErrorCode::kUsage, {part});
  };
  TraceOptions options;
  options.layers = {3};
  usage([&] { trace(text_, options); }, "layer 3");
  options = {};
  options.settings.ablations = {{{0, {0, 4}}, AblationKind::kZero, {}}};
  usage([&] { trace(text_, options); }, "L0H4");
  options.settings.ablations = {{{0, {0, 1}}, AblationKind::kMean, {1, 2, 3}}};
  usage([&] { trace(text_, options); }, "a mean of 3");
  usage([&] { model_->masked()->predict(text_, std::vector<int>{99}, 1); }, "position 99");
  const MaskedQuery outside{{-1}, {0}, {5}}, lacking{{0}, {0}, {}}, unknown{{0}, {0}, {1400}};
  usage([&] { model_->masked()->log_probabilities(text_, {&outside, 1}); }, "position -1");
  usage([&] { model_->masked()->log_probabilities(text_, {&lacking, 1}); }, "0 targets");
  usage([&] { model_->masked()->log_probabilities(text_, {&unknown, 1}); }, "1400");
  std::vector<float> row(48);
  usage([&] { model_->embeddings()->centred(-1, row.data()); }, "token id -1");

  TokenSequence longer = sequence_of(std::vector<int32_t>(129, 5), {});
  expect_error([&] { trace(longer, {}); }, ErrorCode::kBadInput, {"129", "128"});
  TokenSequence strange = sequence_of({2, 1400, 3}, {});
  expect_error([&] { trace(strange, {}); }, ErrorCode::kBadInput, {"token id 1400", "1400"});
  strange = sequence_of({2, 5, 3}, {0, 2, 0});
  expect_error([&] { trace(strange, {}); }, ErrorCode::kBadInput, {"segment 2"});
}

TEST_F(Session, CentredEmbeddingsHaveMeanZero) {
  const auto weights = open_weights(golden_path("tiny/bert-mlm"));
  const float* words = weights->data("bert.embeddings.word_embeddings.weight");
  const auto d = static_cast<size_t>(model_->embeddings()->width());
  std::vector<float> row(d);
  std::vector<double> sum(d, 0.0);
  for (int32_t id = 0; id < 1400; ++id) {
    model_->embeddings()->centred(id, row.data());
    for (size_t c = 0; c < d; ++c) sum[c] += row[c];
  }
  for (size_t c = 0; c < d; ++c) EXPECT_NEAR(sum[c] / 1400, 0, 1e-6);
  std::vector<float> other(d);
  model_->embeddings()->centred(7, row.data());
  model_->embeddings()->centred(900, other.data());
  for (size_t c = 0; c < d; ++c) {
    EXPECT_NEAR(row[c] - other[c], words[7 * d + c] - words[900 * d + c], 1e-6);
  }
}

// The oldest files spell norms gamma and beta, and give the decoder its bias.
TEST(Spellings, OfOldFilesGiveTheSameBits) {
  const std::string from = golden_path("tiny/bert-mlm");
  const auto weights = open_weights(from);
  std::vector<TensorToWrite> tensors;
  for (std::string name : weights->names()) {
    const float* data = weights->data(name);
    const auto& shape = *weights->shape(name);
    const auto respell = [&](const std::string& now, const std::string& then) {
      if (name.ends_with(now)) name.replace(name.size() - now.size(), now.size(), then);
    };
    respell("LayerNorm.weight", "LayerNorm.gamma");
    respell("LayerNorm.bias", "LayerNorm.beta");
    respell("predictions.bias", "predictions.decoder.bias");
    tensors.push_back({name, DType::kF32, shape, data});
  }
  tensors.push_back({"cls.predictions.decoder.weight",
                     DType::kF32,
                     {1400, 48},
                     weights->data("bert.embeddings.word_embeddings.weight")});
  const TestFolder folder;
  for (const char* name : {"config.json", "vocab.txt", "tokenizer_config.json"}) {
    folder.write(name, read_file(from + "/" + name));
  }
  folder.write("model.safetensors", write_safetensors(tensors));
  const auto a = open_tiny("bert-mlm"), b = open_model(folder.path(), {"", false});
  const TokenSequence text = a->runner().tokenize("I [MASK] to the store.", std::nullopt);
  expect_same_bits(*a->runner().trace({&text, 1}, everything())[0],
                   *b->runner().trace({&text, 1}, everything())[0]);
  const MaskedQuery query{{2}, {2}, {7}};
  EXPECT_EQ(a->masked()->log_probabilities(text, {&query, 1}),
            b->masked()->log_probabilities(text, {&query, 1}));
}

TEST(Bad, EveryBrokenCheckpointIsRefusedByName) {
  const Json file = parse_json_file(golden_path("bad/cases.json"));
  int checked = 0;
  for (const Json& one : file["cases"]) {
    if (one["kind"] != "checkpoint") continue;
    expect_error(
        [&] { open_model(golden_path("bad/" + one["path"].get<std::string>()), {"", false}); },
        ErrorCode::kBadInput, one["must_contain"].get<std::vector<std::string>>());
    ++checked;
  }
  EXPECT_EQ(checked, 11);
  EXPECT_FALSE(std::filesystem::exists(file["marker"].get<std::string>()));
  const auto good = open_model(golden_path("bad/_good"), {"", false});
  const GoldenFile golden(golden_path("bad/_good/goldens.safetensors"));
  const TokenSequence text = sequence_of(golden.ids("input_ids"), {});
  std::vector<float> got;
  const auto made = good->runner().trace({&text, 1}, everything())[0];
  for (const LayerArrays& layer : made->arrays()[0]) {
    const auto map = layer.attention.floats();
    got.insert(got.end(), map.begin(), map.end());
  }
  expect_within("attention of the unbroken one", max_difference(got, golden.floats("attentions")),
                1e-5);
}

}  // namespace
}  // namespace headscope
