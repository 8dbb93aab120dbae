#include <algorithm>
#include <cstdio>

#include "headscope/statistics.h"

namespace headscope {
namespace {

bool has(const HeadReport& head, std::string_view label) {
  return std::find(head.labels.begin(), head.labels.end(), label) != head.labels.end();
}

bool any(const std::vector<HeadReport>& heads, std::string_view label) {
  return std::any_of(heads.begin(), heads.end(),
                     [&](const HeadReport& head) { return has(head, label); });
}

}  // namespace

bool reads_segment_ids(std::string_view family) {
  return family == "bert" || family == "albert" || family == "electra";
}

std::vector<std::string> reading_notes(const Statistics& statistics,
                                       const std::vector<HeadReport>& heads,
                                       std::string_view family, bool zero_segment_ids) {
  std::vector<std::string> notes;
  char text[256];
  if (statistics.mean_tokens() < 40) {
    std::snprintf(text, sizeof text,
                  "%s %.0f tokens%s: on so short a text special tokens draw a large share by "
                  "themselves; many heads look like delimiter heads.",
                  statistics.segments() == 1 ? "This text has" : "Segments have",
                  statistics.mean_tokens(), statistics.segments() == 1 ? "" : " on average");
    notes.emplace_back(text);
  }
  notes.emplace_back(
      "Read the share first and the lift second: the longer the text, the larger the lift of the "
      "same share.");
  notes.emplace_back("A label is an average over words: see each label's exceptions.");
  if (any(heads, "same-word")) {
    notes.emplace_back(
        "On running text most \"same word\" attention is about \"the\", \",\" and \".\": "
        "content_share is the part that content words give.");
  }
  if (any(heads, "sep")) {
    notes.emplace_back("A head that rests on [SEP] may do something else on other input.");
  }
  if (any(heads, "broad")) {
    notes.emplace_back(
        "\"Broad\" is what untrained heads do: the absence of a pattern rather than one.");
  }
  if (any(heads, "first-token")) {
    notes.emplace_back(
        "A head that rests on the first token may do something else on other input.");
  }
  if (!heads.empty() && heads.front().causal) {
    notes.emplace_back(
        "Induction and duplicate are measured on a probe, random words repeated, and not on this "
        "text; shares and chance count the keys that a token sees: itself and those before it.");
    return notes;
  }
  if (!statistics.heads().square || !reads_segment_ids(family)) return notes;
  notes.emplace_back(zero_segment_ids
                         ? "Segment ids were all zero, as in Clark et al. 2019; true segment ids "
                           "give other broad and sentence heads."
                         : "True segment ids were fed; all-zero ids give other broad and sentence "
                           "heads.");
  return notes;
}

}  // namespace headscope
