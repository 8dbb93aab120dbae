// TransformerModel as Runner: texts to traces.
#include <algorithm>
#include <numeric>

#include "headscope/error.h"
#include "session/memory_plan.h"
#include "session/stack_ablations.h"
#include "session/stack_room.h"
#include "session/transformer_model.h"

namespace headscope {

std::vector<StackInfo> TransformerModel::kept_stacks(const std::vector<int>& layers) const {
  if (!decoder_ || layers.empty()) {
    std::vector<StackInfo> all;
    for (const StackInfo& stack : stacks_) all.push_back(keep_layers(stack, layers));
    return all;
  }
  // A layer may be kept that only the longer of encoder and decoder has.
  std::vector<StackInfo> kept;
  const StackInfo* longest = &stacks_[0];
  for (const StackInfo& stack : stacks_) {
    if (stack.layers.size() > longest->layers.size()) longest = &stack;
  }
  (void)keep_layers(*longest, layers);
  for (const StackInfo& stack : stacks_) {
    std::vector<int> its;
    for (const int layer : layers) {
      if (layer < std::ssize(stack.layers)) its.push_back(layer);
    }
    if (its.empty()) {
      throw Error(ErrorCode::kUsage, "no layer of the " + stack.name + " among those to keep",
                  "one of 0 to " + std::to_string(stack.layers.size() - 1) + " at least");
    }
    kept.push_back(keep_layers(stack, its));
  }
  return kept;
}

TraceInfo TransformerModel::trace_info(const ModelInput& input, const TraceOptions& options,
                                       const std::vector<StackInfo>& stacks,
                                       ProductKind products) const {
  TraceInfo info;
  info.model = model();
  info.stacks = stacks;
  for (LayerInfo& layer : info.stacks[0].layers) {
    const auto& rope = spec().block(layer.layer).attention.rope;
    if (layer.rope) layer.rope->inverse_frequencies = rope->frequencies_for(input.text.size());
  }
  TokenSequence fed = input.text;
  if (options.settings.zero_segment_ids) {
    std::fill(fed.segment_ids.begin(), fed.segment_ids.end(), 0);
  }
  info.set_sequence(stacks[0].query, std::move(fed));
  if (input.target) info.set_sequence(stacks[1].query, *input.target);
  info.settings = options.settings;
  info.computed = computed_;
  info.computed->path = product_path(products);
  return info;
}

namespace {

// Progress of a part of a longer run: `done` to `done` + `size` of `all` steps.
RunControl part_of(const RunControl& control, int64_t done, int64_t size, int64_t all) {
  RunControl part = control;
  if (!control.progress) return part;
  part.progress = [&control, done, size, all](int64_t step, int64_t of) {
    control.report(done * of + step * size, all * of);
  };
  return part;
}

}  // namespace

std::vector<Memory> TransformerModel::encode(std::span<const PassText> sources, Buffer& rows,
                                             const RunControl& control) {
  const int64_t d = spec().width;
  int64_t count = 0;
  for (const PassText& source : sources) count += source.size();
  const float* last = pass_->run(sources, {}, control);
  const auto cells = static_cast<size_t>(count * d);
  std::copy_n(last, cells, rows.reserve(cells));
  std::vector<Memory> memories;
  const float* next = rows.data();
  for (const PassText& source : sources) {
    memories.push_back({next, source.size(), {}});
    next += source.size() * d;
  }
  return memories;
}

std::vector<std::shared_ptr<const Trace>> TransformerModel::trace_step(
    std::span<const ModelInput* const> inputs, const TraceOptions& options,
    const std::vector<StackInfo>& stacks, const RunControl& control) {
  const int64_t all = spec().layers(), d = spec().width;
  const AblationsByStack ablations(options.settings.ablations);
  std::vector<std::vector<StackRoom>> rooms(inputs.size());     // of each input's stacks
  std::vector<std::shared_ptr<float[]>> hidden(inputs.size());  // [L+1, N, D] each
  std::vector<PassText> texts(inputs.size());
  for (size_t t = 0; t < inputs.size(); ++t) {
    const TokenSequence& text = inputs[t]->text;
    rooms[t].reserve(stacks.size());
    rooms[t].emplace_back(spec(), stacks[0], text.size(), text.size(), options);
    texts[t].ids = text.ids;
    if (inputs[t]->pixels) texts[t].pixels = inputs[t]->pixels->values.data();
    if (!options.settings.zero_segment_ids) texts[t].segments = text.segment_ids;
    texts[t].ablations = &ablations.encoder();
    texts[t].kept = rooms[t][0].kept();
    if (!options.with_hidden) continue;
    const auto cells = static_cast<size_t>((all + 1) * text.size() * d);
    hidden[t] = std::make_shared_for_overwrite<float[]>(cells);
    texts[t].hidden = hidden[t].get();
  }
  if (!decoder_) {
    PassOptions pass;
    if (!options.with_hidden) pass.end_layer = stacks[0].layers.back().layer + 1;
    pass.only_weights = !options.with_hidden;
    pass_->run(texts, pass, control);
  } else {
    const int64_t more = decoder_->spec().layers();
    Buffer rows;
    auto memories = encode(texts, rows, part_of(control, 0, all, all + more));
    std::vector<PassText> targets(inputs.size());
    for (size_t t = 0; t < inputs.size(); ++t) {
      const int64_t n = inputs[t]->target->size(), m = inputs[t]->text.size();
      rooms[t].emplace_back(decoder_->spec(), stacks[kDecoder], n, n, options);
      rooms[t].emplace_back(decoder_->spec(), stacks[kCross], n, m, options);
      targets[t].ids = inputs[t]->target->ids;
      targets[t].ablations = &ablations.decoder();
      targets[t].kept = rooms[t][kDecoder].kept();
      targets[t].memory = &memories[t];
      targets[t].cross_ablations = &ablations.cross();
      targets[t].cross_kept = rooms[t][kCross].kept();
    }
    PassOptions pass;
    pass.end_layer = stacks[kDecoder].layers.back().layer + 1;
    pass.only_weights = true;
    decoder_pass_->run(targets, pass, part_of(control, all, more, all + more));
  }
  std::vector<std::shared_ptr<const Trace>> out;
  for (size_t t = 0; t < inputs.size(); ++t) {
    std::vector<StackArrays> arrays;
    for (StackRoom& room : rooms[t]) arrays.push_back(std::move(room).arrays());
    const int64_t n = inputs[t]->text.size();
    auto trace = std::make_shared<Trace>(
        trace_info(*inputs[t], options, stacks, transformer_->products(n)), std::move(arrays));
    if (inputs[t]->pixels) trace->image = inputs[t]->pixels->image;
    for (int64_t i = 0; options.with_hidden && i <= all; ++i) {
      trace->hidden.push_back(
          Array::borrow(DType::kF32, {n, d}, texts[t].hidden + i * n * d, hidden[t]));
    }
    out.push_back(std::move(trace));
  }
  return out;
}

std::vector<std::shared_ptr<const Trace>> TransformerModel::trace(
    std::span<const TokenSequence> texts, const TraceOptions& options, const RunControl& control) {
  return trace(std::vector<ModelInput>(texts.begin(), texts.end()), options, control);
}

std::vector<std::shared_ptr<const Trace>> TransformerModel::trace(
    std::span<const ModelInput> inputs, const TraceOptions& options, const RunControl& control) {
  check(options.settings.ablations);
  const std::vector<StackInfo> stacks = kept_stacks(options.layers);
  int64_t longest = 0, longest_target = 0, rows = 0;
  const auto rows_of = [](const ModelInput& input) {
    return input.text.size() + (input.target ? input.target->size() : 0);
  };
  for (const ModelInput& input : inputs) {
    check(input);
    longest = std::max(longest, input.text.size());
    if (input.target) longest_target = std::max(longest_target, input.target->size());
    rows += rows_of(input);
  }
  if (inputs.empty()) return {};
  const auto count = std::ssize(inputs);
  if (!decoder_) {
    check_trace_memory(spec(), count, longest, options, available_memory());
  } else {
    check_memory(trace_bytes(spec(), count, longest, options) +
                     trace_bytes(decoder_->spec(), count, longest_target, options, longest),
                 available_memory(), "a trace of " + std::to_string(rows) + " tokens",
                 "Shorten the texts, or keep fewer layers");
  }
  // Texts whose products are of one kind stand together: a pass has one.
  const auto products_of = [&](size_t i) { return transformer_->products(inputs[i].text.size()); };
  std::vector<size_t> order(inputs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_partition(order.begin(), order.end(),
                        [&](size_t i) { return products_of(i) == products_of(0); });
  std::vector<std::shared_ptr<const Trace>> in_order(inputs.size());
  for (size_t begin = 0; begin < inputs.size();) {
    std::vector<const ModelInput*> some;
    size_t end = begin;
    for (int64_t step = 0; end < inputs.size(); ++end) {
      step += rows_of(inputs[order[end]]);
      const bool other = products_of(order[end]) != products_of(order[begin]);
      if (end > begin && (step > kMostRows || other)) break;
      some.push_back(&inputs[order[end]]);
    }
    auto traces = trace_step(
        some, options, stacks,
        part_of(control, static_cast<int64_t>(begin), static_cast<int64_t>(end - begin), count));
    for (size_t i = begin; i < end; ++i) in_order[order[i]] = std::move(traces[i - begin]);
    begin = end;
  }
  return in_order;
}

const float* TransformerModel::last_rows(const ModelInput& input, std::span<const int> positions,
                                         const std::vector<Ablation>& ablations,
                                         const RunControl& control) {
  check(input);
  const AblationsByStack its(ablations);
  const PassText text{input.text.ids, input.text.segment_ids, &its.encoder(), {}, nullptr};
  PassOptions options;
  options.asked.assign(positions.begin(), positions.end());
  if (!decoder_) return pass_->run({&text, 1}, options, control);
  const int64_t all = spec().layers(), more = decoder_->spec().layers();
  Buffer rows;
  auto memories = encode({&text, 1}, rows, part_of(control, 0, all, all + more));
  PassText target;
  target.ids = input.target->ids;
  target.ablations = &its.decoder();
  target.memory = &memories[0];
  target.cross_ablations = &its.cross();
  return decoder_pass_->run({&target, 1}, options, part_of(control, all, more, all + more));
}

}  // namespace headscope
