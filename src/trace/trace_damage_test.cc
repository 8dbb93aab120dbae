// Damaged trace files: one thing changed at a time, and the words that the error must hold.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>

#include "headscope/error.h"
#include "headscope/safetensors.h"
#include "headscope/trace.h"
#include "trace/trace_examples.h"

namespace headscope {
namespace {

using Json = nlohmann::json;

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
          "newer version", [](auto& m) { m["format_version"] = "3"; }, "is a trace of format 3"),
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

// A layer of format 2.
Json& layer_of(Json& json, size_t index = 0) { return json["stacks"][0]["layers"][index]; }

std::vector<DamagedCase> damaged_cases_2() {
  const auto json = [](const char* name, std::function<void(Json&)> change, const char* says) {
    return DamagedCase{name, std::move(change), {}, {}, says};
  };
  const auto tensors = [](const char* name, std::function<void(std::vector<TensorToWrite>&)> change,
                          const char* says) {
    return DamagedCase{name, {}, {}, std::move(change), says};
  };
  const auto at = [](std::vector<TensorToWrite>& list, const std::string& name) -> TensorToWrite& {
    return *std::find_if(list.begin(), list.end(), [&](auto& t) { return t.name == name; });
  };
  return {
      json(
          "no sequences", [](Json& j) { j.erase("sequences"); }, "sequences"),
      json(
          "a sequence that is not there", [](Json& j) { j["stacks"][0]["key"] = "source"; },
          "source"),
      json(
          "a sequence of another name", [](Json& j) { j["stacks"][0]["query"] = "x"; }, "query"),
      json(
          "layers as numbers", [](Json& j) { j["stacks"][0]["layers"] = {0, 5}; }, "layers[0]"),
      json(
          "no layers", [](Json& j) { j["stacks"][0]["layers"] = Json::array(); }, "0 layers"),
      json(
          "layers not ascending", [](Json& j) { layer_of(j)["layer"] = 5; }, "ascending"),
      json(
          "no heads", [](Json& j) { layer_of(j)["heads"] = 0; }, "heads"),
      json(
          "heads not grouped", [](Json& j) { layer_of(j)["kv_heads"] = 3; }, "multiple"),
      json(
          "huge head width", [](Json& j) { layer_of(j)["head_dim"] = int64_t{1} << 50; },
          "head_dim"),
      json(
          "value width of another", [](Json& j) { layer_of(j)["value_dim"] = 5; },
          "tensor value.0"),
      json(
          "no scale", [](Json& j) { layer_of(j).erase("scale"); }, "scale"),
      json(
          "another scale", [](Json& j) { layer_of(j)["scale"] = 0.25; }, "logsumexp of L0H0"),
      json(
          "an unknown rule", [](Json& j) { layer_of(j)["rule"] = 3; }, "rule"),
      json(
          "a mask of a layer without one", [](Json& j) { layer_of(j, 1)["mask"]["of"] = 3; },
          "mask.of is 3"),
      json(
          "a bias of a layer without one",
          [](Json& j) { layer_of(j, 1)["bias"] = {{"kind", "alibi"}, {"of", 0}}; }, "bias.of is 0"),
      json(
          "ALiBi without slopes", [](Json& j) { layer_of(j)["bias"]["kind"] = "alibi"; },
          "bias.0 is missing"),
      json(
          "sinks without shares", [](Json& j) { layer_of(j)["sinks"] = true; },
          "sink.0 is missing"),
      json(
          "a masked token that is not there", [](Json& j) { j["settings"]["masked"] = {9}; },
          "masked"),
      json(
          "an ablation of a stack that is not there",
          [](Json& j) { j["settings"]["ablations"][0]["stack"] = "cross"; }, "stack"),
      json(
          "an unknown kind of ablation",
          [](Json& j) { j["settings"]["ablations"][0]["mode"] = "half"; }, "mode"),
      json(
          "kinds of another length",
          [](Json& j) { j["sequences"]["text"]["kinds"].push_back("text"); }, "kinds"),
      json(
          "an unknown kind", [](Json& j) { j["sequences"]["text"]["kinds"][0] = "sound"; },
          "kinds"),
      tensors(
          "no query", [=](auto& t) { at(t, "query.5").name = "query.6"; }, "query.5"),
      tensors(
          "integers", [=](auto& t) { at(t, "key.0").dtype = DType::kI32; }, "I32"),
      tensors(
          "the log-sum-exp of another layer",
          [=](auto& t) { std::swap(at(t, "logsumexp.0").data, at(t, "logsumexp.5").data); },
          "logsumexp of L0H0"),
      tensors(
          "hidden", [=](auto& t) { at(t, "value.5").name = "hidden.0"; }, "hidden.0"),
  };
}

void expect_refused(const std::vector<DamagedCase>& cases, int format) {
  const std::string good = serialize_trace(pair_trace(), format);
  const SafetensorsView view(std::as_bytes(std::span(good)), "test");
  for (const DamagedCase& c : cases) {
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

TEST(TraceFile, SaysWhatIsWrongWithADamagedOne) {
  expect_refused(damaged_cases(), 1);
  expect_refused(damaged_cases_2(), 2);
}

TEST(TraceFile, EveryTruncationIsRefused) {
  const std::string good = serialize_trace(pair_trace());
  for (size_t size = 0; size < good.size(); size += 1 + size / 17) {
    EXPECT_THROW(parse_trace(good.data(), size), Error) << size;
  }
  EXPECT_THROW(read_trace("/nonexistent/trace.safetensors"), Error);
}

}  // namespace
}  // namespace headscope
