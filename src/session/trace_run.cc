// TransformerModel as Runner: texts to traces.
#include <algorithm>

#include "headscope/error.h"
#include "session/layer_room.h"
#include "session/memory_plan.h"
#include "session/transformer_model.h"

namespace headscope {

void TransformerModel::check_length(int64_t tokens) const {
  if (tokens <= max_positions()) return;
  throw Error(ErrorCode::kBadInput, "a text of " + std::to_string(tokens) + " tokens",
              "at most " + std::to_string(max_positions()) + ", the model's positions",
              "Shorten it, or use --truncate", "HS-LEN-01", ErrorNumbers{tokens, max_positions()});
}

TraceInfo TransformerModel::trace_info(const TokenSequence& text, const TraceOptions& options,
                                       const std::vector<int>& layers) const {
  TraceInfo info;
  info.model = model();
  info.stacks = {keep_layers(stacks_[0], layers)};
  for (LayerInfo& layer : info.stacks[0].layers) {
    const auto& rope = spec().block(layer.layer).attention.rope;
    if (layer.rope) layer.rope->inverse_frequencies = rope->frequencies_for(text.size());
  }
  TokenSequence fed = text;
  if (options.settings.zero_segment_ids) {
    std::fill(fed.segment_ids.begin(), fed.segment_ids.end(), 0);
  }
  info.set_sequence("text", std::move(fed));
  info.settings = options.settings;
  return info;
}

void TransformerModel::trace_step(std::span<const TokenSequence> texts, const TraceOptions& options,
                                  const std::vector<int>& layers, const RunControl& control,
                                  std::vector<std::shared_ptr<const Trace>>& out) {
  const int64_t all = spec().layers(), d = spec().width;
  std::vector<std::vector<LayerRoom>> rooms(texts.size());
  std::vector<std::vector<KeptLayer>> kept(texts.size());
  std::vector<std::vector<float>> hidden(texts.size());
  std::vector<PassText> inputs(texts.size());
  for (size_t t = 0; t < texts.size(); ++t) {
    kept[t].resize(static_cast<size_t>(all));
    for (const int layer : layers) {
      rooms[t].emplace_back(spec().block(layer).attention, texts[t].size(), options.with_attention);
      kept[t][static_cast<size_t>(layer)] = rooms[t].back().view();
    }
    if (options.with_hidden) {
      hidden[t].resize(static_cast<size_t>((all + 1) * texts[t].size() * d));
    }
    inputs[t].ids = texts[t].ids;
    if (!options.settings.zero_segment_ids) inputs[t].segments = texts[t].segment_ids;
    inputs[t].ablations = &options.settings.ablations;
    inputs[t].kept = kept[t];
    if (options.with_hidden) inputs[t].hidden = hidden[t].data();
  }
  PassOptions pass;
  if (!options.with_hidden) pass.end_layer = layers.back() + 1;
  pass_->run(inputs, pass, control);
  for (size_t t = 0; t < texts.size(); ++t) {
    const int64_t n = texts[t].size();
    StackArrays arrays;
    for (LayerRoom& room : rooms[t]) arrays.push_back(std::move(room).finish());
    std::vector<StackArrays> stacks;
    stacks.push_back(std::move(arrays));
    auto trace = std::make_shared<Trace>(trace_info(texts[t], options, layers), std::move(stacks));
    const auto states = std::make_shared<const std::vector<float>>(std::move(hidden[t]));
    for (int64_t i = 0; options.with_hidden && i <= all; ++i) {
      trace->hidden.push_back(
          Array::borrow(DType::kF32, {n, d}, states->data() + i * n * d, states));
    }
    out.push_back(std::move(trace));
  }
}

std::vector<std::shared_ptr<const Trace>> TransformerModel::trace(
    std::span<const TokenSequence> texts, const TraceOptions& options, const RunControl& control) {
  check(options.settings.ablations);
  std::vector<int> layers;
  for (const LayerInfo& layer : keep_layers(stacks_[0], options.layers).layers) {
    layers.push_back(layer.layer);
  }
  int64_t longest = 0;
  for (const TokenSequence& text : texts) {
    check_length(text.size());
    longest = std::max(longest, text.size());
  }
  if (texts.empty()) return {};
  check_trace_memory(spec(), static_cast<int64_t>(texts.size()), longest, options,
                     available_memory());
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
