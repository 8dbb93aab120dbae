// What becomes of statistics: JSON, CSV, and the shards of one run read from their JSON and merged.
// docs/formats.md describes the files. The readable page: headscope/report_page.h.
#pragma once

#include <string>
#include <vector>

#include "headscope/partial.h"
#include "headscope/statistics.h"

namespace headscope {

// JSON array of heads, `clark`: with Clark et al. 2019's own measures.
std::string heads_json(const std::vector<HeadReport>& heads, bool clark);
// One head as the page asks for it: what a map shows of it, and all of its evidence (an entry of
// heads_json); JSON objects.
struct HeadText {
  HeadId id;
  std::string brief, whole;
};
std::vector<HeadText> head_texts(const std::vector<HeadReport>& heads, const std::string& stack);
// The first out of the second.
std::string brief_head(const std::string& whole, const std::string& stack);
// {heads, js, xy}
std::string similarity_json(const Statistics::Similarity& similarity);
// One line a head: labels and leanings joined by ";", every score with its chance, lift, z,
// standard error, queries and words-only share.
std::string heads_csv(const std::vector<HeadReport>& heads, bool clark);

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
