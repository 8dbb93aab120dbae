#include "session/memory_plan.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

#include "headscope/error.h"
#include "model/forward.h"
#include "model/heads.h"

namespace headscope {

namespace {

// The number after `key` in a file of lines "key: value kB"; nullopt where there is none.
std::optional<int64_t> kilobytes_of(const char* path, const std::string& key) {
  std::ifstream file(path);
  std::string word;
  for (int64_t value = 0; file >> word;) {
    if (word == key + ":" && file >> value) return value * 1024;
  }
  return std::nullopt;
}

std::optional<int64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  int64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;  // no such file, or "max"
}

// What the control group leaves, version 2 or 1. Its use counts file pages that would be given up
// under pressure; those are taken off.
std::optional<int64_t> group_memory() {
  struct Group {
    const char *limit, *use, *statistics, *inactive;
  };
  constexpr Group kGroups[] = {
      {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat",
       "inactive_file"},
      {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes",
       "/sys/fs/cgroup/memory/memory.stat", "total_inactive_file"},
  };
  for (const Group& group : kGroups) {
    const auto limit = number_in(group.limit), use = number_in(group.use);
    if (!limit || !use) continue;
    int64_t inactive = 0;
    std::ifstream statistics(group.statistics);
    std::string key;
    for (int64_t value = 0; statistics >> key >> value;) {
      if (key == group.inactive) inactive = value;
    }
    return std::max<int64_t>(0, *limit - *use + inactive);
  }
  return std::nullopt;
}

std::optional<int64_t> address_space() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
  const auto used = kilobytes_of("/proc/self/status", "VmSize");
  return std::max<int64_t>(0, static_cast<int64_t>(limit.rlim_cur) - used.value_or(0));
}

}  // namespace

WeightPlan weight_plan(const WeightBytes& bytes, int64_t decoder_bytes) {
  const int64_t two = 2 * bytes.widest_packed;
  const int64_t once = bytes.once + bytes.widest_layer;
  const int64_t resident = once + bytes.layers + decoder_bytes;
  return {resident + bytes.second, resident + (bytes.second > 0 ? two : 0), once + two};
}

Residence choose_residence(const WeightPlan& plan, WeightPlace wanted, int64_t run,
                           std::optional<int64_t> available, const std::string& model) {
  const auto fits = [&](int64_t bytes) { return !available || bytes + run <= *available; };
  const bool smaller = plan.streamed < plan.resident;
  const bool streamed = wanted == WeightPlace::kStreamed ||
                        (wanted == WeightPlace::kAutomatic && !fits(plan.resident) && smaller);
  check_memory(streamed ? plan.streamed : plan.resident, available,
               "the model " + model + (streamed ? ", its layers read one by one," : ""),
               "Close other programs, or take a smaller model");
  if (streamed) return Residence::kNone;
  const bool one = plan.all <= plan.resident;  // a second packing is not there, or as small
  return one || fits(plan.all) ? Residence::kAll : Residence::kOfShortTexts;
}

namespace {

// What a trace keeps of one attention.
int64_t kept_floats(const AttentionSpec& spec, int64_t queries, int64_t keys,
                    const TraceOptions& options) {
  const int64_t of_queries = spec.query_width() + (spec.rule.sinks ? 2 : 1) * spec.heads;
  const int64_t of_values = options.with_values ? spec.value_width() + spec.heads : 0;
  const int64_t maps = options.with_attention ? spec.heads * queries * keys : 0;
  return queries * of_queries + keys * (spec.key_width() + of_values) + bias_size(spec, queries) +
         maps;
}

}  // namespace

int64_t trace_bytes(const ModelSpec& spec, int64_t batch, int64_t tokens,
                    const TraceOptions& options, int64_t memory) {
  int64_t floats = 0;
  for (int64_t l = 0; l < spec.layers(); ++l) {
    const auto& kept = options.layers;
    if (!kept.empty() && std::find(kept.begin(), kept.end(), l) == kept.end()) continue;
    const BlockSpec& block = spec.block(l);
    floats += kept_floats(block.attention, tokens, tokens, options);
    if (block.cross) floats += kept_floats(*block.cross, tokens, memory, options);
  }
  if (options.with_hidden) floats += (spec.layers() + 1) * tokens * spec.width;
  const int64_t at_once = std::min(batch * tokens, std::max(kMostRows, tokens));
  return batch * floats * static_cast<int64_t>(sizeof(float)) +
         ForwardPass::workspace_bytes(spec, at_once, tokens, memory);
}

int64_t masked_bytes(const ModelSpec& spec, bool streamed, int64_t rows, int64_t tokens) {
  const int64_t d = spec.width;
  const int64_t at_once = std::min(rows, std::max(kMostRows, tokens));
  const int64_t shared = std::min(rows, std::max(kMostSharedRows, tokens));
  const int64_t decoder_rows = streamed ? 2 * VocabularyHead::kStreamedRows : spec.embedding.vocab;
  const int64_t floats = at_once * d + shared * (spec.layers() + 1) * d +
                         VocabularyHead::kRows * spec.embedding.vocab +
                         spec.vocabulary.width * decoder_rows;
  return floats * static_cast<int64_t>(sizeof(float)) +
         ForwardPass::workspace_bytes(spec, at_once, tokens);
}

std::optional<int64_t> available_memory() {
  std::optional<int64_t> least;
  for (const auto& found :
       {kilobytes_of("/proc/meminfo", "MemAvailable"), group_memory(), address_space()}) {
    if (found) least = std::min(least.value_or(*found), *found);
  }
  return least;
}

std::string size_text(int64_t bytes) {
  constexpr double kGiga = 1e9, kMega = 1e6;
  const auto size = static_cast<double>(bytes);
  const bool large = size >= kGiga;
  char text[32];
  std::snprintf(text, sizeof text, large ? "%.1f GB" : "%.0f MB", size / (large ? kGiga : kMega));
  return text;
}

void check_memory(int64_t needed, std::optional<int64_t> available, const std::string& what,
                  const std::string& action) {
  if (!available || needed <= *available) return;
  throw Error(ErrorCode::kBadInput,
              what + " needs about " + size_text(needed) + " of memory and " +
                  size_text(*available) + " are free. Nothing was started",
              "enough free memory", action, "HS-MEM-01", ErrorNumbers{needed, *available});
}

void check_trace_memory(const ModelSpec& spec, int64_t batch, int64_t tokens,
                        const TraceOptions& options, std::optional<int64_t> available) {
  const int64_t needed = trace_bytes(spec, batch, tokens, options);
  if (!available || needed <= *available) return;
  const auto fits = [&](int64_t fewer) {
    return trace_bytes(spec, batch, fewer, options) <= *available;
  };
  int64_t most = 0;  // fits; `over` does not
  for (int64_t over = tokens; over - most > 1;) {
    const int64_t middle = most + (over - most) / 2;
    (fits(middle) ? most : over) = middle;
  }
  std::string action;
  if (most > 0) action = "Use " + std::to_string(most) + " tokens or fewer";
  TraceOptions ends = options;
  ends.layers = {0, static_cast<int>(spec.layers()) - 1};
  const int64_t of_ends = trace_bytes(spec, batch, tokens, ends);
  if (of_ends <= *available) {
    action += std::string(action.empty() ? "Keep" : ", or keep") + " fewer layers: --layers 0," +
              std::to_string(ends.layers[1]) + " (about " + size_text(of_ends) + ")";
  }
  if (action.empty()) action = "Close other programs";
  check_memory(needed, available,
               "a trace of " + std::to_string(tokens) + " tokens" +
                   (batch > 1 ? " in a batch of " + std::to_string(batch) : ""),
               action);
}

}  // namespace headscope
