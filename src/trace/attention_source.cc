#include "headscope/attention_source.h"

#include <algorithm>

#include "headscope/error.h"

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

int StackInfo::layer_index(int layer) const {
  const auto found = std::find(layers.begin(), layers.end(), layer);
  if (found == layers.end()) {
    std::string kept = layers.empty() ? "none" : std::to_string(layers.front());
    if (layers.size() > 1) kept += " to " + std::to_string(layers.back());
    throw Error(ErrorCode::kUsage, "layer " + std::to_string(layer), "one of the layers " + kept);
  }
  return static_cast<int>(found - layers.begin());
}

int TraceInfo::stack_index(const std::string& name) const {
  if (name.empty() && !stacks.empty()) return 0;
  for (size_t s = 0; s < stacks.size(); ++s) {
    if (stacks[s].name == name) return static_cast<int>(s);
  }
  throw Error(ErrorCode::kUsage, "stack '" + name + "'", "one of this trace's stacks");
}

const TokenSequence& TraceInfo::query_tokens(int stack) const {
  return stacks[stack].name == "encoder" ? key_tokens() : query;
}

const TokenSequence& TraceInfo::key_tokens(int stack) const {
  return stacks[stack].name == "decoder" ? query : key_tokens();
}

void AttentionSource::check(HeadRef head, Range rows, Range cols) const {
  const TraceInfo& trace = info();
  if (head.stack < 0 || head.stack >= static_cast<int>(trace.stacks.size())) {
    throw Error(ErrorCode::kUsage, "stack " + std::to_string(head.stack),
                "less than " + std::to_string(trace.stacks.size()));
  }
  const StackInfo& stack = trace.stacks[head.stack];
  const int heads = stack.heads[stack.layer_index(head.id.layer)];
  if (head.id.head < 0 || head.id.head >= heads) {
    throw Error(
        ErrorCode::kUsage, "head " + to_string(head.id),
        "heads 0 to " + std::to_string(heads - 1) + " in layer " + std::to_string(head.id.layer));
  }
  check_range("rows", rows, trace.query_tokens(head.stack).size());
  check_range("cols", cols, trace.key_tokens(head.stack).size());
}

std::vector<HeadRef> AttentionSource::all_heads() const {
  std::vector<HeadRef> all;
  const TraceInfo& trace = info();
  for (size_t s = 0; s < trace.stacks.size(); ++s) {
    const StackInfo& stack = trace.stacks[s];
    for (size_t l = 0; l < stack.layers.size(); ++l) {
      for (int h = 0; h < stack.heads[l]; ++h) {
        all.push_back({static_cast<int>(s), {stack.layers[l], h}});
      }
    }
  }
  return all;
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
TensorView<const float> AttentionSource::query(HeadRef) const { return {}; }
TensorView<const float> AttentionSource::key(HeadRef) const { return {}; }
TensorView<const float> AttentionSource::value(HeadRef) const { return {}; }
TensorView<const float> AttentionSource::logsumexp(HeadRef) const { return {}; }
TensorView<const float> AttentionSource::value_norm(HeadRef) const { return {}; }

namespace {

class ArraySource : public AttentionSource {
 public:
  ArraySource(TraceInfo info, std::vector<TensorView<const float>> attention)
      : info_(std::move(info)), attention_(std::move(attention)) {
    size_t layer = 0;
    for (size_t s = 0; s < info_.stacks.size(); ++s) {
      const StackInfo& stack = info_.stacks[s];
      const int64_t n = info_.query_tokens(static_cast<int>(s)).size();
      const int64_t m = info_.key_tokens(static_cast<int>(s)).size();
      first_.push_back(layer);
      for (const int heads : stack.heads) {
        if (layer >= attention_.size()) break;
        const auto& view = attention_[layer];
        if (view.rank() != 3 || view.extent(0) != heads || view.extent(1) != n ||
            view.extent(2) != m) {
          throw Error(ErrorCode::kBadInput,
                      "attention[" + std::to_string(layer) + "] of another shape",
                      "[" + std::to_string(heads) + ", " + std::to_string(n) + ", " +
                          std::to_string(m) + "]",
                      {}, "HS-ARR-01");
        }
        ++layer;
      }
    }
    size_t expected = 0;
    for (const StackInfo& stack : info_.stacks) expected += stack.layers.size();
    if (attention_.size() != expected) {
      throw Error(ErrorCode::kBadInput, std::to_string(attention_.size()) + " attention arrays",
                  "one a layer, " + std::to_string(expected), {}, "HS-ARR-01");
    }
  }

  const TraceInfo& info() const override { return info_; }

  void weights(HeadRef head, Range rows, Range cols, float* out) const override {
    check(head, rows, cols);
    const auto map = attention_[first_[head.stack] +
                                info_.stacks[head.stack].layer_index(head.id.layer)][head.id.head];
    for (int64_t i = rows.begin; i < rows.end; ++i) {
      const float* row = map[i].data();
      out = std::copy(row + cols.begin, row + cols.end, out);
    }
  }

 private:
  TraceInfo info_;
  std::vector<TensorView<const float>> attention_;  // [H,N,M] a layer
  std::vector<size_t> first_;                       // first layer of each stack
};

}  // namespace

std::unique_ptr<AttentionSource> make_array_source(TraceInfo info,
                                                   std::vector<TensorView<const float>> attention) {
  return std::make_unique<ArraySource>(std::move(info), std::move(attention));
}

}  // namespace headscope
