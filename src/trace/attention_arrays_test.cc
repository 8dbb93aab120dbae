#include "headscope/attention_arrays.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "headscope/error.h"
#include "headscope/output.h"
#include "headscope/safetensors.h"

namespace headscope {
namespace {

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// [dims…] of rows that fall to the right and sum to 1.
std::vector<float> weights(const std::vector<int64_t>& shape) {
  const int64_t keys = shape.back();
  int64_t count = 1;
  for (const int64_t dim : shape) count *= dim;
  std::vector<float> out(static_cast<size_t>(count));
  const auto sum = static_cast<float>(keys * (keys + 1)) / 2;
  for (int64_t i = 0; i < count; ++i) {
    out[static_cast<size_t>(i)] = static_cast<float>(keys - i % keys) / sum;
  }
  return out;
}
std::string npy(const std::vector<int64_t>& shape) { return write_npy(weights(shape), shape); }

std::unique_ptr<AttentionSource> open(const std::vector<std::pair<std::string, std::string>>& files,
                                      const ArrayOptions& options = {}) {
  std::vector<ArrayFile> list;
  for (const auto& [name, content] : files) list.push_back({name, bytes(content)});
  return read_attention_arrays(list, options);
}

float weight(const AttentionSource& source, HeadRef head, int64_t row, int64_t col) {
  float out = 0;
  source.weights(head, {row, row + 1}, {col, col + 1}, &out);
  return out;
}

TEST(AttentionArrays, OneArrayOfAllLayers) {
  const auto source = open({{"a.npy", npy({2, 3, 4, 4})}});
  const TraceInfo& info = source->info();
  EXPECT_EQ(info.stacks.at(0).layers.size(), 2u);
  EXPECT_EQ(info.stacks[0].layers[1].heads, 3);
  EXPECT_EQ(info.tokens(0, Side::kQuery).tokens, (std::vector<std::string>{"0", "1", "2", "3"}));
  EXPECT_EQ(info.origin.kind, OriginKind::kArrays);
  EXPECT_FLOAT_EQ(weight(*source, {0, {1, 2}}, 3, 0), 0.4f);
}

TEST(AttentionArrays, OneArrayALayerMayDifferInHeads) {
  ArrayOptions options;
  options.batch = 1;
  std::vector<float> two = weights({2, 1, 2, 2});
  two[4] = 0.25f;  // batch 1, row 0
  two[5] = 0.75f;
  const auto source =
      open({{"l0.npy", write_npy(two, {2, 1, 2, 2})}, {"l1.npy", npy({2, 3, 2, 2})}}, options);
  EXPECT_EQ(source->info().stacks[0].layers[0].heads, 1);
  EXPECT_EQ(source->info().stacks[0].layers[1].heads, 3);
  EXPECT_EQ(weight(*source, {0, {0, 0}}, 0, 1), 0.75f);
}

TEST(AttentionArrays, EncoderDecoderAndCross) {
  const std::vector<float> encoder = weights({1, 2, 3, 3}), decoder = weights({1, 2, 2, 2}),
                           cross = weights({1, 2, 2, 3});
  const std::string file =
      write_safetensors({{"encoder_attention.0", DType::kF32, {1, 2, 3, 3}, encoder.data()},
                         {"encoder_attention.1", DType::kF32, {1, 2, 3, 3}, encoder.data()},
                         {"decoder_attention.0", DType::kF32, {1, 2, 2, 2}, decoder.data()},
                         {"cross_attention.0", DType::kF32, {2, 2, 3}, cross.data()}});
  ArrayOptions options;
  options.tokens = R"({"source": ["a", "b", "c"], "target": ["x", "y"]})";
  options.tokens_name = "t.json";
  const auto source = open({{"a.safetensors", file}}, options);
  const TraceInfo& info = source->info();
  ASSERT_EQ(info.stacks.size(), 3u);
  EXPECT_EQ(info.stacks[0].layers.size(), 2u);
  EXPECT_EQ(info.stacks[2].name, "cross");
  EXPECT_EQ(info.tokens(2, Side::kQuery).tokens, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(info.tokens(2, Side::kKey).tokens, (std::vector<std::string>{"a", "b", "c"}));
}

// e¹ / (e¹ + e⁰) = 0.7310585786; a masked key has weight 0.
TEST(AttentionArrays, ScoresGoThroughSoftmax) {
  const float hidden = -std::numeric_limits<float>::infinity();
  ArrayOptions options;
  options.kind = ArrayKind::kScores;
  const auto source =
      open({{"a.npy", write_npy(std::vector<float>{1, 0, hidden, 5}, {1, 1, 2, 2})}}, options);
  EXPECT_NEAR(weight(*source, {0, {0, 0}}, 0, 0), 0.7310585786f, 1e-7);
  EXPECT_EQ(weight(*source, {0, {0, 0}}, 1, 0), 0);
  EXPECT_EQ(weight(*source, {0, {0, 0}}, 1, 1), 1);
  options.kind = ArrayKind::kUnnormalised;
  const auto as_they_are =
      open({{"a.npy", write_npy(std::vector<float>{3, 0, 1, 5}, {1, 1, 2, 2})}}, options);
  EXPECT_EQ(weight(*as_they_are, {0, {0, 0}}, 1, 1), 5);
}

struct Wrong {
  const char* name;
  std::vector<std::pair<std::string, std::string>> files;
  ArrayOptions options;
  std::vector<const char*> says;
};

ArrayOptions batch(int64_t b) {
  ArrayOptions out;
  out.batch = b;
  return out;
}
ArrayOptions tokens(const char* json) {
  ArrayOptions out;
  out.tokens = json;
  out.tokens_name = "t.json";
  return out;
}
std::string tensor(const char* name, const std::vector<int64_t>& shape) {
  const std::vector<float> values = weights(shape);
  return write_safetensors({{name, DType::kF32, shape, values.data()}});
}

// `npy` with another element type in its header.
std::string with_type(std::string npy, const std::string& type) {
  return npy.replace(npy.find("<f4"), 3, type);
}

// Each error names the file and the dimension, row or key that is wrong.
TEST(AttentionArrays, ErrorsNameWhatIsWrong) {
  std::vector<float> nan = weights({1, 1, 2, 2}), sums = nan, negative = nan;
  nan[3] = std::numeric_limits<float>::quiet_NaN();
  sums[2] = 0.9f;
  negative[0] = -0.1f;
  const std::vector<Wrong> cases = {
      {"three dimensions",
       {{"a.npy", npy({2, 3, 3})}},
       {},
       {"a.npy", "3 dimensions, [2,3,3]", "[layers, heads, queries, keys]"}},
      {"keys of a later layer",
       {{"l0.npy", npy({1, 2, 3, 3})}, {"l1.npy", npy({1, 2, 3, 4})}},
       {},
       {"l1.npy", "4 keys", "3, as l0.npy"}},
      {"queries of a later layer",
       {{"l0.npy", npy({1, 2, 3, 3})}, {"l1.npy", npy({1, 2, 4, 3})}},
       {},
       {"l1.npy", "4 queries"}},
      {"other keys in self-attention",
       {{"a.npy", npy({1, 2, 3, 4})}},
       {},
       {"3 queries and 4 keys", "cross_attention"}},
      {"a batch that nobody chose",
       {{"l0.npy", npy({2, 2, 3, 3})}, {"l1.npy", npy({2, 2, 3, 3})}},
       {},
       {"l0.npy", "batch of 2", "--batch"}},
      {"a batch that is not there",
       {{"l0.npy", npy({2, 2, 3, 3})}, {"l1.npy", npy({2, 2, 3, 3})}},
       batch(2),
       {"batch 2", "0 to 1"}},
      {"a batch of one array",
       {{"a.npy", npy({2, 2, 3, 3})}},
       batch(0),
       {"first dimension is layers"}},
      {"an empty dimension", {{"a.npy", npy({1, 0, 3, 3})}}, {}, {"[1,0,3,3]"}},
      {"a row that does not sum to 1",
       {{"a.npy", write_npy(sums, {1, 1, 2, 2})}},
       {},
       {"layer 0, head 0, query 1", "1.2333", "--kind scores"}},
      {"a value that is none",
       {{"a.npy", write_npy(nan, {1, 1, 2, 2})}},
       {},
       {"query 1", "NaN at key 1"}},
      {"a negative weight",
       {{"a.npy", write_npy(negative, {1, 1, 2, 2})}},
       {},
       {"negative weight -0.1", "--kind scores"}},
      {"too few tokens",
       {{"a.npy", npy({1, 1, 2, 2})}},
       tokens(R"(["x"])"),
       {"t.json", "1 tokens", "2, as the arrays have"}},
      {"tokens that are numbers",
       {{"a.npy", npy({1, 1, 2, 2})}},
       tokens("[1, 2]"),
       {"t.json", "no string"}},
      {"no attention",
       {{"a.safetensors", tensor("weight", {2, 2})}},
       {},
       {"a.safetensors", "no tensor of attention", "weight"}},
      {"a gap",
       {{"a.safetensors", tensor("attention.1", {1, 1, 2, 2})}},
       {},
       {"attention.0 is missing"}},
      {"an archive",
       {{"a.npz", "PK\x03\x04 attention.npy"}},
       {},
       {"a.npz", "NumPy archive", "Save its arrays as .npy"}},
      {"a pickle", {{"a.pkl", "\x80\x04."}}, {}, {"a.pkl", "a Python pickle", ".npy or"}},
      {"text", {{"a.txt", "the"}}, {}, {"a.txt", "no .npy", ".npy or .safetensors"}},
      {"complex numbers",
       {{"a.npy", with_type(npy({1, 1, 2, 2}), "<c16")}},
       {},
       {"a.npy", "element type '<c16'; expected"}},
      {"a file cut short",
       {{"a.npy", npy({1, 1, 2, 2}).substr(0, 130)}},
       {},
       {"a.npy", "bytes of data"}},
  };
  for (const Wrong& wrong : cases) {
    SCOPED_TRACE(wrong.name);
    try {
      open(wrong.files, wrong.options);
      ADD_FAILURE() << "opened";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput);
      for (const char* part : wrong.says) {
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
            << part << " in " << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace headscope
