#include "rpc/derived_sources.h"

#include <algorithm>

#include "headscope/flow.h"

namespace headscope {

std::shared_ptr<const AttentionSource> DerivedSources::of(const StoredTracePtr& trace,
                                                          Quantity quantity) {
  if (!is_of_layer(quantity)) return trace->source;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) {
    return e.quantity == quantity && e.trace.lock() == trace;
  });
  if (known == entries_.end()) {
    entries_.push_front({trace, quantity, quantity_source(trace->source, quantity)});
  } else {
    entries_.splice(entries_.begin(), entries_, known);
  }
  trim_locked();
  return entries_.front().source;
}

void DerivedSources::trim() {
  const std::lock_guard<std::mutex> lock(mutex_);
  trim_locked();
}

void DerivedSources::trim_locked() {
  entries_.remove_if([](const Entry& e) { return e.trace.expired(); });
  int64_t bytes = 0;
  for (auto at = entries_.begin(); at != entries_.end();) {
    bytes += at->source->kept_bytes();
    const bool last_asked = at == entries_.begin();
    at = bytes > limit_ && !last_asked ? entries_.erase(at) : std::next(at);
  }
}

int64_t DerivedSources::bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  int64_t sum = 0;
  for (const Entry& e : entries_) sum += e.source->kept_bytes();
  return sum;
}

}  // namespace headscope
