#include "headscope/attention_source.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "format/checked_shape.h"
#include "format/json.h"
#include "headscope/error.h"
#include "trace/trace_json.h"

namespace headscope {

namespace {

[[noreturn]] void lacks(const std::string& what) {
  throw Error(ErrorCode::kUsage, "this source holds attention weights only", "a trace with " + what,
              "Make one with `headscope trace`", "HS-CAP-01");
}

std::string text(Range range) {
  return std::to_string(range.begin) + ":" + std::to_string(range.end);
}

void check_range(const char* name, Range range, int64_t size) {
  if (range.begin < 0 || range.end < range.begin || range.end > size) {
    throw Error(ErrorCode::kUsage, std::string(name) + " " + text(range),
                "a range within 0:" + std::to_string(size));
  }
}

}  // namespace

void AttentionSource::check(HeadRef head, Range rows, Range cols) const {
  const TraceInfo& trace = info();
  check_head(trace.stacks, head);
  check_range("rows", rows, trace.tokens(head.stack, Side::kQuery).size());
  check_range("cols", cols, trace.tokens(head.stack, Side::kKey).size());
}

bool AttentionSource::has_vectors() const {
  for (const HeadRef head : all_heads()) {
    if (!has_vectors(head)) return false;
  }
  return true;
}

std::string AttentionSource::content_id() const {
  Digest digest;
  digest.add(dump_json(trace_info_to_json(info())));
  std::vector<float> row;
  for (const HeadRef head : all_heads()) {
    const int64_t n = info().tokens(head.stack, Side::kQuery).size();
    const int64_t m = info().tokens(head.stack, Side::kKey).size();
    row.resize(static_cast<size_t>(m));
    for (int64_t i = 0; i < n; ++i) {
      weights(head, {i, i + 1}, {0, m}, row.data());
      digest.add(row.data(), row.size() * sizeof(float));
    }
  }
  return digest.hex();
}

std::string_view name_of(Quantity quantity) {
  switch (quantity) {
    case Quantity::kWeight:
      return "weight";
    case Quantity::kNorm:
      return "norm";
    case Quantity::kScore:
      return "score";
    case Quantity::kRollout:
      return "rollout";
    case Quantity::kFlow:
      return "flow";
  }
  return "weight";
}

void AttentionSource::prepare(HeadRef, Range, const RunControl&) const {}
void AttentionSource::scores(HeadRef, Range, Range, float*) const { lacks("query and key"); }
void AttentionSource::position_terms(HeadRef, int64_t, float*) const { lacks("query and key"); }
HeadVectors AttentionSource::query(HeadRef) const { return {}; }
HeadVectors AttentionSource::key(HeadRef) const { return {}; }
HeadVectors AttentionSource::value(HeadRef) const { return {}; }
TensorView<const float> AttentionSource::logsumexp(HeadRef) const { return {}; }
TensorView<const float> AttentionSource::value_norm(HeadRef) const { return {}; }
TensorView<const float> AttentionSource::sink(HeadRef) const { return {}; }

namespace {

class ArraySource : public AttentionSource {
 public:
  ArraySource(TraceInfo info, std::vector<Array> attention)
      : info_(std::move(info)), attention_(std::move(attention)) {
    size_t count = 0;
    for (size_t s = 0; s < info_.stacks.size(); ++s) {
      const int64_t n = info_.tokens(static_cast<int>(s), Side::kQuery).size();
      const int64_t m = info_.tokens(static_cast<int>(s), Side::kKey).size();
      for (const LayerInfo& layer : info_.stacks[s].layers) {
        if (layer.kind == LayerKind::kNone) continue;
        if (count < attention_.size()) check_map(count, {layer.heads, n, m});
        first_[{static_cast<int>(s), layer.layer}] = count++;
      }
    }
    if (attention_.size() != count) {
      throw Error(ErrorCode::kBadInput, std::to_string(attention_.size()) + " attention arrays",
                  "one a layer, " + std::to_string(count), {}, "HS-ARR-01");
    }
  }

  const TraceInfo& info() const override { return info_; }

  int64_t bytes() const override {
    int64_t sum = 0;
    for (const Array& map : attention_) sum += map.bytes();
    return sum;
  }

  void weights(HeadRef head, Range rows, Range cols, float* out) const override {
    check(head, rows, cols);
    const Array& layer = attention_[first_.at({head.stack, head.id.layer})];
    const int64_t n = layer.shape()[1], m = layer.shape()[2];
    const float* map = layer.floats().data() + head.id.head * n * m;
    for (int64_t i = rows.begin; i < rows.end; ++i) {
      out = std::copy(map + i * m + cols.begin, map + i * m + cols.end, out);
    }
  }

 private:
  void check_map(size_t index, const std::vector<int64_t>& shape) const {
    const Array& map = attention_[index];
    if (map.dtype() == DType::kF32 && map.shape() == shape) return;
    throw Error(ErrorCode::kBadInput,
                "attention[" + std::to_string(index) + "] of " +
                    std::string(headscope::name_of(map.dtype())) + " " + shape_text(map.shape()),
                "F32 " + shape_text(shape), {}, "HS-ARR-01");
  }

  TraceInfo info_;
  std::vector<Array> attention_;                 // [H,N,M] a layer
  std::map<std::pair<int, int>, size_t> first_;  // (stack, layer's number) → its map
};

}  // namespace

std::unique_ptr<AttentionSource> make_array_source(TraceInfo info, std::vector<Array> attention) {
  return std::make_unique<ArraySource>(std::move(info), std::move(attention));
}

}  // namespace headscope
