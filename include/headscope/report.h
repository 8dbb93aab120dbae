// Statistics as JSON and CSV; the shards of one run read from their JSON and merged.
// docs/formats.md describes the files. The readable page: headscope/report_page.h.
#pragma once

#include <string>
#include <vector>

#include "headscope/partial.h"
#include "headscope/statistics.h"

namespace headscope {

// JSON array of heads, `clark`: with Clark et al. 2019's own measures.
std::string heads_json(const std::vector<HeadReport>& heads, bool clark);
// One head as the page asks for it: its entry in a map, and all of its evidence (an entry of
// heads_json); JSON objects. `stack`: its name in the trace, "self" too.
struct HeadText {
  HeadId id;  // of the stack that was asked for
  std::string brief, whole;
};
std::vector<HeadText> head_texts(const std::vector<HeadReport>& heads, const std::string& stack);
// The first out of the second.
std::string brief_head(const std::string& whole, const std::string& stack);
// {heads, js, xy}; heads by name, "decoder.L2H0" where the model has several stacks.
std::string similarity_json(const Statistics::Similarity& similarity);
// One line a head, after its stack where the model has several: labels and leanings joined by ";",
// every score with its chance, lift, z, standard error, queries and words-only share.
std::string heads_csv(const std::vector<HeadReport>& heads, bool clark);

// What `headscope patterns --json` prints of one text (docs/formats.md); `heads`: of `statistics`.
std::string patterns_json(const TraceInfo& info, const Statistics& statistics,
                          const std::vector<HeadReport>& heads, const Thresholds& thresholds,
                          const std::vector<std::string>& notes);

// The report as JSON (docs/formats.md): settings, thresholds, notes, heads, similarity, and for a
// shard `partial`.
std::string report_json(const CorpusReport& report);

struct ReportFile {
  std::string name;
  std::string json;
};
// The shards of one run as the report of that run. Throws Error(kBadInput) naming the file: no
// shard's report, another model, other settings, a shard missing or given twice.
CorpusReport merge_reports(const std::vector<ReportFile>& parts);

}  // namespace headscope
