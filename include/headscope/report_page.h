// The report of `analyze` as one readable offline page: map of labels, heads by pattern, grammar,
// distances between heads, and for every head its scores, distributions and best examples with the
// attention drawn in the text. No script, nothing fetched.
//
// It is made from the report's JSON (docs/formats.md), so an existing report can be turned into a
// page and the page cannot disagree with the numbers.
#pragma once

#include <string>

namespace headscope {

// `report` is the JSON of `analyze` or `patterns`. Throws Error(kBadInput) naming `source` where it
// is none.
std::string report_page(const std::string& report, const std::string& source);

}  // namespace headscope
