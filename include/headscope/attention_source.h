// AttentionSource: where attention weights come from. Analysis, figures and views take this
// interface only, so that they run alike on a Trace (weights recomputed from q, k and the
// log-sum-exp) and on stored arrays (maps of another program, 4×4 matrices of a test).
//
// Goals: any rows × keys of any head, exactly, without an N×N map in memory.
// Non-goals: pooling, filters, quantities: those are tiles (headscope/tile.h), built on this.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "headscope/array.h"
#include "headscope/run_control.h"
#include "headscope/tensor.h"
#include "headscope/trace_info.h"

namespace headscope {

// The number that a map shows. Norm and score are computed from a source of weights; rollout and
// flow are sources of their own (headscope/flow.h).
enum class Quantity { kWeight, kNorm, kScore, kRollout, kFlow };
std::string_view name_of(Quantity quantity);  // "weight"

// Vectors of a head as float32, [rows, width]: those of the source itself, or widened copies of
// half-precision ones. Keeps what it shows alive.
class HeadVectors {
 public:
  HeadVectors() = default;  // absent
  HeadVectors(TensorView<const float> rows, std::shared_ptr<const void> owner)
      : rows_(rows), owner_(std::move(owner)) {}

  bool empty() const { return rows_.empty(); }
  const float* data() const { return rows_.data(); }
  int64_t extent(int axis) const { return rows_.extent(axis); }
  float operator()(int64_t row, int64_t column) const { return rows_(row, column); }
  const float* row(int64_t i) const { return rows_[i].data(); }

 private:
  TensorView<const float> rows_;
  std::shared_ptr<const void> owner_;
};

class AttentionSource {
 public:
  virtual ~AttentionSource() = default;

  virtual const TraceInfo& info() const = 0;

  // What weights() gives: kWeight, or kRollout or kFlow of a derived source.
  virtual Quantity quantity() const { return Quantity::kWeight; }

  // Bytes of the numbers that it holds or borrows.
  virtual int64_t bytes() const = 0;
  // 64 hex digits: SHA-256 over what the source says of itself and over its numbers. Equal content
  // has equal ids; the default goes through every map.
  virtual std::string content_id() const;
  // C of pattern 5 (headscope/statistics.h), [N, N] over the query tokens of the first stack, NaN
  // off words; empty where the source does not hold it.
  virtual std::span<const float> contribution() const { return {}; }

  // Does ahead, spread over threads and cancellable, the long work that weights() of these rows
  // would need. Most sources have none. Throws as weights() would.
  virtual void prepare(HeadRef head, Range rows, const RunControl& control) const;
  // Bytes of what it has computed and keeps, beyond what it was made of. Any thread, at any time.
  virtual int64_t kept_bytes() const { return 0; }

  // Attention weights A[i,j] of queries [rows] × keys [cols] into out [rows.size(), cols.size()].
  // A masked key has weight exactly 0. Thread-safe. Throws Error(kUsage) when a range or head is
  // outside the source.
  virtual void weights(HeadRef head, Range rows, Range cols, float* out) const = 0;

  // The same before softmax, by the layer's ScoreRule; masked keys are −infinity.
  // Layers without q and k throw Error(kUsage, id "HS-CAP-01"); see has_vectors().
  virtual void scores(HeadRef head, Range rows, Range cols, float* out) const;

  // What the layer's rule adds to the scores of query `row` by position, out [M]: the bias, 0 where
  // there is none, −infinity where a mask hides the key. Throws as scores() does.
  virtual void position_terms(HeadRef head, int64_t row, float* out) const;

  // q, k and the log-sum-exp of this head are there (neuron view, scores).
  virtual bool has_vectors(HeadRef) const { return false; }
  // … of every head.
  bool has_vectors() const;
  // [N, Dh], [M, Dh], [M, value width] of one head (key and value of its key/value head); empty
  // where absent.
  virtual HeadVectors query(HeadRef head) const;
  virtual HeadVectors key(HeadRef head) const;
  virtual HeadVectors value(HeadRef head) const;
  virtual TensorView<const float> logsumexp(HeadRef head) const;  // [N]
  // ‖f(x_j)‖ of Kobayashi et al. 2020, [M]: the norm of the value vector after the head's slice of
  // the output projection. Empty where absent.
  virtual TensorView<const float> value_norm(HeadRef head) const;
  // The part of each row that goes to the layer's sink logit, [N]; empty where there is none.
  virtual TensorView<const float> sink(HeadRef head) const;

  // The picture whose squares the tokens are, U8 [height, width, 3] as the model saw it; null where
  // there is none.
  virtual const Array* picture() const { return nullptr; }

  // Checks head and ranges against info(); every implementation calls it first.
  void check(HeadRef head, Range rows, Range cols) const;

  // All heads in (stack, layer, head) order.
  std::vector<HeadRef> all_heads() const { return headscope::all_heads(info().stacks); }
};

// Maps given as arrays. attention: one [H,N,M] of float32 for every kept layer with attention of
// every stack, in order. Throws Error(kBadInput, HS-ARR-01) for other shapes.
std::unique_ptr<AttentionSource> make_array_source(TraceInfo info, std::vector<Array> attention);

}  // namespace headscope
