// Room for what a trace keeps of one stack of a text: its arrays, which a pass fills. Nobody clears
// them: a pass writes every number.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "headscope/runner.h"
#include "headscope/trace.h"
#include "model/forward.h"

namespace headscope {

class StackRoom {
 public:
  StackRoom(const ModelSpec& model, const StackInfo& stack, int64_t queries, int64_t keys,
            const TraceOptions& options);

  std::span<const KeptLayer> kept() const { return kept_; }  // [L], where the pass writes
  StackArrays arrays() && { return std::move(arrays_); }     // of the kept layers, after the pass

 private:
  StackArrays arrays_;
  std::vector<KeptLayer> kept_;
};

}  // namespace headscope
