// AttentionSource: where attention weights come from. Analysis, figures and views take this
// interface only, so that they run alike on a Trace (weights recomputed from q, k and the
// log-sum-exp) and on stored arrays (maps of another program, 4×4 matrices of a test).
//
// Goals: any rows × keys of any head, exactly, without an N×N map in memory.
// Non-goals: pooling, filters, quantities: those are tiles (headscope/tile.h), built on this.
#pragma once

#include <memory>
#include <string_view>

#include "headscope/run_control.h"
#include "headscope/tensor.h"
#include "headscope/trace_info.h"

namespace headscope {

// Names one head of one stack. `stack` indexes TraceInfo::stacks; id.layer is the model's number.
struct HeadRef {
  int stack = 0;
  HeadId id;
  friend auto operator<=>(const HeadRef&, const HeadRef&) = default;
};

// What is asked of a map. Norm and score are computed from a source of weights; rollout and flow
// are sources of their own (headscope/flow.h).
enum class Quantity { kWeight, kNorm, kScore, kRollout, kFlow };
std::string_view name_of(Quantity quantity);  // "weight"

class AttentionSource {
 public:
  virtual ~AttentionSource() = default;

  virtual const TraceInfo& info() const = 0;

  // What weights() gives: kWeight, or kRollout or kFlow of a derived source.
  virtual Quantity quantity() const { return Quantity::kWeight; }

  // Does ahead, spread over threads and cancellable, the long work that weights() of these rows
  // would need. Most sources have none. Throws as weights() would.
  virtual void prepare(HeadRef head, Range rows, const RunControl& control) const;
  // Bytes of what it has computed and keeps, beyond what it was made of. Any thread, at any time.
  virtual int64_t kept_bytes() const { return 0; }

  // Attention weights A[i,j] of queries [rows] × keys [cols] into out [rows.size(), cols.size()].
  // A masked key has weight exactly 0. Thread-safe. Throws Error(kUsage) when a range or head is
  // outside the source.
  virtual void weights(HeadRef head, Range rows, Range cols, float* out) const = 0;

  // The same before softmax: cap(scale·q·k) + bias; masked keys are −infinity.
  // Sources without q and k throw Error(kUsage, id "HS-CAP-01"); see has_vectors().
  virtual void scores(HeadRef head, Range rows, Range cols, float* out) const;

  // q, k and the log-sum-exp are there (neuron view, scores).
  virtual bool has_vectors() const { return false; }
  // [N, Dh], [M, Dh] of one head (key and value of its key/value head); empty views where absent.
  virtual TensorView<const float> query(HeadRef head) const;
  virtual TensorView<const float> key(HeadRef head) const;
  virtual TensorView<const float> value(HeadRef head) const;
  virtual TensorView<const float> logsumexp(HeadRef head) const;  // [N]
  // ‖f(x_j)‖ of Kobayashi et al. 2020, [M]: the norm of the value vector after the head's slice of
  // the output projection. Empty where absent.
  virtual TensorView<const float> value_norm(HeadRef head) const;

  // Checks head and ranges against info(); every implementation calls it first.
  void check(HeadRef head, Range rows, Range cols) const;

  // Number of query heads of the whole source, and all of them in (stack, layer, head) order.
  std::vector<HeadRef> all_heads() const;
};

// Maps given as arrays. attention: one view [H,N,M] for every kept layer of every stack, in order;
// the memory must outlive the source.
std::unique_ptr<AttentionSource> make_array_source(TraceInfo info,
                                                   std::vector<TensorView<const float>> attention);

}  // namespace headscope
