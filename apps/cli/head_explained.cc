// One head in full, for `patterns --head`.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "head_tables.h"
#include "headscope/labels.h"
#include "headscope/token_text.h"
#include "terminal.h"

namespace headscope::cli {
namespace {

std::string quoted(const std::string& token, bool byte_tokens) {
  return "\"" + readable_token(token, byte_tokens) + "\"";
}

// `"store" (5) → "the" (4)  0.412, on the pattern 0.020`
void print_example(const HeadTables& tables, const Example& e, bool exception) {
  const auto at = [&](int32_t position) {
    return tables.one_text ? " (" + std::to_string(position) + ")" : std::string();
  };
  std::printf("    %s%s → %s%s  %s", quoted(e.query_token, tables.byte_tokens).c_str(),
              at(e.query).c_str(), quoted(e.key_token, tables.byte_tokens).c_str(),
              at(e.key).c_str(), score_text(e.weight).c_str());
  if (exception || std::abs(e.share - e.weight) > .0005) {
    std::printf(", on the pattern %s", score_text(e.share).c_str());
  }
  if (!e.tokens.empty()) {
    std::string text;
    for (const std::string& token : e.tokens) {
      text += (text.empty() ? "" : " ") + readable_token(token, tables.byte_tokens);
    }
    std::printf("  in: %s", text.c_str());
  }
  std::printf("\n");
}

void print_label(const HeadTables& tables, const HeadReport& head, const std::string& name,
                 bool given) {
  const LabelInfo& info = label_info(name);
  const LabelDetail& d = head.details.at(name);
  std::printf("%s %s%s\n", std::string(info.glyph).c_str(), given ? "" : "leaning to ",
              label_words(name, d).c_str());
  if (d.undecided) {
    std::printf("    undecided: no word occurs again in both sentences\n");
  }
  if (given) {
    std::printf("    confidence %s%s\n", score_text(d.confidence).c_str(),
                d.near_line ? ", near the line" : "");
  }
  if (!std::isnan(d.of)) {
    std::printf("    %.0f of %.0f words give it their largest weight\n", d.obey, d.of);
  }
  if (!std::isnan(d.content_share)) {
    std::printf("    of the attention on the same word elsewhere, content words give %s\n",
                score_text(d.content_share).c_str());
  }
  if (!d.examples.empty()) std::printf("  strongest\n");
  for (const Example& e : d.examples) print_example(tables, e, false);
  // Labels of the probe keep no examples.
  if (!d.exceptions.empty() || (!std::isnan(d.of) && d.obey == d.of)) {
    std::printf("  exceptions%s\n", d.exceptions.empty() ? ": none" : "");
  }
  for (const Example& e : d.exceptions) print_example(tables, e, true);
}

void print_scores(const HeadReport& head) {
  std::printf("\n%-24s %7s %7s %7s %7s %8s %8s %8s %7s\n", "score", "value", "se", "chance", "lift",
              "z", "uniform", "words", "queries");
  for (size_t s = 0; s < kScoreCount; ++s) {
    const ScoreResult& r = head.scores[s];
    if (std::isnan(r.value)) continue;
    std::printf("%-24s %7s %7s %7s %7s %8s %8s %8s %7lld\n",
                std::string(name_of(static_cast<Score>(s))).c_str(), score_text(r.value).c_str(),
                score_text(r.se).c_str(), score_text(r.chance).c_str(),
                score_text(r.lift, 2).c_str(), score_text(r.z, 2).c_str(),
                score_text(r.uniform).c_str(), score_text(r.words_only).c_str(),
                static_cast<long long>(r.queries));
  }
}

void print_offsets(const HeadReport& head) {
  if (std::isnan(head.offsets[0])) return;  // cross-attention
  static constexpr const char* kBars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const double most = *std::max_element(head.offsets.begin(), head.offsets.end());
  std::string bars;
  for (const double mass : head.offsets) {
    bars += kBars[most > 0 ? static_cast<int>(std::ceil(8 * mass / most)) : 0];
  }
  std::printf("offsets -10 … +10        |%s|  most: %s\n", bars.c_str(), score_text(most).c_str());
}

}  // namespace

void HeadTables::print_head(const HeadReport& head) const {
  std::printf("%s%s\n", head.name().c_str(),
              head.labels.empty() ? ": no pattern above its threshold" : "");
  for (const std::string& name : head.labels) print_label(*this, head, name, true);
  for (const std::string& name : head.leaning) print_label(*this, head, name, false);
  for (const std::string& name : head.too_few) {
    std::printf("%s %s: too few words to tell\n", std::string(label_info(name).glyph).c_str(),
                std::string(label_info(name).words).c_str());
  }
  print_scores(head);
  std::printf("\nmean distance %s · reach of the heaviest key %s · entropy %s nats\n",
              score_text(head.distance, 2).c_str(), score_text(head.reach, 2).c_str(),
              score_text(head.entropy, 2).c_str());
  print_offsets(head);
  std::printf("most attended           ");
  for (size_t k = 0; k < std::min<size_t>(8, head.attended.size()); ++k) {
    std::printf(" %s %s", quoted(head.attended[k].token, byte_tokens).c_str(),
                score_text(head.attended[k].mass, 2).c_str());
  }
  std::printf("\n");
}

}  // namespace headscope::cli
