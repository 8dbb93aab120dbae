// The planner: what a run needs beside the weights, and whether this machine has it now. Command
// line, server and Python ask it alike, before anything is allocated.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "headscope/runner.h"
#include "model/spec.h"

namespace headscope {

// Rows of a batch that are computed at once; longer spans of texts are cut into such steps.
inline constexpr int64_t kMostRows = 4096;
// Rows whose hidden states are all kept, for variants of the model to start from.
inline constexpr int64_t kMostSharedRows = 1024;

// The arrays of `batch` traces of `tokens` tokens, and the buffers of the pass that fills them.
int64_t trace_bytes(const ModelSpec& spec, int64_t batch, int64_t tokens,
                    const TraceOptions& options);
// The buffers of masked-word runs over `rows` rows in texts of `tokens`, packed decoder included.
int64_t masked_bytes(const ModelSpec& spec, int64_t rows, int64_t tokens);

// Memory that this process could still take: of the machine, of its control group, of its address
// space limit, the least. nullopt where the system does not say.
std::optional<int64_t> available_memory();

// Throws Error(kBadInput, "HS-MEM-01") with both numbers when `needed` is more than `available`.
void check_memory(int64_t needed, std::optional<int64_t> available, const std::string& what);

}  // namespace headscope
