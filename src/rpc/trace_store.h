// The traces that can be asked about, by content hash. Those of the start stay; those of runs and
// of opened files are kept up to a number of bytes, the least recently used go first, the newest
// two always stay: the sides of a comparison.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "format/json_fwd.h"
#include "headscope/attention_source.h"
#include "headscope/rpc.h"
#include "headscope/runner.h"
#include "headscope/tile.h"

namespace headscope {

struct StoredTrace {
  std::string id;
  std::shared_ptr<const AttentionSource> source;
  TraceOrigin origin = TraceOrigin::kRun;
  std::string title;

  const TraceInfo& info() const { return source->info(); }

  // C of pattern 5, [N·N]; empty where it is not known. Any thread.
  std::vector<double> contribution() const;
  bool has_contribution() const;
  void set_contribution(std::vector<double> value) const;

 private:
  mutable std::mutex mutex_;
  mutable std::vector<double> contribution_;

  friend class TraceStore;
  int64_t bytes() const;
  std::shared_ptr<const std::string> picture_;  // under the store's mutex
};
using StoredTracePtr = std::shared_ptr<const StoredTrace>;

class TraceStore {
 public:
  explicit TraceStore(int64_t limit) : limit_(limit) {}

  // The same content again, settings included, gives the entry that is there. Throws
  // Error(kBadInput) where the token lists of the source do not fit each other.
  // `picture`: the file that it was made from, kept with it; null = none.
  StoredTracePtr add(std::shared_ptr<const AttentionSource> source, TraceOrigin origin,
                     const std::string& title = {},
                     std::shared_ptr<const std::string> picture = nullptr);
  // The file of add(); null where there is none.
  std::shared_ptr<const std::string> picture_file(const StoredTrace& trace) const;
  // Null where it is not held (any more).
  StoredTracePtr peek(const std::string& id);
  // Throws Error(kNotFound, HS-TRACE-01).
  StoredTracePtr find(const std::string& id);
  // Lets go of a trace of a run; nothing where it is not held or stays.
  void remove(const std::string& id);
  // Those of the start: files in order, then the demo.
  std::vector<StoredTracePtr> fixed() const;
  int64_t size() const;
  int64_t bytes() const;  // of those that do not stay
  int64_t limit() const { return limit_; }

 private:
  mutable std::mutex mutex_;
  const int64_t limit_;
  int64_t bytes_ = 0;
  using Kept = std::shared_ptr<StoredTrace>;
  std::list<Kept> fixed_, recent_;  // recent: newest first
  std::map<std::string, Kept> by_id_;
};

// TRACE of docs/wire.md.
Json describe_trace(const StoredTrace& trace);
// A sequence of a trace file, and its sentences.
Json describe_tokens(const TokenSequence& tokens);
// true, or why the trace has no such numbers of whole maps.
Json quantities_of(const AttentionSource& source, Quantity quantity);
// … but has them of one query at a time: rollout and flow of long texts.
bool only_pinned(const AttentionSource& source, Quantity quantity);
// Throws Error(kUsage, HS-CAP-01) with the reason where it has neither.
void require_quantity(const AttentionSource& source, Quantity quantity);

}  // namespace headscope
