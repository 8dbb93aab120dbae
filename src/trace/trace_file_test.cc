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

#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "headscope/trace.h"
#include "trace/trace_examples.h"
#include "trace/trace_layout.h"

namespace headscope {
namespace {

using Json = nlohmann::json;

struct FileCase {
  const char* name;
  std::function<Trace()> make;
  std::vector<std::string> tensors;    // of format 2, in file order
  std::vector<std::string> tensors_1;  // of format 1; empty where it cannot say it
};

std::vector<FileCase> file_cases() {
  return {
      {"pair",
       [] { return pair_trace(); },
       {"query.0", "query.5", "key.0", "key.5", "value.0", "value.5", "logsumexp.0", "logsumexp.5",
        "value_norm.0", "value_norm.5", "attention.0", "attention.5"},
       {"query", "key", "value", "logsumexp", "value_norm", "attention"}},
      {"only what is required",
       [] { return pair_trace(false); },
       {"query.0", "query.5", "key.0", "key.5", "logsumexp.0", "logsumexp.5"},
       {"query", "key", "logsumexp"}},
      {"hidden and contribution",
       [] {
         Trace trace = with_stacks({stack("self", {0}, {1}, {1})});
         for (int i = 0; i < 2; ++i) {
           trace.hidden.push_back(Array::from(std::vector<float>(5 * 10, 0.25f), {5, 10}));
         }
         std::vector<float> c(25, 0.5f);
         c[0] = std::numeric_limits<float>::quiet_NaN();
         trace.contribution_of_words = Array::from(std::move(c), {5, 5});
         return trace;
       },
       {"query.0", "key.0", "logsumexp.0", "hidden.0", "hidden.1", "contribution"},
       {"query", "key", "logsumexp", "hidden", "contribution"}},
      {"causal, grouped keys, softcap, rotation, precision",
       [] {
         const auto base = with_stacks({each_layer(stack("self", {3}, {4}, {2}), [](LayerInfo& l) {
           l.rule.mask = {MaskKind::kWindow, 2, 0, 4};
           l.rule.softcap = 30.0f;
           l.rope = RopeInfo{1e6, 4, true, {1.0, 0.125}};
         })});
         TraceInfo info = base.info();
         info.computed->precision = "bf16";
         info.computed->attention_max = 0.001;
         TokenSequence text = info.tokens(0, Side::kQuery);
         text.generated_from = 3;
         info.set_sequence("text", text);
         return Trace(info, base.arrays());
       },
       {"query.3", "key.3", "logsumexp.3"},
       {"query", "key", "logsumexp"}},
      {"layers that differ in heads",
       [] { return with_stacks({stack("self", {0, 2}, {2, 4}, {2, 1})}); },
       {"query.0", "query.2", "key.0", "key.2", "logsumexp.0", "logsumexp.2"},
       {"query.0", "query.2", "key.0", "key.2", "logsumexp.0", "logsumexp.2"}},
      {"bias of one layer for all",
       [] {
         return with_stacks({each_layer(stack("self", {0, 1}, {2, 2}, {2, 2}), [](LayerInfo& l) {
           l.rule.bias = BiasKind::kDistance;
           if (l.layer == 1) l.bias_of = 0;
         })});
       },
       {"query.0", "query.1", "key.0", "key.1", "logsumexp.0", "logsumexp.1", "bias.0"},
       {"query", "key", "logsumexp", "bias"}},
      {"a dense bias a layer, one dense mask, layers that differ",
       [] {
         return with_stacks({each_layer(stack("self", {0, 1}, {2, 1}, {2, 1}), [](LayerInfo& l) {
           l.rule.bias = BiasKind::kDense;
           l.rule.mask.kind = MaskKind::kDense;
           if (l.layer == 1) l.mask_of = 0;
         })});
       },
       {"query.0", "query.1", "key.0", "key.1", "logsumexp.0", "logsumexp.1", "bias.0", "bias.1",
        "mask.0"},
       {"query.0", "query.1", "key.0", "key.1", "logsumexp.0", "logsumexp.1", "bias.0", "bias.1",
        "mask"}},
      {"encoder, decoder and cross",
       [] {
         const StackInfo encoder = each_layer(stack("encoder", {0}, {2}, {2}), [](LayerInfo& l) {
           l.rule.bias = BiasKind::kDistance;
         });
         const StackInfo decoder =
             each_layer(stack("decoder", {0, 1}, {2, 2}, {2, 2}), [](LayerInfo& l) {
               l.rule.mask.kind = MaskKind::kCausal;
               l.rule.scale = 1.0f;
             });
         return with_stacks({encoder, decoder, stack("cross", {0}, {2}, {2})}, true);
       },
       {"encoder.query.0", "encoder.key.0", "encoder.logsumexp.0", "encoder.bias.0",
        "decoder.query.0", "decoder.query.1", "decoder.key.0", "decoder.key.1",
        "decoder.logsumexp.0", "decoder.logsumexp.1", "cross.query.0", "cross.key.0",
        "cross.logsumexp.0"},
       {"encoder.query", "encoder.key", "encoder.logsumexp", "encoder.bias", "decoder.query",
        "decoder.key", "decoder.logsumexp", "cross.query", "cross.key", "cross.logsumexp"}},
      {"a single stack that is not self",
       [] { return with_stacks({stack("decoder", {0}, {1}, {1})}); },
       {"decoder.query.0", "decoder.key.0", "decoder.logsumexp.0"},
       {"decoder.query", "decoder.key", "decoder.logsumexp"}},
      // What format 1 cannot say.
      {"layers of their own rule, one without attention, one of weights",
       [] {
         const auto base = with_stacks(
             {each_layer(stack("self", {0, 1, 2, 3}, {2, 0, 2, 2}, {1, 0, 2, 1}), [](LayerInfo& l) {
               if (l.layer == 0) l.rule = {0.5f, {}, BiasOrder::kBeforeCap, BiasKind::kAlibi, {}};
               if (l.layer == 0) l.rule.sinks = true;
               if (l.layer == 1) {
                 l = {};
                 l.layer = 1;
                 l.kind = LayerKind::kNone;
               }
               if (l.layer == 2) l.holds = Holds::kWeights;
               if (l.layer == 3) l.rule.mask = {MaskKind::kWindow, 1, 0};
               if (l.layer == 3) l.value_dim = 6;
               if (l.layer == 3) l.rope = RopeInfo{1e4, 4, false, {}, 1.25};
             })});
         TraceInfo info = base.info();
         info.model.file_kind = "gguf";
         info.model.quantisation = "Q4_K";
         info.origin = {OriginKind::kCaptured, "another program", "bf16"};
         info.computed.reset();
         info.settings.masked = {1};
         info.settings.masked_ids = {77};
         info.settings.truncation = Truncation::kOnlyFirst;
         info.settings.max_tokens = 5;
         info.settings.zero_segment_ids = true;
         TokenSequence text = info.tokens(0, Side::kQuery);
         text.kinds.assign(5, TokenKind::kPatch);
         text.kinds[0] = TokenKind::kText;
         info.set_sequence("text", text);
         Trace trace(info, base.arrays());
         const auto pixels = std::make_shared<const std::vector<uint8_t>>(2 * 3 * 3, uint8_t{7});
         trace.image = Array::borrow(DType::kU8, {2, 3, 3}, pixels->data(), pixels);
         return trace;
       },
       {"query.0", "query.3", "key.0", "key.3", "logsumexp.0", "logsumexp.3", "sink.0", "bias.0",
        "attention.2", "image"},
       {}},
      {"half-precision vectors with sinks",
       [] {
         return *round_vectors(with_stacks({each_layer(stack("self", {0}, {3}, {1}),
                                                       [](LayerInfo& l) { l.rule.sinks = true; })}),
                               DType::kF16);
       },
       {"logsumexp.0", "sink.0", "query.0", "key.0"},
       {}},
      {"half-precision vectors",
       [] { return *round_vectors(pair_trace(), DType::kBF16); },
       {"logsumexp.0", "logsumexp.5", "value_norm.0", "value_norm.5", "attention.0", "attention.5",
        "query.0", "query.5", "key.0", "key.5", "value.0", "value.5"},
       {"logsumexp", "value_norm", "attention", "query", "key", "value"}},
  };
}

bool same(const Array& a, const Array& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         std::equal(a.data(), a.data() + a.bytes(), b.data());
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
  EXPECT_EQ(a.kinds, b.kinds);
}

void expect_equal(const Trace& a, const Trace& b) {
  EXPECT_EQ(a.info().model.name, b.info().model.name);
  EXPECT_EQ(a.info().model.family, b.info().model.family);
  EXPECT_EQ(a.info().model.fingerprint, b.info().model.fingerprint);
  EXPECT_EQ(a.info().model.file_kind, b.info().model.file_kind);
  EXPECT_EQ(a.info().model.quantisation, b.info().model.quantisation);
  EXPECT_EQ(a.info().origin.kind, b.info().origin.kind);
  EXPECT_EQ(a.info().origin.implementation, b.info().origin.implementation);
  EXPECT_EQ(a.info().origin.dtype, b.info().origin.dtype);
  ASSERT_EQ(a.info().computed.has_value(), b.info().computed.has_value());
  if (a.info().computed) {
    EXPECT_EQ(a.info().computed->precision, b.info().computed->precision);
    EXPECT_EQ(a.info().computed->attention_max, b.info().computed->attention_max);
  }
  EXPECT_EQ(a.info().settings, b.info().settings);
  ASSERT_EQ(a.hidden.size(), b.hidden.size());
  for (size_t i = 0; i < a.hidden.size(); ++i) EXPECT_TRUE(same(a.hidden[i], b.hidden[i]));
  EXPECT_TRUE(same(a.contribution_of_words, b.contribution_of_words));
  EXPECT_TRUE(same(a.image, b.image));
  ASSERT_EQ(a.arrays().size(), b.arrays().size());
  for (size_t s = 0; s < a.arrays().size(); ++s) {
    const StackInfo &x = a.info().stacks[s], &y = b.info().stacks[s];
    EXPECT_EQ(x.name, y.name);
    EXPECT_EQ(x.query, y.query);
    EXPECT_EQ(x.key, y.key);
    for (const Side side : {Side::kQuery, Side::kKey}) {
      expect_equal(a.info().tokens(static_cast<int>(s), side),
                   b.info().tokens(static_cast<int>(s), side));
    }
    ASSERT_EQ(x.layers.size(), y.layers.size());
    for (size_t l = 0; l < x.layers.size(); ++l) {
      EXPECT_TRUE(x.layers[l] == y.layers[l]) << l;
      for (const LayerField& field : layer_fields()) {
        EXPECT_TRUE(same(a.arrays()[s][l].*field.array, b.arrays()[s][l].*field.array))
            << field.name << " " << l;
      }
    }
  }
}

TEST(TraceFile, RoundTripsEveryKindOfTrace) {
  const auto folder = std::filesystem::path(::testing::TempDir());
  for (const FileCase& c : file_cases()) {
    SCOPED_TRACE(c.name);
    const Trace trace = c.make();
    for (const int format : {1, 2}) {
      if (format == 1 && c.tensors_1.empty()) {
        EXPECT_THROW(serialize_trace(trace, 1), Error);
        continue;
      }
      SCOPED_TRACE(format);
      const std::string bytes = serialize_trace(trace, format);
      const SafetensorsView view(std::as_bytes(std::span(bytes)), "test");
      EXPECT_EQ(view.metadata().at("format_version"), std::to_string(format));
      std::vector<std::string> names;
      for (const TensorEntry& entry : view.tensors()) names.push_back(entry.name);
      EXPECT_EQ(names, format == 1 ? c.tensors_1 : c.tensors);
      expect_equal(trace, *parse_trace(bytes.data(), bytes.size()));
    }
    const std::string bytes = serialize_trace(trace);
    const std::string path = (folder / "headscope-trace-test.safetensors").string();
    write_trace(path, trace);
    std::ifstream file(path, std::ios::binary);
    const std::string written{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(written, bytes);
    expect_equal(trace, *read_trace(path));
    std::filesystem::remove(path);
  }
}

// Anonymous memory of this process in bytes.
int64_t own_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::atoll(line.c_str() + 8) * 1024;
  }
  return -1;
}

// 32 MB of maps: the arrays are pages of the file, not memory of this process.
TEST(TraceFile, AFileIsMappedNotRead) {
  const std::string path =
      (std::filesystem::path(::testing::TempDir()) / "headscope-mapped-test.safetensors").string();
  {
    constexpr int kTokens = 512;
    TraceInfo info;
    info.set_sequence("text", plain_sequence(kTokens));
    info.stacks = {stack_of_maps({0, 1, 2, 3, 4, 5, 6, 7}, 4)};
    StackArrays layers(8);
    for (LayerArrays& layer : layers) {
      layer.attention = Array::from(
          std::vector<float>(size_t{4} * kTokens * kTokens, 1.0f / kTokens), {4, kTokens, kTokens});
    }
    write_trace(path, Trace(info, {layers}));
  }
  const int64_t before = own_memory();
  const auto trace = read_trace(path);
  const int64_t after = own_memory();
  EXPECT_EQ(trace->bytes(), int64_t{32} << 20);
  if (before < 0) GTEST_SKIP() << "no /proc/self/status here";
  EXPECT_LT(after - before, int64_t{8} << 20);
  // The file may go: what is mapped stays.
  std::filesystem::remove(path);
  float weight = 0;
  trace->weights({0, {7, 3}}, {511, 512}, {511, 512}, &weight);
  EXPECT_EQ(weight, 1.0f / 512);
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
  json["stacks"][0]["layers"][1]["experts"] = 4;
  json["sequences"]["text"]["language"] = "fr";
  metadata["trace"] = json.dump();
  std::vector<TensorToWrite> tensors;
  for (const TensorEntry& e : view.tensors()) tensors.push_back({e.name, e.dtype, e.shape, e.data});
  const std::string newer = write_safetensors(tensors, metadata);
  const std::string again = serialize_trace(*parse_trace(newer.data(), newer.size()));
  const SafetensorsView second(std::as_bytes(std::span(again)), "test");
  EXPECT_EQ(second.metadata().at("made-by"), "another program");
  EXPECT_EQ(Json::parse(second.metadata().at("trace")), json);
}

// The keys that format 1 had go where format 2 has them; others stay.
TEST(TraceFile, AFileOfFormat1BecomesOneOfFormat2) {
  const Trace trace = pair_trace();
  const std::string bytes = serialize_trace(trace, 1);
  const SafetensorsView view(std::as_bytes(std::span(bytes)), "test");
  auto metadata = view.metadata();
  Json json = Json::parse(metadata["trace"]);
  EXPECT_EQ(json["settings"], Json::parse(R"({"ablations": ["L0H1:zero"]})"));
  json["new"] = 1;
  json["settings"]["note"] = "mine";
  metadata["trace"] = json.dump();
  std::vector<TensorToWrite> tensors;
  for (const TensorEntry& e : view.tensors()) tensors.push_back({e.name, e.dtype, e.shape, e.data});
  const std::string older = write_safetensors(tensors, metadata);
  const auto read = parse_trace(older.data(), older.size());
  expect_equal(trace, *read);
  const std::string again = serialize_trace(*read);
  const SafetensorsView second(std::as_bytes(std::span(again)), "test");
  const Json now = Json::parse(second.metadata().at("trace"));
  EXPECT_EQ(now["new"], 1);
  EXPECT_EQ(now["settings"]["note"], "mine");
  EXPECT_EQ(now["settings"]["ablations"][0]["layer"], 0);
  EXPECT_FALSE(now.contains("query"));
  EXPECT_FALSE(now.contains("scale"));
  EXPECT_EQ(now["stacks"][0]["layers"][1]["rule"], 1);
}

std::string converted(const std::string& file, DType dtype,
                      const std::function<bool(const std::string&)>& which) {
  const SafetensorsView view(std::as_bytes(std::span(file)), "test");
  std::vector<Array> kept;
  std::vector<TensorToWrite> tensors;
  for (const TensorEntry& e : view.tensors()) {
    kept.push_back(Array::from(to_float(e), e.shape));
    if (which(e.name)) kept.back() = kept.back().as(dtype);
  }
  for (size_t i = 0; i < kept.size(); ++i) {
    tensors.push_back({view.tensors()[i].name, kept[i].dtype(), kept[i].shape(), kept[i].data()});
  }
  return write_safetensors(tensors, view.metadata());
}

// As one does to halve a file: the log-sum-exp is then that of the rounded vectors, so that rows
// sum to 1. docs/formats.md has the rule.
TEST(TraceFile, HalfPrecisionVectorsGetTheirOwnLogSumExp) {
  const Trace trace = pair_trace();
  for (const int format : {1, 2}) {
    for (const DType dtype : {DType::kF16, DType::kBF16}) {
      const std::string half =
          converted(serialize_trace(trace, format), dtype, [](const std::string&) { return true; });
      const auto read = parse_trace(half.data(), half.size());
      EXPECT_EQ(read->arrays()[0][0].query.dtype(), dtype);
      EXPECT_EQ(read->arrays()[0][0].logsumexp.dtype(), DType::kF32);
      for (const HeadRef head : read->all_heads()) {
        std::vector<float> map(36);
        read->weights(head, {0, 6}, {0, 6}, map.data());
        for (size_t i = 0; i < 6; ++i) {
          double sum = 0;
          for (size_t j = 0; j < 6; ++j) sum += static_cast<double>(map[i * 6 + j]);
          EXPECT_NEAR(sum, 1, 2e-6);
        }
      }
      // The vectors stay as they were rounded.
      const std::string again = serialize_trace(*read, format);
      expect_equal(*read, *parse_trace(again.data(), again.size()));
    }
    const std::string sums = converted(serialize_trace(trace, format), DType::kF16,
                                       [](const std::string& n) { return n.starts_with("logs"); });
    EXPECT_LT(std::abs(parse_trace(sums.data(), sums.size())->logsumexp({0, {5, 1}})(3) -
                       trace.logsumexp({0, {5, 1}})(3)),
              2e-6f);
  }
}

TEST(TraceFile, ReadsDoublesAndDerivesSentences) {
  const Trace base = pair_trace(false);
  TraceInfo info = base.info();
  TokenSequence text = info.tokens(0, Side::kQuery);
  text.segment_ids.assign(6, 0);  // as with --segment-ids zero
  info.set_sequence("text", text);
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
  EXPECT_EQ(trace->info().tokens(0, Side::kQuery).sentences,
            (std::vector<int32_t>{0, 0, 0, 0, 1, 1}));
  EXPECT_TRUE(same(trace->arrays()[0][1].key, base.arrays()[0][1].key));
}

}  // namespace
}  // namespace headscope
