#include "headscope/trace.h"

#include <algorithm>

#include "base/digest.h"
#include "base/parallel.h"
#include "format/json.h"
#include "headscope/error.h"
#include "trace/layer_scores.h"
#include "trace/trace_check.h"
#include "trace/trace_json.h"

namespace headscope {
namespace {

// Layers that name another's mask or bias get it: an array is shared, not copied.
void share_arrays(const TraceInfo& info, std::vector<StackArrays>& arrays) {
  for (size_t s = 0; s < info.stacks.size() && s < arrays.size(); ++s) {
    const StackInfo& stack = info.stacks[s];
    for (size_t l = 0; l < stack.layers.size() && l < arrays[s].size(); ++l) {
      const LayerInfo& layer = stack.layers[l];
      const auto of = [&](int number) { return static_cast<size_t>(stack.layer_index(number)); };
      if (layer.mask_of) arrays[s][l].mask = arrays[s].at(of(*layer.mask_of)).mask;
      if (layer.bias_of) arrays[s][l].bias = arrays[s].at(of(*layer.bias_of)).bias;
    }
  }
}

// One head of [heads, R, width].
HeadVectors head_vectors(const Array& array, int64_t head) {
  if (array.empty()) return {};
  const int64_t rows = array.shape()[1], width = array.shape()[2], begin = head * rows * width;
  if (array.dtype() == DType::kF32) {
    return {{array.floats().data() + begin, {rows, width}}, array.owner()};
  }
  const auto wide = std::make_shared<std::vector<float>>(static_cast<size_t>(rows * width));
  array.read(begin, rows * width, wide->data());
  return {{wide->data(), {rows, width}}, wide};
}

// One head of [heads, count].
TensorView<const float> head_numbers(const Array& array, int64_t head) {
  if (array.empty()) return {};
  const int64_t count = array.shape()[1];
  return {array.floats().data() + head * count, {count}};
}

}  // namespace

Trace::Trace(TraceInfo info, std::vector<StackArrays> arrays)
    : info_(std::move(info)), arrays_(std::move(arrays)) {
  check_trace_info(info_, "trace");
  share_arrays(info_, arrays_);
  check_trace_arrays(info_, arrays_, "trace");
}

const LayerArrays& Trace::layer(HeadRef head) const {
  check(head, {0, 0}, {0, 0});
  const auto stack = static_cast<size_t>(head.stack);
  return arrays_[stack][static_cast<size_t>(info_.stacks[stack].layer_index(head.id.layer))];
}

const LayerInfo& Trace::rules(HeadRef head) const {
  return info_.stacks[static_cast<size_t>(head.stack)].layer(head.id.layer);
}

void Trace::weights(HeadRef head, Range rows, Range cols, float* out) const {
  check(head, rows, cols);
  const LayerArrays& arrays = layer(head);
  if (rules(head).holds == Holds::kVectors) {
    const HeadBlock block(rules(head), arrays, head.id.head, rows, cols);
    return weight_block(block.scores, rows, cols, out, cols.size());
  }
  const int64_t n = arrays.attention.shape()[1], m = arrays.attention.shape()[2];
  const float* map = arrays.attention.floats().data() + head.id.head * n * m;
  for (int64_t i = rows.begin; i < rows.end; ++i) {
    out = std::copy(map + i * m + cols.begin, map + i * m + cols.end, out);
  }
}

void Trace::scores(HeadRef head, Range rows, Range cols, float* out) const {
  check(head, rows, cols);
  if (!has_vectors(head)) return AttentionSource::scores(head, rows, cols, out);
  const HeadBlock block(rules(head), layer(head), head.id.head, rows, cols);
  score_block(block.scores, rows, cols, out, cols.size());
}

// The score of a query of zeros, without a cap.
void Trace::position_terms(HeadRef head, int64_t row, float* out) const {
  check(head, {row, row + 1}, {0, 0});
  if (!has_vectors(head)) return AttentionSource::position_terms(head, row, out);
  const Range rows{row, row + 1}, keys{0, info_.tokens(head.stack, Side::kKey).size()};
  HeadBlock block(rules(head), layer(head), head.id.head, rows, keys);
  const std::vector<float> zeros(static_cast<size_t>(block.scores.width), 0.0f);
  block.scores.query = zeros.data();
  block.scores.rule.softcap.reset();
  score_block(block.scores, rows, keys, out, keys.size());
}

bool Trace::has_vectors(HeadRef head) const { return rules(head).holds == Holds::kVectors; }

HeadVectors Trace::query(HeadRef head) const {
  return head_vectors(layer(head).query, head.id.head);
}
HeadVectors Trace::key(HeadRef head) const {
  return head_vectors(layer(head).key, rules(head).key_head(head.id.head));
}
HeadVectors Trace::value(HeadRef head) const {
  return head_vectors(layer(head).value, rules(head).key_head(head.id.head));
}
TensorView<const float> Trace::logsumexp(HeadRef head) const {
  return head_numbers(layer(head).logsumexp, head.id.head);
}
TensorView<const float> Trace::value_norm(HeadRef head) const {
  return head_numbers(layer(head).value_norm, head.id.head);
}
TensorView<const float> Trace::sink(HeadRef head) const {
  return head_numbers(layer(head).sink, head.id.head);
}

std::span<const float> Trace::contribution() const { return contribution_of_words.floats(); }

// Every array once, shared ones too: of the layers in order, then those of the whole trace.
std::vector<Array> Trace::all_arrays() const {
  std::vector<Array> all;
  for (size_t s = 0; s < arrays_.size(); ++s) {
    for (size_t l = 0; l < arrays_[s].size(); ++l) {
      const LayerInfo& layer = info_.stacks[s].layers[l];
      for (const LayerField& field : layer_fields()) {
        if (field.array == &LayerArrays::mask && layer.mask_of) continue;
        if (field.array == &LayerArrays::bias && layer.bias_of) continue;
        all.push_back(arrays_[s][l].*field.array);
      }
    }
  }
  all.insert(all.end(), hidden.begin(), hidden.end());
  all.push_back(contribution_of_words);
  all.push_back(image);
  return all;
}

int64_t Trace::bytes() const {
  int64_t sum = 0;
  for (const Array& array : all_arrays()) sum += array.bytes();
  return sum;
}

std::string Trace::content_id() const {
  const std::vector<Array> all = all_arrays();
  std::vector<Digest::Bytes> digests(all.size());
  parallel_for(static_cast<int64_t>(all.size()), [&](int64_t k) {
    const Array& array = all[static_cast<size_t>(k)];
    Digest own;
    own.add(array.empty() ? "none" : name_of(array.dtype()));
    own.add(array.data(), static_cast<size_t>(array.bytes()));
    digests[static_cast<size_t>(k)] = own.finish();
  });
  Digest digest;
  digest.add(dump_json(trace_info_to_json(info_)));
  for (const Digest::Bytes& own : digests) digest.update(own.data(), own.size());
  return digest.hex();
}

std::shared_ptr<const Trace> round_vectors(const Trace& trace, DType dtype) {
  std::vector<StackArrays> arrays = trace.arrays();
  for (size_t s = 0; s < arrays.size(); ++s) {
    for (size_t l = 0; l < arrays[s].size(); ++l) {
      const LayerInfo& layer = trace.info().stacks[s].layers[l];
      if (layer.kind == LayerKind::kNone || layer.holds == Holds::kWeights) continue;
      LayerArrays& own = arrays[s][l];
      const std::vector<float> logits = sink_logits(layer, own);
      bool changed = false;
      for (Array LayerArrays::* vectors :
           {&LayerArrays::query, &LayerArrays::key, &LayerArrays::value}) {
        Array rounded = (own.*vectors).as(dtype);
        changed |= is_half(dtype) && (own.*vectors).dtype() != dtype;
        // float16 ends at 65504; an infinity is no vector.
        check_values(rounded, Finite::kYes,
                     "the vectors of layer " + std::to_string(layer.layer) + " as " +
                         std::string(name_of(dtype)),
                     "trace");
        own.*vectors = std::move(rounded);
      }
      if (!changed) continue;
      LayerSums sums = layer_logsumexp(layer, own, logits);
      own.logsumexp = std::move(sums.logsumexp);
      if (layer.rule.sinks) own.sink = std::move(sums.sink);
    }
  }
  auto out = std::make_shared<Trace>(trace.info(), std::move(arrays));
  out->hidden = trace.hidden;
  out->contribution_of_words = trace.contribution_of_words;
  out->image = trace.image;
  out->other_metadata = trace.other_metadata;
  out->read_metadata = trace.read_metadata;
  return out;
}

}  // namespace headscope
