// The settings of an analysis as JSON: written into reports and checkpoints, compared when a run
// resumes or shards merge.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "format/json.h"
#include "headscope/corpus_analysis.h"

namespace headscope {

inline constexpr const char* kCheckpointFormat = "headscope-analysis-checkpoint";
inline constexpr int64_t kReportVersion = 1;

// {files, format, pairs, max_tokens, …, corpus {hash, texts, …}}. `files` names what was read; what
// tells one corpus from another is its hash, so shards may have it at other paths.
Json settings_json(const CorpusSettings& settings, int64_t max_tokens, const CorpusScan& scan,
                   int64_t similarity_rows);
Json model_json(const ModelInfo& model);
ModelInfo parse_model(const Json& json, const std::string& source);

// Throws Error(kBadInput) naming `source` and the first setting that differs; `files` and `except`
// may differ.
void require_same_settings(const Json& got, const Json& expected,
                           const std::vector<std::string>& except, const std::string& source,
                           const std::string& action);
// The same weights by fingerprint; by name where one is not known.
void require_same_model(const Json& got, const Json& expected, const std::string& source,
                        const std::string& action);

// The JSON object `object` with one more field, whose value is JSON text already.
std::string with_field(std::string object, std::string_view name, std::string_view value);

}  // namespace headscope
