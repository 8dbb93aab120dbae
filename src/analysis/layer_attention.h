// The matrix that rollout and flow are made of: Ã = ½·(mean over heads of A) + ½·I of one layer,
// and the source that both derive from.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "headscope/attention_source.h"

namespace headscope {

// Ã[i, :] for i in rows, into out [rows, N]. Spread over threads; cancellable.
void residual_rows(const AttentionSource& weights, int stack, int layer, Range rows, float* out,
                   const RunControl& control);

// Rows [N] kept by (stack, layer, row); all are forgotten when they take more than 64 MiB.
class RowStore {
 public:
  struct Key {
    int stack = 0;
    int64_t layer = 0, row = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  const float* find(const Key& key) const;  // null where absent
  // To be called before the rows of one request are put, so that they stay together.
  void make_room(int64_t rows, int64_t n);
  void put(const Key& key, std::vector<float> row) { rows_[key] = std::move(row); }
  int64_t bytes() const;

 private:
  std::map<Key, std::vector<float>> rows_;
};

// A source whose maps follow from all layers up to the head's. Computes when asked, one request at
// a time, and keeps what it has computed.
class LayeredSource : public AttentionSource {
 public:
  explicit LayeredSource(std::shared_ptr<const AttentionSource> weights)
      : below_(std::move(weights)) {}
  const TraceInfo& info() const override { return below_->info(); }
  int64_t bytes() const final { return below_->bytes(); }
  void prepare(HeadRef head, Range rows, const RunControl& control) const final;
  void weights(HeadRef head, Range rows, Range cols, float* out) const final;
  int64_t kept_bytes() const final { return kept_.load(std::memory_order_relaxed); }

 protected:
  // What is asked: queries of the map of layer index `layer`, of N tokens.
  struct Question {
    int stack = 0;
    int64_t layer = 0, n = 0;
    Range rows;
  };
  const AttentionSource& below() const { return *below_; }
  // Called under a lock. Afterwards row() gives every row asked for.
  virtual void compute(const Question& question, const RunControl& control) const = 0;
  virtual const float* row(const Question& question, int64_t i) const = 0;  // [N]
  virtual int64_t held() const = 0;  // bytes; called under the lock

 private:
  Question question(HeadRef head, Range rows) const;
  void compute_and_count(const Question& question, const RunControl& control) const;

  std::shared_ptr<const AttentionSource> below_;
  mutable std::mutex mutex_;
  mutable std::atomic<int64_t> kept_{0};
};

}  // namespace headscope
