// The planner: what a run needs beside the weights, and whether this machine has it now. Command
// line, server and Python ask it alike, before anything is allocated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "headscope/model.h"
#include "model/transformer.h"

namespace headscope {

// Rows of a batch that are computed at once; longer spans of texts are cut into such steps.
inline constexpr int64_t kMostRows = 4096;
// Rows whose hidden states are all kept, for variants of the model to start from.
inline constexpr int64_t kMostSharedRows = 1024;

// What a model's weights take, with the room that the packing of one layer takes: in memory all of
// them; or those that short texts use, and two layers of the others, the one at work and the next;
// or two layers.
struct WeightPlan {
  int64_t all = 0, resident = 0, streamed = 0;
};
WeightPlan weight_plan(const WeightBytes& bytes, int64_t decoder_bytes);
// Which layers stay in memory: as many as leave room in `available` for `run`, bytes beside the
// weights; of kResident and kStreamed what they say. Throws Error(kBadInput, "HS-MEM-01") with both
// numbers where what they say, or the least, does not fit.
Residence choose_residence(const WeightPlan& plan, WeightPlace wanted, int64_t run,
                           std::optional<int64_t> available, const std::string& model);

// The arrays of `batch` traces of `tokens` tokens, and the buffers of the pass that fills them; of
// a decoder those of both of its stacks, attending to a memory of `memory` rows.
int64_t trace_bytes(const ModelSpec& spec, int64_t batch, int64_t tokens,
                    const TraceOptions& options, int64_t memory = 0);
// The buffers of masked-word runs over `rows` rows in texts of `tokens`, packed decoder included.
int64_t masked_bytes(const ModelSpec& spec, bool streamed, int64_t rows, int64_t tokens);

// "9.3 GB", "312 MB".
std::string size_text(int64_t bytes);

// Throws Error(kBadInput, "HS-MEM-01") with both numbers when `needed` is more than `available`.
void check_memory(int64_t needed, std::optional<int64_t> available, const std::string& what,
                  const std::string& action);
// The same of a trace; the action names the tokens or the layers that fit.
void check_trace_memory(const ModelSpec& spec, int64_t batch, int64_t tokens,
                        const TraceOptions& options, std::optional<int64_t> available);

}  // namespace headscope
