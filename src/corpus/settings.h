// The settings of an analysis as JSON: written into reports and checkpoints, compared when a run
// resumes or shards merge.
#pragma once

#include <string>
#include <vector>

#include "format/json_fwd.h"
#include "headscope/partial.h"

namespace headscope {

// {files, format, pairs, max_tokens, …, corpus {hash, texts, …}}. `files` names what was read; what
// tells one corpus from another is its hash, so shards may have it at other paths.
Json record_json(const CorpusRecord& record);
// Throws Error(kBadInput) naming `source`.
CorpusRecord parse_record(const Json& json, const std::string& source);
Json model_json(const ModelInfo& model);
ModelInfo parse_model(const Json& json, const std::string& source);

// Throws Error(kBadInput) naming `source` and the first setting that differs; `files` and `except`
// may differ.
void require_same_settings(const Json& got, const Json& expected,
                           const std::vector<std::string>& except, const std::string& source,
                           const std::string& action);
// The same for parts of one run, whose shards differ; those of workers that have only their lines
// (hash "") also in what the corpus holds.
void require_same_record(const CorpusRecord& got, const CorpusRecord& expected,
                         const std::string& source, const std::string& action);
// Throws unless both are the same weights: by fingerprint, by name where one is not known.
void require_same_model(const ModelInfo& got, const ModelInfo& expected, const std::string& source,
                        const std::string& action);

}  // namespace headscope
