#include "head_tables.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <span>

#include "headscope/article.h"
#include "headscope/error.h"
#include "headscope/labels.h"
#include "terminal.h"

namespace headscope::cli {
namespace {

constexpr int kNameWidth = 34;  // the longest words of a label, numbered

const ScoreResult& score_of(const HeadReport& head, Score score) {
  return head.scores[static_cast<size_t>(score)];
}

// Tints of the label families, slots of the colour-blind-safe palette of the figures (256 colours).
const char* colour(LabelFamily family) {
  switch (family) {
    case LabelFamily::kPositional:
      return "\033[1;38;5;32m";
    case LabelFamily::kLexical:
      return "\033[1;38;5;35m";
    case LabelFamily::kDelimiter:
      return "\033[1;38;5;208m";
    case LabelFamily::kDiffuse:
      return "\033[1;38;5;133m";
    case LabelFamily::kMixed:
      break;
  }
  return "\033[2m";
}

std::string painted(const LabelInfo& label, const std::string& text) {
  return use_colour() ? colour(label.family) + text + "\033[0m" : text;
}

bool is_article_head(HeadId id) {
  const auto patterns = article_patterns();
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const ArticlePattern& p) { return id == p.head; });
}

// The article's pattern that a label's score measures, null where it has none.
const ArticlePattern* article_pattern(Score score) {
  if (score == Score::kSameAcross) score = Score::kSameAcrossAll;
  for (const ArticlePattern& pattern : article_patterns()) {
    if (pattern.score == score) return &pattern;
  }
  return nullptr;
}

// Heads by a score, best first; those where it is undefined are left out.
// By falling score; with a `label` only heads that may bear it.
std::vector<const HeadReport*> ranked(const std::vector<HeadReport>& heads, Score score,
                                      const LabelInfo* label = nullptr) {
  std::vector<const HeadReport*> order;
  for (const HeadReport& head : heads) {
    if (label && !label->holds_for(head.causal)) continue;
    if (!std::isnan(score_of(head, score).value)) order.push_back(&head);
  }
  std::stable_sort(order.begin(), order.end(), [&](const HeadReport* a, const HeadReport* b) {
    return score_of(*a, score).value > score_of(*b, score).value;
  });
  return order;
}

// "~" marks a score near its threshold.
std::string labels_of(const HeadReport& head) {
  std::string out;
  for (const std::string& name : head.labels) {
    const LabelDetail& detail = head.details.at(name);
    out += (out.empty() ? "" : ", ") + label_words(name, detail) + (detail.near_line ? "~" : "");
  }
  if (!out.empty()) return out;
  for (const std::string& name : head.leaning) {
    out += (out.empty() ? "leaning to " : ", ") + std::string(label_info(name).words);
  }
  return out.empty() ? "none" : out;
}

std::string obey_text(const HeadReport& head, std::string_view label) {
  const auto found = head.details.find(std::string(label));
  if (found == head.details.end() || std::isnan(found->second.of)) return "-";
  char text[64];
  std::snprintf(text, sizeof text, "%.0f/%.0f", found->second.obey, found->second.of);
  return text;
}

// "decoder.L2H0 *" is wider than "L2H0 *".
int head_width(const std::vector<HeadReport>& heads) {
  int width = 8;
  for (const HeadReport& head : heads) {
    if (!head.stack.empty()) width = std::max(width, display_width(head.name()) + 2);
  }
  return width;
}

void print_columns(const std::string& first, const std::vector<HeadReport>& heads) {
  std::printf("%s %7s %7s %7s %7s %9s  %s\n",
              cell(first, kNameWidth + 1 + head_width(heads)).c_str(), "score", "se", "chance",
              "lift", "obey", "label");
}

void print_row(const std::string& name, const HeadReport& head, int width, Score score,
               std::string_view label, bool mark) {
  const ScoreResult& s = score_of(head, score);
  const std::string where = head.name() + (mark && is_article_head(head.id) ? " *" : "");
  std::printf("%s %s %7s %7s %7s %7s %9s  %s\n", cell(name, kNameWidth).c_str(),
              cell(where, width).c_str(), score_text(s.value).c_str(), score_text(s.se).c_str(),
              score_text(s.chance).c_str(), score_text(s.lift, 2).c_str(),
              obey_text(head, label).c_str(), labels_of(head).c_str());
}

std::string_view label_of_score(Score score, bool causal) {
  for (const LabelInfo& row : label_table()) {
    if (row.holds_for(causal) && row.score == name_of(score)) return row.name;
  }
  return "";
}

void print_near_line(const std::vector<HeadReport>& heads) {
  const bool any = std::any_of(heads.begin(), heads.end(), [](const HeadReport& head) {
    return std::any_of(head.labels.begin(), head.labels.end(),
                       [&](const std::string& name) { return head.details.at(name).near_line; });
  });
  if (any) std::printf("~ near the line: less than 95 %% sure to lie above its threshold\n");
}

}  // namespace

std::string label_words(const std::string& name, const LabelDetail& detail) {
  if (detail.undecided) return "same word, elsewhere or in the other sentence";
  return std::string(label_info(name).words) + (detail.incl_itself ? " incl. itself" : "");
}

std::string score_text(double value, int decimals) {
  if (!std::isfinite(value)) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

Score parse_pattern(const std::string& name) {
  const LabelInfo& label = label_info(name);
  if (!label.name.empty()) return parse_score(label.score);
  try {
    return parse_score(name);
  } catch (const Error& error) {
    std::string labels;
    for (const LabelInfo& row : label_table()) {
      labels += (labels.empty() ? "" : ", ") + std::string(row.name);
    }
    throw Error(ErrorCode::kUsage, "pattern '" + name + "'", "a label (" + labels + ") or a score",
                "Scores: " + error.expected().substr(std::string("one of ").size()));
  }
}

bool is_article_model(const ModelInfo& model, const std::vector<HeadReport>& heads) {
  return model.name.find("bert-base-uncased") != std::string::npos && heads.size() == 144 &&
         heads.back().id == HeadId{11, 11};
}

void HeadTables::print_map() const {
  int columns = 0;
  for (const HeadReport& head : heads) columns = std::max(columns, head.id.head + 1);
  std::printf("Map of labels (rows: layers, columns: heads)");
  std::map<std::string, int> seen;
  const HeadReport* before = nullptr;
  for (const HeadReport& head : heads) {  // stack by stack, layer by layer
    const bool first = !before || head.stack != before->stack;
    if (first) {
      if (!head.stack.empty()) std::printf("\n%s", printable(head.stack).c_str());
      std::printf("\n     ");
      for (int h = 0; h < columns; ++h) std::printf("%3d", h);
    }
    if (first || head.id.layer != before->id.layer) std::printf("\n %3d ", head.id.layer);
    before = &head;
    const std::string name = head.labels.empty() ? "" : head.labels.front();
    ++seen[name];
    const LabelInfo& label = label_info(name);
    const bool marked = article && is_article_head(head.id);
    std::printf(" %s%s", painted(label, std::string(label.glyph)).c_str(), marked ? "*" : " ");
  }
  std::printf("\n\n");
  for (const LabelInfo& row : label_table()) {
    if (!seen.contains(std::string(row.name))) continue;
    std::printf("  %s %s (%d)", painted(row, std::string(row.glyph)).c_str(),
                std::string(row.words).c_str(), seen[std::string(row.name)]);
  }
  std::printf("  %s none (%d)%s\n", std::string(label_info("").glyph).c_str(), seen[""],
              article ? "  * the article's heads" : "");
}

void HeadTables::print_best(size_t count) const {
  print_columns("Best heads of each pattern", heads);
  const int width = head_width(heads);
  for (const LabelInfo& row : label_table()) {
    const bool any = std::any_of(heads.begin(), heads.end(),
                                 [&](const HeadReport& h) { return row.holds_for(h.causal); });
    if (row.name == "delimiters" || !any) continue;
    const Score score = parse_score(row.score);
    const ArticlePattern* pattern = article ? article_pattern(score) : nullptr;
    const auto order = ranked(heads, score, &row);
    std::string name =
        (pattern ? std::to_string(pattern->number) + " " : "  ") + std::string(row.words);
    // The article's patterns are always told of; what this model or text does not have is not.
    if (order.empty() && pattern) std::printf("%s -\n", cell(name, kNameWidth).c_str());
    for (size_t k = 0; k < order.size(); ++k) {
      if (k >= count && !(pattern && order[k]->id == pattern->head)) continue;
      if (k >= count) name = "    rank " + std::to_string(k + 1);
      print_row(name, *order[k], width, score, row.name, article);
      name.clear();
    }
  }
  print_near_line(heads);
}

void HeadTables::print_ranking(Score score, size_t count) const {
  const auto order = ranked(heads, score);
  if (order.empty()) {
    std::printf("The score %s is undefined here.\n", std::string(name_of(score)).c_str());
    return;
  }
  print_columns("Heads by " + std::string(name_of(score)), heads);
  const int width = head_width(heads);
  for (size_t k = 0; k < std::min(count, order.size()); ++k) {
    print_row(std::to_string(k + 1), *order[k], width, score,
              label_of_score(score, heads.front().causal), article);
  }
}

void print_notes(const std::vector<std::string>& notes) {
  const int width = std::clamp(terminal_width(100), 40, 100);
  for (const std::string& note : notes) {
    std::string line = "-";
    for (size_t begin = 0; begin < note.size();) {
      const size_t end = std::min(note.find(' ', begin), note.size());
      const std::string word = note.substr(begin, end - begin);
      if (display_width(line) + 1 + display_width(word) > width) {
        std::printf("%s\n", line.c_str());
        line = " ";
      }
      line += " " + word;
      begin = end + 1;
    }
    std::printf("%s\n", line.c_str());
  }
}

}  // namespace headscope::cli
