// Rollout and flow of the traces that are asked about (headscope/flow.h). They keep what they have
// computed, so they are kept up to a number of bytes: the least recently used are dropped first,
// and none outlives its trace in the store.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "rpc/trace_store.h"

namespace headscope {

class DerivedSources {
 public:
  explicit DerivedSources(int64_t limit) : limit_(limit) {}

  // What tiles of a quantity are computed from: the trace's own source, its rollout or its flow.
  std::shared_ptr<const AttentionSource> of(const StoredTracePtr& trace, Quantity quantity);
  // Drops sources beyond the limit, never the most recent one. of() does so too.
  void trim();
  int64_t bytes() const;

 private:
  struct Entry {
    std::weak_ptr<const StoredTrace> trace;
    Quantity quantity;
    std::shared_ptr<const AttentionSource> source;
  };
  void trim_locked();

  mutable std::mutex mutex_;
  int64_t limit_;
  std::list<Entry> entries_;  // asked for last first
};

}  // namespace headscope
