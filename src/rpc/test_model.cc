// The definitions of test_model.h: for the tests and fuzz targets of the room, no part of the
// library.
#include "rpc/test_model.h"

#include <cmath>
#include <numbers>
#include <sstream>

#include "headscope/safetensors.h"

namespace headscope::rpc_test {
namespace {

StackInfo stack(int layers) {
  StackInfo s;
  LayerInfo layer;
  layer.heads = 2;
  layer.head_dim = 2;
  layer.rule.scale = 1.0f;
  s.layers = uniform_layers(layers, layer);
  return s;
}

void push(TokenSequence& t, const std::string& token, int32_t id, int sentence, Range at,
          int word) {
  t.tokens.push_back(token);
  t.ids.push_back(id);
  t.segment_ids.push_back(sentence);
  t.sentences.push_back(sentence);
  t.offsets.push_back(at);
  t.special.push_back(word < 0);
  t.words.push_back(word);
}

int32_t id_of(const std::string& word) {
  if (word == "[MASK]") return 103;
  int32_t id = 200;
  for (const char c : word) id += static_cast<unsigned char>(c);
  return id;
}

// cos and sin of the angle of one token's query or key.
void fill(std::vector<float>& out, const TokenSequence& text, int layer) {
  for (int h = 0; h < 2; ++h) {
    for (const int32_t id : text.ids) {
      const double angle = id * (1.0 + layer + 2.0 * h);
      out.push_back(static_cast<float>(std::cos(angle)));
      out.push_back(static_cast<float>(std::sin(angle)));
    }
  }
}

LayerArrays layer_of(const TokenSequence& text, int layer) {
  std::vector<float> query, sums;
  fill(query, text, layer);
  const auto n = static_cast<size_t>(text.size());
  for (size_t h = 0; h < 2; ++h) {
    for (size_t i = 0; i < n; ++i) {
      const auto at = [&](size_t t, size_t d) {
        return static_cast<double>(query[(h * n + t) * 2 + d]);
      };
      double sum = 0;
      for (size_t j = 0; j < n; ++j) sum += std::exp(at(i, 0) * at(j, 0) + at(i, 1) * at(j, 1));
      sums.push_back(static_cast<float>(std::log(sum)));
    }
  }
  LayerArrays a;
  a.query = a.key = Array::from(std::move(query), {2, text.size(), 2});
  a.logsumexp = Array::from(std::move(sums), {2, text.size()});
  return a;
}

}  // namespace

std::shared_ptr<const AttentionSource> hand_source() {
  std::vector<float> maps = kFirstHead;
  for (int i = 0; i < 25; ++i) maps.push_back(i % 6 == 0 ? 1.0f : 0.0f);
  TraceInfo info;
  info.model = {"hand", "bert", "", "", ""};
  info.stacks = {stack(1)};
  TokenSequence t;
  push(t, "[CLS]", 101, 0, {}, -1);
  push(t, "x", id_of("x"), 0, {0, 1}, 0);
  push(t, "[SEP]", 102, 0, {}, -1);
  push(t, "y", id_of("y"), 1, {0, 1}, 1);
  push(t, "[SEP]", 102, 1, {}, -1);
  t.text_a = "x";
  t.text_b = "y";
  info.set_sequence("text", std::move(t));
  return make_array_source(info, {Array::from(std::move(maps), {2, 5, 5})});
}

TestModel::TestModel() : info_{"tiny", "bert", "f1", "", ""}, stacks_{stack(2)} {}

TokenSequence TestModel::tokenize(const std::string& a, const std::optional<std::string>& b,
                                  const TokenizeOptions& options) const {
  TokenSequence t;
  t.text_a = a;
  t.text_b = b;
  int word = 0;
  push(t, "[CLS]", 101, 0, {}, -1);
  for (int sentence = 0; sentence < (b ? 2 : 1); ++sentence) {
    std::istringstream words(sentence == 0 ? a : *b);
    for (std::string piece; words >> piece; ++word) {
      push(t, piece, id_of(piece), sentence, {0, 1}, word);
    }
    push(t, "[SEP]", 102, sentence, {}, -1);
  }
  if (word == 0 && !options.allow_empty) {
    throw Error(ErrorCode::kBadInput, "text A has no tokens", "a text", "", "HS-TEXT-01");
  }
  const auto limit = static_cast<size_t>(options.max_tokens.value_or(max_positions()));
  if (t.tokens.size() <= limit) return t;
  if (options.truncation == Truncation::kNone) {
    throw Error(ErrorCode::kBadInput, "the text has " + std::to_string(t.tokens.size()) + " tokens",
                "at most 12", "", "HS-LEN-01",
                ErrorNumbers{static_cast<int64_t>(t.tokens.size()), 12});
  }
  // The first words of A alone: enough of a truncation for these tests.
  TokenSequence cut;
  for (size_t i = 0; i + 1 < limit; ++i) {
    push(cut, t.tokens[i], t.ids[i], 0, t.offsets[i], t.words[i]);
  }
  push(cut, "[SEP]", 102, 0, {}, -1);
  cut.text_a = a;
  return cut;
}

std::vector<std::shared_ptr<const Trace>> TestModel::trace(std::span<const TokenSequence> texts,
                                                           const TraceOptions& options,
                                                           const RunControl& control) {
  ++runs;
  last_options = options;
  std::vector<std::shared_ptr<const Trace>> out;
  for (const TokenSequence& text : texts) {
    if (at_text) at_text(text.text_a);
    StackArrays arrays;
    for (int layer = 0; layer < 2; ++layer) {
      control.report(layer, 2);
      if (at_layer) at_layer(layer);
      control.cancel.check();
      arrays.push_back(layer_of(text, layer));
    }
    TraceInfo info;
    info.model = info_;
    info.stacks = stacks_;
    info.set_sequence("text", text);
    info.settings = options.settings;
    out.push_back(std::make_shared<Trace>(std::move(info), std::vector<StackArrays>{arrays}));
  }
  return out;
}

std::vector<std::vector<double>> TestModel::log_probabilities(
    const TokenSequence&, std::span<const MaskedQuery> queries,
    const std::vector<Ablation>& ablations, const RunControl& control) {
  std::vector<std::vector<double>> out;
  for (const MaskedQuery& query : queries) {
    control.cancel.check();
    // A masked word is harder to guess, and so is one under an ablation.
    const double halvings = 1.0 + static_cast<double>(query.masked.size() + ablations.size());
    out.emplace_back(query.positions.size(), -halvings * std::numbers::ln2);
  }
  return out;
}

std::vector<std::vector<TokenProbability>> TestModel::predict(const TokenSequence& text,
                                                              std::span<const int> positions,
                                                              int top, const std::vector<Ablation>&,
                                                              const RunControl&) {
  std::vector<std::vector<TokenProbability>> out;
  for (const int position : positions) {
    auto& list = out.emplace_back();
    const bool masked = text.ids[static_cast<size_t>(position)] == mask_id();
    for (int k = 0; k < top; ++k) {
      list.push_back({k, (masked ? "word" : "same") + std::to_string(k), std::ldexp(0.5f, -k)});
    }
  }
  return out;
}

std::optional<double> TestModel::next_sentence(const TokenSequence& text,
                                               const std::vector<Ablation>&) {
  return text.text_b ? std::optional(0.75) : std::nullopt;
}

TestRpc::TestRpc(bool with_model, const RpcOptions& options) : rpc(options) {
  hand = rpc.add_trace(hand_source(), TraceOrigin::kFile, "hand.safetensors");
  if (!with_model) return;
  RpcModel wired;
  wired.runner = model.get();
  wired.predictor = model.get();
  wired.source = "tiny";
  wired.owner = model;
  rpc.set_model(std::move(wired));
}

std::string TestRpc::body(Json fields, const std::string& client, int64_t id, int64_t epoch,
                          int priority) {
  fields.update(
      {{"rpc", 2}, {"client", client}, {"id", id}, {"epoch", epoch}, {"priority", priority}});
  return dump_json(fields);
}

Json TestRpc::json_of(const RpcAnswer& answer) {
  if (answer.type == "application/json") return parse_json(answer.body, "answer");
  const std::span bytes(reinterpret_cast<const std::byte*>(answer.body.data()), answer.body.size());
  const SafetensorsView file(bytes, "answer");
  Json json = parse_json(file.metadata().at("json"), "answer");
  for (const TensorEntry& tensor : file.tensors()) {
    json["tensors"][tensor.name] = {{"dtype", name_of(tensor.dtype)},
                                    {"shape", tensor.shape},
                                    {"values", json_numbers(to_float(tensor))}};
  }
  return json;
}

Json TestRpc::ask(const std::string& method, Json fields) {
  return json_of(rpc.answer(method, body(std::move(fields))));
}

std::string with_hand(std::string body, const std::string& hand) {
  constexpr std::string_view kHand = "HAND";
  for (size_t at = 0; (at = body.find(kHand, at)) != std::string::npos; at += hand.size()) {
    body.replace(at, kHand.size(), hand);
  }
  return body;
}

}  // namespace headscope::rpc_test
