// Trace: what it gives for its arrays, and trace files: round trips of every kind of trace, and a
// table of damaged files, each with the words that its error must hold.
#include "headscope/trace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "headscope/error.h"
#include "headscope/runner.h"
#include "headscope/safetensors.h"

namespace headscope {
namespace {

using Json = nlohmann::json;

TokenSequence pair_sequence() {
  TokenSequence t;
  t.tokens = {"[CLS]", "caf\xC3\xA9", "##s", "[SEP]", "ok", "[SEP]"};
  t.ids = {101, 7, 8, 102, 9, 102};
  t.segment_ids = {0, 0, 0, 0, 1, 1};
  t.offsets = {{0, 0}, {0, 5}, {5, 6}, {0, 0}, {0, 2}, {0, 0}};
  t.special = {1, 0, 0, 1, 0, 1};
  t.words = {-1, 0, 0, -1, 1, -1};
  t.sentences = {0, 0, 0, 0, 1, 1};
  t.text_a = "caf\xC3\xA9s";
  t.text_b = "ok";
  return t;
}

TokenSequence plain_sequence(int n) {
  TokenSequence t;
  for (int i = 0; i < n; ++i) {
    t.tokens.push_back("t" + std::to_string(i));
    t.ids.push_back(i);
    t.segment_ids.push_back(0);
    t.offsets.push_back({i, i + 1});
    t.special.push_back(0);
    t.words.push_back(i);
    t.sentences.push_back(0);
  }
  t.text_a = std::string(static_cast<size_t>(n), 'x');
  return t;
}

StackInfo stack(const std::string& name, std::vector<int> layers, std::vector<int> heads,
                std::vector<int> kv_heads) {
  StackInfo s;
  s.name = name;
  s.layers = std::move(layers);
  s.heads = std::move(heads);
  s.kv_heads = std::move(kv_heads);
  s.head_dim = 4;
  s.scale = 0.5f;
  return s;
}

// Arrays of the sizes that `info` asks for. Log-sum-exps are made up: files do not care.
std::vector<StackArrays> random_arrays(const TraceInfo& info, bool optional, bool each_layer_bias) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  const auto floats = [&](int64_t count) {
    std::vector<float> v(static_cast<size_t>(count));
    for (float& x : v) x = normal(random);
    return v;
  };
  std::vector<StackArrays> result;
  for (size_t s = 0; s < info.stacks.size(); ++s) {
    const StackInfo& st = info.stacks[s];
    const int64_t n = info.query_tokens(static_cast<int>(s)).size();
    const int64_t m = info.key_tokens(static_cast<int>(s)).size(), dh = st.head_dim;
    const int64_t span = st.bias == BiasKind::kDistance ? n + m - 1
                         : st.bias == BiasKind::kDense  ? n * m
                                                        : 0;
    StackArrays arrays;
    int64_t all_heads = 0;
    for (size_t l = 0; l < st.layers.size(); ++l) {
      const int64_t h = st.heads[l], hk = st.kv_heads[l];
      all_heads += h;
      LayerArrays a;
      a.query = floats(h * n * dh);
      a.key = floats(hk * m * dh);
      a.logsumexp = floats(h * n);
      if (optional) {
        a.value = floats(hk * m * dh);
        a.value_norm = floats(h * m);
        a.attention = floats(h * n * m);
      }
      arrays.layers.push_back(std::move(a));
    }
    arrays.bias = floats((each_layer_bias ? all_heads : st.heads[0]) * span);
    if (st.mask.kind == MaskKind::kDense) {
      arrays.mask.assign(static_cast<size_t>(n * m), 0.0f);
      arrays.mask[1] = -std::numeric_limits<float>::infinity();
    }
    result.push_back(std::move(arrays));
  }
  return result;
}

Trace pair_trace(bool optional = true) {
  TraceInfo info;
  info.model = {"bert-base-uncased", "bert", "00ff"};
  info.query = pair_sequence();
  info.stacks = {stack("self", {0, 5}, {2, 2}, {2, 2})};
  info.settings = R"({"ablate":"L0H1:zero"})";
  return {info, random_arrays(info, optional, false)};
}

struct FileCase {
  const char* name;
  std::function<Trace()> make;
  std::vector<std::string> tensors;  // in file order
};

Trace with_stacks(std::vector<StackInfo> stacks, bool each_layer_bias, bool cross = false) {
  TraceInfo info;
  info.query = plain_sequence(5);
  if (cross) info.key = plain_sequence(4);
  info.stacks = std::move(stacks);
  return {info, random_arrays(info, false, each_layer_bias)};
}

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
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
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

// A file with one thing changed: in the `trace` JSON, the other metadata, or the tensors.
struct DamagedCase {
  const char* name;
  std::function<void(Json&)> json;
  std::function<void(std::map<std::string, std::string>&)> metadata;
  std::function<void(std::vector<TensorToWrite>&)> tensors;
  const char* says;
};

const float kNan6[6 * 2 * 2] = {1, std::numeric_limits<float>::quiet_NaN()};

std::vector<DamagedCase> damaged_cases() {
  const auto json = [](const char* name, std::function<void(Json&)> change, const char* says) {
    return DamagedCase{name, std::move(change), {}, {}, says};
  };
  const auto metadata =
      [](const char* name, std::function<void(std::map<std::string, std::string>&)> change,
         const char* says) { return DamagedCase{name, {}, std::move(change), {}, says}; };
  const auto tensors = [](const char* name, std::function<void(std::vector<TensorToWrite>&)> change,
                          const char* says) {
    return DamagedCase{name, {}, {}, std::move(change), says};
  };
  const auto at = [](std::vector<TensorToWrite>& list, const std::string& name) -> TensorToWrite& {
    return *std::find_if(list.begin(), list.end(), [&](auto& t) { return t.name == name; });
  };
  return {
      metadata(
          "no format", [](auto& m) { m.erase("format"); }, "format"),
      metadata(
          "other format", [](auto& m) { m["format"] = "pt"; }, "headscope-trace"),
      metadata(
          "newer version", [](auto& m) { m["format_version"] = "2"; }, "format_version"),
      metadata(
          "no trace", [](auto& m) { m.erase("trace"); }, "trace"),
      metadata(
          "no JSON", [](auto& m) { m["trace"] = "{"; }, "trace"),
      metadata(
          "an array", [](auto& m) { m["trace"] = "[]"; }, "object"),
      json(
          "no stacks", [](Json& j) { j.erase("stacks"); }, "stacks"),
      json(
          "empty stacks", [](Json& j) { j["stacks"] = Json::array(); }, "stack"),
      json(
          "stack name", [](Json& j) { j["stacks"][0]["name"] = "x"; }, "stack 'x'"),
      json(
          "two selves", [](Json& j) { j["stacks"].push_back(j["stacks"][0]); }, "two stacks"),
      json(
          "layers not ascending", [](Json& j) { j["stacks"][0]["layers"] = {5, 0}; }, "layers"),
      json(
          "layers as text", [](Json& j) { j["stacks"][0]["layers"] = "0"; }, "layers"),
      json(
          "a huge layer", [](Json& j) { j["stacks"][0]["layers"] = {0, int64_t{1} << 40}; },
          "layers"),
      json(
          "heads of one layer", [](Json& j) { j["stacks"][0]["heads"] = {2}; }, "heads"),
      json(
          "no heads", [](Json& j) { j["stacks"][0]["heads"] = {2, 0}; }, "0 heads"),
      json(
          "heads not grouped", [](Json& j) { j["stacks"][0]["kv_heads"] = {2, 3}; }, "multiple"),
      json(
          "head width 0", [](Json& j) { j["stacks"][0]["head_dim"] = 0; }, "head_dim"),
      json(
          "head width of another", [](Json& j) { j["stacks"][0]["head_dim"] = 5; }, "query"),
      json(
          "huge head width", [](Json& j) { j["stacks"][0]["head_dim"] = int64_t{1} << 50; },
          "head_dim"),
      json(
          "no scale", [](Json& j) { j.erase("scale"); }, "scale"),
      json(
          "scale as text", [](Json& j) { j["scale"] = "1/8"; }, "scale"),
      json(
          "softcap below 0", [](Json& j) { j["softcap"] = -1; }, "softcap"),
      json(
          "mask kind", [](Json& j) { j["stacks"][0]["mask"]["kind"] = "odd"; }, "kind"),
      json(
          "mask length", [](Json& j) { j["stacks"][0]["mask"]["left"] = -2; }, "left"),
      json(
          "dense mask without its tensor",
          [](Json& j) { j["stacks"][0]["mask"]["kind"] = "dense"; }, "mask is missing"),
      json(
          "bias kind", [](Json& j) { j["stacks"][0]["bias"] = "odd"; }, "bias"),
      json(
          "bias without its tensor", [](Json& j) { j["stacks"][0]["bias"] = "distance"; },
          "bias is missing"),
      json(
          "rope without dims", [](Json& j) { j["stacks"][0]["rope"] = Json::object(); }, "dims"),
      json(
          "rope frequencies",
          [](Json& j) { j["stacks"][0]["rope"] = {{"dims", 4}, {"inverse_frequencies", {1.0}}}; },
          "inverse_frequencies"),
      json(
          "no query", [](Json& j) { j.erase("query"); }, "query"),
      json(
          "no tokens", [](Json& j) { j["query"]["tokens"] = Json::array(); }, "tokens"),
      json(
          "a token that is no text", [](Json& j) { j["query"]["tokens"][1] = 3; }, "tokens"),
      json(
          "ids of another length", [](Json& j) { j["query"]["ids"].push_back(1); }, "ids"),
      json(
          "a negative id", [](Json& j) { j["query"]["ids"][0] = -1; }, "ids"),
      json(
          "segment ids", [](Json& j) { j["query"]["segment_ids"].push_back(0); }, "segment_ids"),
      json(
          "offsets beyond the text", [](Json& j) { j["query"]["offsets"][1] = {0, 99}; },
          "offsets[1]"),
      json(
          "offsets turned round", [](Json& j) { j["query"]["offsets"][1] = {3, 2}; }, "offsets[1]"),
      json(
          "offsets of another length", [](Json& j) { j["query"]["offsets"].push_back(nullptr); },
          "offsets"),
      json(
          "special 2", [](Json& j) { j["query"]["special"][0] = 2; }, "special"),
      json(
          "special of another length", [](Json& j) { j["query"]["special"].push_back(0); },
          "special"),
      json(
          "words as numbers with a point", [](Json& j) { j["query"]["words"][1] = 0.5; },
          "words[1]"),
      json(
          "words of another length", [](Json& j) { j["query"]["words"].push_back(1); }, "words"),
      json(
          "text_a", [](Json& j) { j["query"]["text_a"] = 1; }, "text_a"),
      json(
          "generated_from", [](Json& j) { j["query"]["generated_from"] = 7; }, "generated_from"),
      json(
          "key of another length",
          [](Json& j) {
            j["key"] = j["query"];
            for (const char* field :
                 {"tokens", "ids", "segment_ids", "offsets", "special", "words"}) {
              j["key"][field].erase(5);
            }
          },
          "tensor key"),
      json(
          "settings", [](Json& j) { j["settings"] = "none"; }, "settings"),
      tensors(
          "no query", [=](auto& t) { at(t, "query").name = "qeury"; }, "query is missing"),
      tensors(
          "no key", [=](auto& t) { at(t, "key").name = "k"; }, "key is missing"),
      tensors(
          "no logsumexp", [=](auto& t) { at(t, "logsumexp").name = "lse"; },
          "logsumexp is missing"),
      tensors(
          "shape", [=](auto& t) { at(t, "value").shape = {2, 2, 4, 6}; }, "tensor value"),
      tensors(
          "integers", [=](auto& t) { at(t, "query").dtype = DType::kI32; }, "I32"),
      tensors(
          "NaN", [=](auto& t) { at(t, "value_norm").data = kNan6; }, "value_norm holds NaN"),
      tensors(
          "one layer only", [=](auto& t) { at(t, "query").name = "query.0"; }, "query.0"),
      tensors(
          "hidden", [=](auto& t) { at(t, "value").name = "hidden"; }, "hidden"),
      tensors(
          "contribution", [=](auto& t) { at(t, "value").name = "contribution"; }, "contribution"),
  };
}

TEST(TraceFile, SaysWhatIsWrongWithADamagedOne) {
  const std::string good = serialize_trace(pair_trace());
  const SafetensorsView view(std::as_bytes(std::span(good)), "test");
  for (const DamagedCase& c : damaged_cases()) {
    auto metadata = view.metadata();
    std::vector<TensorToWrite> tensors;
    for (const TensorEntry& e : view.tensors()) {
      tensors.push_back({e.name, e.dtype, e.shape, e.data});
    }
    if (c.json) {
      Json json = Json::parse(metadata["trace"]);
      c.json(json);
      metadata["trace"] = json.dump();
    }
    if (c.metadata) c.metadata(metadata);
    if (c.tensors) c.tensors(tensors);
    const std::string bytes = write_safetensors(tensors, metadata);
    try {
      parse_trace(bytes.data(), bytes.size());
      ADD_FAILURE() << c.name << " was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadInput) << c.name << ": " << error.what();
      EXPECT_NE(std::string(error.what()).find(c.says), std::string::npos)
          << c.name << ": " << error.what();
    }
  }
}

TEST(TraceFile, EveryTruncationIsRefused) {
  const std::string good = serialize_trace(pair_trace());
  for (size_t size = 0; size < good.size(); size += 1 + size / 17) {
    EXPECT_THROW(parse_trace(good.data(), size), Error) << size;
  }
  EXPECT_THROW(read_trace("/nonexistent/trace.safetensors"), Error);
}

TEST(Trace, RefusesArraysOfAnotherSize) {
  const Trace good = pair_trace();
  const auto refused = [&](const std::function<void(StackArrays&)>& change) {
    auto arrays = good.arrays();
    change(arrays[0]);
    EXPECT_THROW(Trace(good.info(), arrays), Error);
  };
  refused([](StackArrays& a) { a.layers.pop_back(); });
  refused([](StackArrays& a) { a.layers[1].query.pop_back(); });
  refused([](StackArrays& a) { a.layers[0].key.push_back(0); });
  refused([](StackArrays& a) { a.layers[0].logsumexp.clear(); });
  refused([](StackArrays& a) { a.layers[0].value_norm.pop_back(); });
  refused([](StackArrays& a) { a.bias.push_back(0); });
  refused([](StackArrays& a) { a.mask.push_back(0); });
  EXPECT_THROW(Trace(good.info(), {}), Error);
}

TEST(Trace, GivesTheVectorsOfAHead) {
  const Trace trace = with_stacks({stack("self", {3, 8}, {4, 4}, {2, 2})}, false);
  const LayerArrays& arrays = trace.arrays()[0].layers[1];
  const HeadRef head{0, {8, 3}};
  EXPECT_EQ(trace.query(head)(2, 1), arrays.query[3 * 5 * 4 + 2 * 4 + 1]);
  EXPECT_EQ(trace.key(head)(4, 3), arrays.key[1 * 5 * 4 + 4 * 4 + 3]);  // heads 2, 3 share key 1
  EXPECT_EQ(trace.logsumexp(head)(4), arrays.logsumexp[3 * 5 + 4]);
  EXPECT_TRUE(trace.value(head).empty());
  EXPECT_TRUE(trace.value_norm(head).empty());
  EXPECT_THROW(trace.query({0, {8, 4}}), Error);
  EXPECT_THROW(trace.query({1, {8, 0}}), Error);
  EXPECT_EQ(trace.bytes(), 2 * 4 * (4 * 5 * 4 + 2 * 5 * 4 + 4 * 5));
}

// Each head's bias is its own: the score is the bias where query and key are 0.
TEST(Trace, AddsTheBiasOfTheHead) {
  for (const BiasKind kind : {BiasKind::kDistance, BiasKind::kDense}) {
    for (const bool each_layer : {false, true}) {
      StackInfo s = stack("cross", {2, 6}, {3, 3}, {3, 3});
      s.bias = kind;
      Trace trace = with_stacks({s}, each_layer, true);  // N = 5, M = 4
      auto arrays = trace.arrays();
      for (LayerArrays& layer : arrays[0].layers) {
        std::fill(layer.query.begin(), layer.query.end(), 0.0f);
      }
      const Trace zero(trace.info(), arrays);
      for (int l = 0; l < 2; ++l) {
        for (int h = 0; h < 3; ++h) {
          std::vector<float> out(20);
          zero.scores({0, {l == 0 ? 2 : 6, h}}, {0, 5}, {0, 4}, out.data());
          const int block = each_layer ? l * 3 + h : h;
          for (int i = 0; i < 5; ++i) {
            for (int j = 0; j < 4; ++j) {
              const int at =
                  kind == BiasKind::kDense ? block * 20 + i * 4 + j : block * 8 + j - i + 4;
              EXPECT_EQ(out[i * 4 + j], arrays[0].bias[at]) << l << h << i << j;
            }
          }
        }
      }
    }
  }
}

TEST(Trace, StacksHaveTheirOwnTokens) {
  const Trace trace = with_stacks({stack("encoder", {0}, {1}, {1}), stack("decoder", {0}, {1}, {1}),
                                   stack("cross", {0}, {1}, {1})},
                                  false, true);  // query 5, key 4
  std::vector<float> out(25);
  trace.weights({0, {0, 0}}, {0, 4}, {0, 4}, out.data());
  trace.weights({1, {0, 0}}, {0, 5}, {0, 5}, out.data());
  trace.weights({2, {0, 0}}, {0, 5}, {0, 4}, out.data());
  EXPECT_THROW(trace.weights({0, {0, 0}}, {0, 5}, {0, 4}, out.data()), Error);
  EXPECT_THROW(trace.weights({1, {0, 0}}, {0, 5}, {0, 6}, out.data()), Error);
  EXPECT_THROW(trace.weights({2, {0, 0}}, {0, 5}, {0, 5}, out.data()), Error);
}

struct AblationCase {
  const char* text;
  const char* expected;  // "" = refused
};

TEST(Ablations, AreParsedAgainstTheShape) {
  const StackInfo shape = stack("self", {0, 2}, {3, 12}, {3, 12});
  const AblationCase cases[] = {
      {"L2H9", "L2H9:0"},
      {"L2H9:zero", "L2H9:0"},
      {"L0H1:mean,L2H11:uniform", "L0H1:1 L2H11:2"},
      {"L0H*", "L0H0:0 L0H1:0 L0H2:0"},
      {"L0H*:mean,L0H1:mean", "L0H0:1 L0H1:1 L0H2:1"},
      {"l0h1", "L0H1:0"},
      {"L0H1:mean,L0H1", ""},
      {"L1H0", ""},
      {"L0H3", ""},
      {"L3H*", ""},
      {"L2H1*", ""},
      {"L2*", ""},
      {"H*", ""},
      {"L0H1:", ""},
      {"L0H1:half", ""},
      {"L0H1,", ""},
      {",L0H1", ""},
      {"L0H1 L0H2", ""},
      {"x", ""},
  };
  for (const AblationCase& c : cases) {
    std::string got;
    try {
      for (const Ablation& a : parse_ablations(c.text, shape)) {
        got += (got.empty() ? "" : " ") + to_string(a.head) + ":" +
               std::to_string(static_cast<int>(a.kind));
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUsage) << c.text;
    }
    EXPECT_EQ(got, c.expected) << c.text;
  }
  EXPECT_TRUE(parse_ablations("", shape).empty());
}

}  // namespace
}  // namespace headscope
