// Trace files: round trips of every kind of trace.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>

#include "headscope/safetensors.h"
#include "headscope/trace.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

using Json = nlohmann::json;

struct FileCase {
  const char* name;
  std::function<Trace()> make;
  std::vector<std::string> tensors;  // in file order
};

std::vector<FileCase> file_cases() {
  return {
      {"pair",
       [] { return pair_trace(); },
       {"query", "key", "value", "logsumexp", "value_norm", "attention"}},
      {"only what is required", [] { return pair_trace(false); }, {"query", "key", "logsumexp"}},
      {"hidden and contribution",
       [] {
         Trace trace = pair_trace(false);
         trace.hidden.assign(7 * 6 * 10, 0.25f);
         trace.hidden_width = 10;
         trace.contribution.assign(36, 0.5f);
         trace.contribution[0] = std::numeric_limits<float>::quiet_NaN();
         return trace;
       },
       {"query", "key", "logsumexp", "hidden", "contribution"}},
      {"causal, grouped keys, softcap, rotation, precision",
       [] {
         StackInfo s = stack("self", {3}, {4}, {2});
         s.mask = {MaskKind::kWindow, 2, 0, 4};
         s.softcap = 30.0f;
         s.rope = RopeInfo{1e6, 4, true, {1.0, 0.125}};
         Trace base = with_stacks({s}, false);
         TraceInfo info = base.info();
         info.precision = "bf16";
         info.precision_error = 0.001;
         info.query.generated_from = 3;
         return Trace(info, base.arrays());
       },
       {"query", "key", "logsumexp"}},
      {"layers that differ in shape",
       [] { return with_stacks({stack("self", {0, 2}, {2, 4}, {2, 1})}, false); },
       {"query.0", "query.2", "key.0", "key.2", "logsumexp.0", "logsumexp.2"}},
      {"bias of one layer for all",
       [] {
         StackInfo s = stack("self", {0, 1}, {2, 2}, {2, 2});
         s.bias = BiasKind::kDistance;
         return with_stacks({s}, false);
       },
       {"query", "key", "logsumexp", "bias"}},
      {"a dense bias a layer, layers that differ",
       [] {
         StackInfo s = stack("self", {0, 1}, {2, 1}, {2, 1});
         s.bias = BiasKind::kDense;
         s.mask.kind = MaskKind::kDense;
         return with_stacks({s}, true);
       },
       {"query.0", "query.1", "key.0", "key.1", "logsumexp.0", "logsumexp.1", "bias.0", "bias.1",
        "mask"}},
      {"encoder, decoder and cross",
       [] {
         StackInfo encoder = stack("encoder", {0}, {2}, {2});
         StackInfo decoder = stack("decoder", {0, 1}, {2, 2}, {2, 2});
         decoder.mask.kind = MaskKind::kCausal;
         decoder.scale = 1.0f;
         encoder.bias = BiasKind::kDistance;
         return with_stacks({encoder, decoder, stack("cross", {0, 1}, {2, 2}, {2, 2})}, false,
                            true);
       },
       {"encoder.query", "encoder.key", "encoder.logsumexp", "encoder.bias", "decoder.query",
        "decoder.key", "decoder.logsumexp", "cross.query", "cross.key", "cross.logsumexp"}},
      {"a single stack that is not self",
       [] { return with_stacks({stack("decoder", {0}, {1}, {1})}, false); },
       {"decoder.query", "decoder.key", "decoder.logsumexp"}},
  };
}

bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](float x, float y) {
    return std::bit_cast<uint32_t>(x) == std::bit_cast<uint32_t>(y);
  });
}

void expect_equal(const TokenSequence& a, const TokenSequence& b) {
  EXPECT_EQ(a.tokens, b.tokens);
  EXPECT_EQ(a.ids, b.ids);
  EXPECT_EQ(a.segment_ids, b.segment_ids);
  EXPECT_EQ(a.offsets, b.offsets);
  EXPECT_EQ(a.special, b.special);
  EXPECT_EQ(a.words, b.words);
  EXPECT_EQ(a.text_a, b.text_a);
  EXPECT_EQ(a.text_b, b.text_b);
  EXPECT_EQ(a.generated_from, b.generated_from);
  EXPECT_EQ(a.sentences, b.sentences);
}

void expect_equal(const StackInfo& a, const StackInfo& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.layers, b.layers);
  EXPECT_EQ(a.heads, b.heads);
  EXPECT_EQ(a.kv_heads, b.kv_heads);
  EXPECT_EQ(a.head_dim, b.head_dim);
  EXPECT_EQ(a.scale, b.scale);
  EXPECT_EQ(a.softcap, b.softcap);
  EXPECT_EQ(a.mask.kind, b.mask.kind);
  EXPECT_EQ(a.mask.left, b.mask.left);
  EXPECT_EQ(a.mask.right, b.mask.right);
  EXPECT_EQ(a.mask.key_length, b.mask.key_length);
  EXPECT_EQ(a.bias, b.bias);
  ASSERT_EQ(a.rope.has_value(), b.rope.has_value());
  if (!a.rope) return;
  EXPECT_EQ(a.rope->theta, b.rope->theta);
  EXPECT_EQ(a.rope->dims, b.rope->dims);
  EXPECT_EQ(a.rope->interleaved, b.rope->interleaved);
  EXPECT_EQ(a.rope->inverse_frequencies, b.rope->inverse_frequencies);
}

void expect_equal(const Trace& a, const Trace& b) {
  EXPECT_EQ(a.info().model.name, b.info().model.name);
  EXPECT_EQ(a.info().model.family, b.info().model.family);
  EXPECT_EQ(a.info().model.fingerprint, b.info().model.fingerprint);
  EXPECT_EQ(a.info().precision, b.info().precision);
  EXPECT_EQ(a.info().precision_error, b.info().precision_error);
  EXPECT_EQ(Json::parse(a.info().settings), Json::parse(b.info().settings));
  expect_equal(a.info().query, b.info().query);
  ASSERT_EQ(a.info().key.has_value(), b.info().key.has_value());
  if (a.info().key) expect_equal(*a.info().key, *b.info().key);
  EXPECT_TRUE(same(a.hidden, b.hidden));
  EXPECT_TRUE(same(a.contribution, b.contribution));
  ASSERT_EQ(a.arrays().size(), b.arrays().size());
  for (size_t s = 0; s < a.arrays().size(); ++s) {
    expect_equal(a.info().stacks[s], b.info().stacks[s]);
    EXPECT_TRUE(same(a.arrays()[s].bias, b.arrays()[s].bias));
    EXPECT_TRUE(same(a.arrays()[s].mask, b.arrays()[s].mask));
    ASSERT_EQ(a.arrays()[s].layers.size(), b.arrays()[s].layers.size());
    for (size_t l = 0; l < a.arrays()[s].layers.size(); ++l) {
      const LayerArrays &x = a.arrays()[s].layers[l], &y = b.arrays()[s].layers[l];
      EXPECT_TRUE(same(x.query, y.query));
      EXPECT_TRUE(same(x.key, y.key));
      EXPECT_TRUE(same(x.value, y.value));
      EXPECT_TRUE(same(x.logsumexp, y.logsumexp));
      EXPECT_TRUE(same(x.value_norm, y.value_norm));
      EXPECT_TRUE(same(x.attention, y.attention));
    }
  }
}

TEST(TraceFile, RoundTripsEveryKindOfTrace) {
  const auto folder = std::filesystem::path(::testing::TempDir());
  for (const FileCase& c : file_cases()) {
    SCOPED_TRACE(c.name);
    const Trace trace = c.make();
    const std::string bytes = serialize_trace(trace);
    const SafetensorsView view(std::as_bytes(std::span(bytes)), "test");
    std::vector<std::string> names;
    for (const TensorEntry& entry : view.tensors()) names.push_back(entry.name);
    EXPECT_EQ(names, c.tensors);
    expect_equal(trace, *parse_trace(bytes.data(), bytes.size()));
    const std::string path = (folder / "headscope-trace-test.safetensors").string();
    write_trace(path, trace);
    std::ifstream file(path, std::ios::binary);
    const std::string written{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(written, bytes);
    expect_equal(trace, *read_trace(path));
    std::filesystem::remove(path);
  }
}

TEST(TraceFile, KeepsWhatItDoesNotKnow) {
  Trace trace = pair_trace();
  trace.other_metadata["made-by"] = "another program";
  const std::string bytes = serialize_trace(trace);
  const SafetensorsView view(std::as_bytes(std::span(bytes)), "test");
  auto metadata = view.metadata();
  Json json = Json::parse(metadata["trace"]);
  json["new"] = {1, 2};
  json["model"]["licence"] = "Apache-2.0";
  json["stacks"][0]["sinks"] = 4;
  json["query"]["language"] = "fr";
  metadata["trace"] = json.dump();
  std::vector<TensorToWrite> tensors;
  for (const TensorEntry& e : view.tensors()) tensors.push_back({e.name, e.dtype, e.shape, e.data});
  const std::string newer = write_safetensors(tensors, metadata);
  const std::string again = serialize_trace(*parse_trace(newer.data(), newer.size()));
  const SafetensorsView second(std::as_bytes(std::span(again)), "test");
  EXPECT_EQ(second.metadata().at("made-by"), "another program");
  EXPECT_EQ(Json::parse(second.metadata().at("trace")), json);
}

TEST(TraceFile, ReadsOtherFloatTypesAndDerivesSentences) {
  Trace base = pair_trace(false);
  TraceInfo info = base.info();
  info.query.segment_ids.assign(6, 0);  // as with --segment-ids zero
  const std::string bytes = serialize_trace(Trace(info, base.arrays()));
  const SafetensorsView view(std::as_bytes(std::span(bytes)), "test");
  std::vector<TensorToWrite> tensors;
  std::vector<std::vector<double>> wide;
  for (const TensorEntry& e : view.tensors()) {
    const auto values = to_float(e);
    wide.emplace_back(values.begin(), values.end());
  }
  for (size_t i = 0; i < wide.size(); ++i) {
    tensors.push_back(
        {view.tensors()[i].name, DType::kF64, view.tensors()[i].shape, wide[i].data()});
  }
  const std::string doubles = write_safetensors(tensors, view.metadata());
  const auto trace = parse_trace(doubles.data(), doubles.size());
  EXPECT_EQ(trace->info().query.sentences, (std::vector<int32_t>{0, 0, 0, 0, 1, 1}));
  EXPECT_TRUE(same(trace->arrays()[0].layers[1].key, base.arrays()[0].layers[1].key));
}

}  // namespace
}  // namespace headscope
