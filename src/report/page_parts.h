// The sections of the report page, each HTML of its own.
#pragma once

#include <string>
#include <vector>

#include "format/json.h"

namespace headscope {

// A report whose fields have the types that the sections read. Fields beyond heads' layer, head,
// labels, scores and label_details may be absent.
struct Report {
  Json json;
  std::vector<std::string> stacks;  // names in order; one "" where the model has one
  int layers = 0;                   // highest layer and head number + 1
  int heads = 0;
  bool byte_tokens = false;  // ModelInfo::byte_tokens
};

// Throws Error(kBadInput) naming `source` and the field that is not of its type.
Report read_report(const std::string& text, const std::string& source);

// One cell a head: glyph of the best label, tint by its score; links to the head's section.
std::string report_map(const Report& report);
// For every label the heads that carry it, best first, with share, chance, lift and evidence.
std::string report_patterns(const Report& report);
// Classical MDS of the Jensen–Shannon distances; "" where the report has none.
std::string report_similarity(const Report& report);
// Best head for every relation against the best fixed offset; "" where the report has none.
std::string report_grammar(const Report& report);
// The heads that carry the links of the corpus, best first; "" where the report has none.
std::string report_links(const Report& report);
// One head in full: scores, distributions, offsets, attended words, examples and exceptions.
std::string report_head(const Json& head, bool byte_tokens);

// Of a head of the report.
std::string head_name(const Json& head);                    // "L2H0", "decoder.L2H0", as HTML
std::string best_label(const Json& head);                   // "" where it has none
double score_of(const Json& head, std::string_view score);  // NaN where undefined

// The style sheet.
extern const char* const kReportStyle;

}  // namespace headscope
