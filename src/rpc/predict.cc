// predict: what the masked-language-model head makes of some positions, and of what stands there;
// what a causal model expects next.
#include <cmath>

#include "rpc/ablations.h"
#include "rpc/service.h"

namespace headscope {
namespace {

constexpr size_t kMaxMaskedRuns = 64;  // each is a forward pass of its own

Json predictions_json(const std::vector<TokenProbability>& list) {
  Json out = Json::array();
  for (const TokenProbability& p : list) {
    out.push_back({{"token", p.token}, {"id", p.id}, {"probability", json_number(p.probability)}});
  }
  return out;
}

std::vector<int> read_positions(Fields& fields, const TokenSequence& text, int32_t mask_id) {
  std::vector<int> positions;
  for (const int64_t p : fields.integers("positions", kMaxPositions, 0, int64_t{1} << 24)) {
    if (p >= text.size()) {
      throw Error(ErrorCode::kUsage, "position " + std::to_string(p),
                  "a token below " + std::to_string(text.size()), "", "HS-LINK-01");
    }
    positions.push_back(static_cast<int>(p));
  }
  if (!positions.empty()) return positions;
  for (int64_t i = 0; i < text.size(); ++i) {
    if (text.ids[static_cast<size_t>(i)] == mask_id) positions.push_back(static_cast<int>(i));
  }
  if (positions.size() > kMaxPositions) positions.resize(kMaxPositions);
  return positions;
}

// What the model reads: the tokens of the first stack's queries.
const TokenSequence& text_of(const StoredTrace& trace) {
  return trace.info().tokens(0, Side::kQuery);
}

// What the model was run on. Its pixels are not kept.
ModelInput input_of(const StoredTrace& trace) {
  ModelInput input(text_of(trace));
  const TraceInfo& info = trace.info();
  if (info.stacks.size() > 1 && info.has_sequence("target")) {
    input.target = info.tokens(info.stack_index("decoder"), Side::kQuery);
  }
  return input;
}

// The id that the text has at a position: of a masked token the one that was masked.
int32_t standing_id(const StoredTrace& trace, int position) {
  const RunSettings& settings = trace.info().settings;
  for (size_t k = 0; k < settings.masked_ids.size(); ++k) {
    if (settings.masked[k] == position) return settings.masked_ids[k];
  }
  return text_of(trace).ids[static_cast<size_t>(position)];
}

struct Predicted {
  std::vector<std::vector<TokenProbability>> top;  // a position
  std::vector<double> probability;                 // of what stands there
};

Predicted predict_positions(MaskedPredictor& predictor, const StoredTrace& trace,
                            const std::vector<int>& positions, int top, bool mask,
                            const std::vector<Ablation>& ablations, const RunControl& control) {
  const TokenSequence& text = text_of(trace);
  Predicted out;
  std::vector<MaskedQuery> queries;
  for (const int p : positions) {
    if (queries.empty() || mask)
      queries.push_back({mask ? std::vector<int>{p} : std::vector<int>{}, {}, {}});
    queries.back().positions.push_back(p);
    queries.back().targets.push_back(standing_id(trace, p));
  }
  for (const auto& query :
       predictor.log_probabilities(text, queries, ablations, {control.cancel, {}})) {
    for (const double log_probability : query) out.probability.push_back(std::exp(log_probability));
  }
  if (!mask) {
    out.top = predictor.predict(text, positions, top, ablations, {control.cancel, {}});
    return out;
  }
  for (const int p : positions) {
    control.report(static_cast<int64_t>(out.top.size()), static_cast<int64_t>(positions.size()));
    TokenSequence masked = text;
    masked.ids[static_cast<size_t>(p)] = predictor.mask_id();
    masked.tokens[static_cast<size_t>(p)] = "[MASK]";
    out.top.push_back(
        predictor.predict(masked, {&p, 1}, top, ablations, {control.cancel, {}}).at(0));
  }
  return out;
}

// Those of the question, else those that the trace was made under.
std::vector<Ablation> ablations_of(Fields& fields, const StoredTrace& trace,
                                   const RpcModel& model) {
  return fields.has("ablations") ? read_ablations(fields, model.runner->stacks())
                                 : trace.info().settings.ablations;
}

// [{position, token, predictions}]; without `positions` the last token's.
Json predict_next(NextPredictor& predictor, const ModelInput& input, std::vector<int> positions,
                  int top, const std::vector<Ablation>& ablations, const RunControl& control) {
  const TokenSequence& text = input.target ? *input.target : input.text;
  if (positions.empty()) positions = {static_cast<int>(text.size()) - 1};
  const auto found = predictor.predict(input, positions, top, ablations, control);
  Json out = Json::array();
  for (size_t k = 0; k < positions.size(); ++k) {
    out.push_back({{"position", positions[k]},
                   {"token", text.tokens[static_cast<size_t>(positions[k])]},
                   {"predictions", predictions_json(found[k])}});
  }
  return out;
}

}  // namespace

Reply Rpc::Service::predict(Fields& fields, const RunControl& control) {
  const auto stored = trace_of(fields);
  const auto open = model_of(*stored, "A prediction");
  if (!open->predictor && !open->next) {
    throw Error(ErrorCode::kUsage, open->info.name + " predicts no words",
                "a model with a masked-language-model head, or a causal one", "", "HS-CAP-01");
  }
  if (!open->predictor) {
    const ModelInput input = input_of(*stored);
    const auto positions = read_positions(fields, input.target ? *input.target : input.text, -1);
    const int top = static_cast<int>(fields.integer("top", 1, kMaxTop));
    if (fields.flag("mask", false)) {
      throw Error(ErrorCode::kUsage,
                  open->info.name + " fills no gaps: it predicts what comes next", "mask: false",
                  "", "HS-CAP-01");
    }
    const auto ablations = ablations_of(fields, *stored, *open);
    fields.done();
    Reply reply;
    reply.json["predictions"] = Json::array();
    reply.json["next"] = predict_next(*open->next, input, positions, top, ablations, control);
    reply.json["next_sentence"] = nullptr;
    return reply;
  }
  MaskedPredictor& predictor = *open->predictor;
  const TokenSequence& text = text_of(*stored);
  const auto positions = read_positions(fields, text, predictor.mask_id());
  const int top = static_cast<int>(fields.integer("top", 1, kMaxTop));
  const bool mask = fields.flag("mask", false);
  const auto ablations = ablations_of(fields, *stored, *open);
  fields.done();
  if (mask && positions.size() > kMaxMaskedRuns) {
    throw Error(
        ErrorCode::kUsage, std::to_string(positions.size()) + " masked positions",
        "at most " + std::to_string(kMaxMaskedRuns), "Ask for fewer at a time", "HS-LIMIT-01",
        ErrorNumbers{static_cast<int64_t>(positions.size()), static_cast<int64_t>(kMaxMaskedRuns)});
  }

  Reply reply;
  Json& list = reply.json["predictions"] = Json::array();
  if (!positions.empty()) {
    const auto found =
        predict_positions(predictor, *stored, positions, top, mask, ablations, control);
    for (size_t k = 0; k < positions.size(); ++k) {
      list.push_back({{"position", positions[k]},
                      {"token", text.tokens[static_cast<size_t>(positions[k])]},
                      {"id", standing_id(*stored, positions[k])},
                      {"probability", json_number(found.probability[k])},
                      {"predictions", predictions_json(found.top[k])}});
    }
  }
  reply.json["next"] = nullptr;
  const auto next = predictor.next_sentence(text, ablations);
  reply.json["next_sentence"] = next ? Json{{"is_next", json_number(*next)}} : Json();
  return reply;
}

}  // namespace headscope
