// TransformerModel as Runner: texts to traces.
#include <algorithm>

#include "format/json.h"
#include "headscope/error.h"
#include "session/memory_plan.h"
#include "session/transformer_model.h"

namespace headscope {

namespace {

Json settings_of(const TraceOptions& options) {
  Json settings = Json::object();
  if (options.zero_segment_ids) settings["segment_ids"] = "zero";
  Json ablations = Json::array();
  for (const Ablation& ablation : options.ablations) {
    constexpr const char* kNames[] = {"zero", "mean", "uniform"};
    ablations.push_back(to_string(ablation.head) + ":" +
                        kNames[static_cast<size_t>(ablation.kind)]);
  }
  if (!ablations.empty()) settings["ablations"] = ablations;
  return settings;
}

std::vector<int> kept_layers(const StackInfo& stack, const TraceOptions& options) {
  std::vector<int> layers = options.layers.empty() ? stack.layers : options.layers;
  std::sort(layers.begin(), layers.end());
  layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
  for (const int layer : layers) (void)stack.layer_index(layer);  // throws for one it lacks
  return layers;
}

void check_length(const TokenSequence& text, int64_t positions) {
  if (text.size() > positions) {
    throw Error(ErrorCode::kBadInput, "a text of " + std::to_string(text.size()) + " tokens",
                "at most " + std::to_string(positions) + ", the model's positions",
                "Shorten it, or use --truncate", "HS-LEN-01");
  }
}

}  // namespace

TraceInfo TransformerModel::trace_info(const TokenSequence& text, const TraceOptions& options,
                                       const std::vector<int>& layers) const {
  TraceInfo info;
  info.model = model();
  StackInfo stack = stacks_[0];
  stack.layers = layers;
  stack.heads.clear();
  stack.kv_heads.clear();
  for (const int layer : layers) {
    stack.heads.push_back(static_cast<int>(spec().block(layer).attention.heads));
    stack.kv_heads.push_back(static_cast<int>(spec().block(layer).attention.kv_heads));
  }
  info.stacks = {stack};
  info.query = text;
  if (options.zero_segment_ids)
    std::fill(info.query.segment_ids.begin(), info.query.segment_ids.end(), 0);
  info.settings = dump_json(settings_of(options));
  return info;
}

namespace {

// Room for what a trace keeps of one layer.
KeptLayer make_room(const AttentionSpec& spec, int64_t tokens, bool with_attention,
                    LayerArrays& arrays) {
  const auto room = [](std::vector<float>& array, int64_t count) {
    array.resize(static_cast<size_t>(count));
    return array.data();
  };
  KeptLayer kept;
  kept.query = room(arrays.query, tokens * spec.query_width());
  kept.key = room(arrays.key, tokens * spec.key_width());
  kept.value = room(arrays.value, tokens * spec.value_width());
  kept.logsumexp = room(arrays.logsumexp, tokens * spec.heads);
  kept.value_norm = room(arrays.value_norm, tokens * spec.heads);
  if (with_attention) kept.attention = room(arrays.attention, tokens * tokens * spec.heads);
  return kept;
}

}  // namespace

void TransformerModel::trace_step(std::span<const TokenSequence> texts, const TraceOptions& options,
                                  const std::vector<int>& layers, const RunControl& control,
                                  std::vector<std::shared_ptr<const Trace>>& out) {
  const int64_t all = spec().layers();
  std::vector<StackArrays> arrays(texts.size());
  std::vector<std::vector<KeptLayer>> kept(texts.size());
  std::vector<std::vector<float>> hidden(texts.size());
  std::vector<PassText> inputs(texts.size());
  for (size_t t = 0; t < texts.size(); ++t) {
    arrays[t].layers.resize(layers.size());
    kept[t].resize(static_cast<size_t>(all));
    for (size_t k = 0; k < layers.size(); ++k) {
      kept[t][static_cast<size_t>(layers[k])] =
          make_room(spec().block(layers[k]).attention, texts[t].size(), options.with_attention,
                    arrays[t].layers[k]);
    }
    if (options.with_hidden) {
      hidden[t].resize(static_cast<size_t>((all + 1) * texts[t].size() * spec().width));
    }
    inputs[t].ids = texts[t].ids;
    if (!options.zero_segment_ids) inputs[t].segments = texts[t].segment_ids;
    inputs[t].ablations = &options.ablations;
    inputs[t].kept = kept[t];
    if (options.with_hidden) inputs[t].hidden = hidden[t].data();
  }
  PassOptions pass;
  if (!options.with_hidden) pass.end_layer = layers.back() + 1;
  pass_->run(inputs, pass, control);
  for (size_t t = 0; t < texts.size(); ++t) {
    std::vector<StackArrays> stacks;
    stacks.push_back(std::move(arrays[t]));
    auto trace = std::make_shared<Trace>(trace_info(texts[t], options, layers), std::move(stacks));
    trace->hidden = std::move(hidden[t]);
    trace->hidden_width = spec().width;
    out.push_back(std::move(trace));
  }
}

std::vector<std::shared_ptr<const Trace>> TransformerModel::trace(
    std::span<const TokenSequence> texts, const TraceOptions& options, const RunControl& control) {
  check(options.ablations);
  const std::vector<int> layers = kept_layers(stacks_[0], options);
  int64_t longest = 0, rows = 0;
  for (const TokenSequence& text : texts) {
    check_length(text, max_positions());
    longest = std::max(longest, text.size());
    rows += text.size();
  }
  if (texts.empty()) return {};
  check_memory(bytes_needed(static_cast<int64_t>(texts.size()), longest, options),
               available_memory(), "a trace of " + std::to_string(rows) + " tokens");
  std::vector<std::shared_ptr<const Trace>> out;
  for (size_t begin = 0; begin < texts.size();) {
    size_t end = begin;
    for (int64_t step = 0; end < texts.size(); ++end) {
      step += texts[end].size();
      if (end > begin && step > kMostRows) break;
    }
    RunControl part = control;
    if (control.progress) {
      const auto done = static_cast<int64_t>(begin), size = static_cast<int64_t>(end - begin);
      const auto count = static_cast<int64_t>(texts.size());
      part.progress = [&control, done, size, count](int64_t layer, int64_t of) {
        control.report(done * of + layer * size, count * of);
      };
    }
    trace_step(texts.subspan(begin, end - begin), options, layers, part, out);
    begin = end;
  }
  return out;
}

}  // namespace headscope
