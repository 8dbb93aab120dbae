// What word, position, segment and constants put into the first layer's queries and keys: against
// sums made in double precision from the tensors of the file, and against q and k of a run.
#include <gtest/gtest.h>

#include <cmath>

#include "goldens.h"
#include "headscope/error.h"
#include "headscope/model.h"
#include "headscope/trace.h"

namespace headscope {
namespace {

using Row = std::vector<double>;

std::unique_ptr<Model> tiny(const std::string& folder) {
  return open_model(golden_path("tiny/" + folder), {.name = "", .fingerprint = false});
}

// Tensors of bert-mlm as rows of doubles.
class File {
 public:
  File() : file_(golden_path("tiny/bert-mlm/model.safetensors")) {}
  Row row(const std::string& name, int64_t at, int64_t width) const {
    const auto all = file_.floats("bert." + name);
    return {all.begin() + at * width, all.begin() + (at + 1) * width};
  }

 private:
  GoldenFile file_;
};

constexpr int64_t kWidth = 48, kDim = 12;

// Head `head` of W·x, with W [48, 48] of layer 0.
Row projected(const File& file, const std::string& which, int head, const Row& x) {
  Row out;
  for (int64_t d = 0; d < kDim; ++d) {
    const Row w = file.row("encoder.layer.0.attention.self." + which + ".weight",
                           int64_t{head} * kDim + d, kWidth);
    double sum = 0;
    for (size_t c = 0; c < x.size(); ++c) sum += w[c] * x[c];
    out.push_back(sum);
  }
  return out;
}

double mean_of(const Row& x) {
  double sum = 0;
  for (const double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

// The four parts of one token, by the definition: γ (x − mean x) / σ of the sum through W, then
// W β + b.
std::vector<Row> parts_of(const File& file, const std::string& which, int head, int32_t id,
                          int64_t position, int32_t segment) {
  const Row gamma = file.row("embeddings.LayerNorm.weight", 0, kWidth);
  const Row beta = file.row("embeddings.LayerNorm.bias", 0, kWidth);
  std::vector<Row> rows = {file.row("embeddings.word_embeddings.weight", id, kWidth),
                           file.row("embeddings.position_embeddings.weight", position, kWidth),
                           file.row("embeddings.token_type_embeddings.weight", segment, kWidth)};
  Row whole(kWidth);
  for (const Row& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) whole[c] += row[c];
  }
  const double mean = mean_of(whole);
  double variance = 0;
  for (const double v : whole) variance += (v - mean) * (v - mean) / kWidth;
  std::vector<Row> out;
  for (Row& row : rows) {
    const double own = mean_of(row);
    for (size_t c = 0; c < row.size(); ++c) {
      row[c] = gamma[c] * (row[c] - own) / std::sqrt(variance + 1e-12);
    }
    out.push_back(projected(file, which, head, row));
  }
  Row constant = projected(file, which, head, beta);
  const Row bias = file.row("encoder.layer.0.attention.self." + which + ".bias", head, kDim);
  for (size_t d = 0; d < bias.size(); ++d) constant[d] += bias[d];
  out.push_back(constant);
  return out;
}

TEST(InputParts, AreThoseOfTheDefinition) {
  const auto model = tiny("bert-mlm");
  const File file;
  const TokenSequence text = model->runner().tokenize("the store was near", "the door");
  const auto n = static_cast<size_t>(text.size());
  ASSERT_EQ(text.segment_ids.back(), 1);
  ASSERT_EQ(model->input_parts()->names(),
            (std::vector<std::string>{"word", "position", "segment", "constant"}));
  for (const int head : {0, 3}) {
    const InputParts::Split split = model->input_parts()->split(text, head, 2);
    ASSERT_EQ(split.key.size(), 4 * n * kDim);
    const auto near = [&](const std::vector<float>& got, size_t at, const Row& expected) {
      for (size_t d = 0; d < kDim; ++d) EXPECT_NEAR(got[at * kDim + d], expected[d], 2e-6);
    };
    const auto query = parts_of(file, "query", head, text.ids[2], 2, text.segment_ids[2]);
    for (size_t p = 0; p < 4; ++p) near(split.query, p, query[p]);
    for (size_t j = 0; j < n; ++j) {
      const auto key =
          parts_of(file, "key", head, text.ids[j], static_cast<int64_t>(j), text.segment_ids[j]);
      for (size_t p = 0; p < 4; ++p) near(split.key, p * n + j, key[p]);
    }
  }
}

struct Case {
  const char* folder;
  std::vector<std::string> names;  // empty: no such sum
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.folder; }

class PartsOf : public testing::TestWithParam<Case> {};

TEST_P(PartsOf, AddUpToQueriesAndKeysOfARun) {
  const auto model = tiny(GetParam().folder);
  const InputParts* parts = model->input_parts();
  if (GetParam().names.empty()) {
    EXPECT_EQ(parts, nullptr);
    return;
  }
  ASSERT_NE(parts, nullptr);
  EXPECT_EQ(parts->names(), GetParam().names);
  // Some of the folders have no tokenizer.
  const std::vector<int32_t> ids = {2, 31, 7, 19, 31, 40, 3};
  const TokenSequence text =
      model->tokenizer()
          ? model->runner().tokenize("The store was near the old door.", std::nullopt)
          : model->sequence(ids);
  ModelInput input(text);
  if (model->runner().reads_target()) input.target = model->runner().tokenize_target("the door");
  const auto trace = model->runner().trace({&input, 1})[0];
  const size_t count = parts->names().size();
  for (const int head : {0, 1}) {
    const HeadVectors q = trace->query({0, {0, head}}), k = trace->key({0, {0, head}});
    const auto [n, dim] =
        std::pair(static_cast<size_t>(k.extent(0)), static_cast<size_t>(k.extent(1)));
    const InputParts::Split split = parts->split(text, head, 3);
    const auto sum = [&](const std::vector<float>& all, size_t at, size_t size) {
      double out = 0;
      for (size_t p = 0; p < count; ++p) out += static_cast<double>(all[p * size + at]);
      return out;
    };
    for (size_t d = 0; d < dim; ++d) EXPECT_NEAR(sum(split.query, d, dim), q.row(3)[d], 1e-5);
    for (size_t i = 0; i < n * dim; ++i) EXPECT_NEAR(sum(split.key, i, n * dim), k.data()[i], 1e-5);
  }
  EXPECT_THROW((void)parts->split(text, 99, 0), Error);
  EXPECT_THROW((void)parts->split(text, 0, text.size()), Error);
}

const std::vector<std::string> kAll = {"word", "position", "segment", "constant"};
const std::vector<std::string> kPlaces = {"word", "position", "constant"};
INSTANTIATE_TEST_SUITE_P(
    Families, PartsOf,
    testing::Values(Case{"bert-nsp", kAll}, Case{"albert", kAll}, Case{"electra", kAll},
                    Case{"roberta", kAll}, Case{"xlm-roberta", kAll}, Case{"distilbert", kPlaces},
                    Case{"mpnet", kPlaces}, Case{"gpt2", kPlaces}, Case{"opt", kPlaces},
                    Case{"bart", kPlaces}, Case{"marian", kPlaces},
                    Case{"bert-relative-key", {"word", "segment", "constant"}}, Case{"t5", {}},
                    Case{"llama", {}}, Case{"modernbert", {}}, Case{"bloom", {}},
                    Case{"deberta-v2", {}}, Case{"vit", {}}),
    [](const auto& one) {
      std::string name = one.param.folder;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

}  // namespace
}  // namespace headscope
