// headscope reproduce clark2019: Clark, Khandelwal, Levy, Manning 2019, What Does BERT Look At?
#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include "headscope/corpus_analysis.h"
#include "headscope/error.h"
#include "headscope/head_report.h"
#include "reproduce.h"

// Put there by headscope_embed (cmake/Headscope.cmake): data/clark2019/heads.csv.
extern "C" const unsigned char headscope_clark_heads[];
extern "C" const unsigned long headscope_clark_heads_size;

namespace headscope::cli {
namespace {

constexpr const char* kPaper =
    "K. Clark, U. Khandelwal, O. Levy, C. D. Manning, What Does BERT Look At?, 2019";
constexpr size_t kHeads = 144;

// The published values by column, a row a head in (layer, head) order.
std::map<std::string, std::vector<double>> published() {
  std::istringstream in(std::string(reinterpret_cast<const char*>(headscope_clark_heads),
                                    static_cast<size_t>(headscope_clark_heads_size)));
  std::vector<std::string> names;
  std::map<std::string, std::vector<double>> out;
  std::string line, field;
  std::getline(in, line);
  std::istringstream header(line);
  while (std::getline(header, field, ',')) names.push_back(field);
  while (std::getline(in, line)) {
    std::istringstream row(line);
    for (size_t c = 0; std::getline(row, field, ',') && c < names.size(); ++c) {
      if (names[c] != "fig6_label") out[names[c]].push_back(std::stod(field));
    }
  }
  return out;
}

double pearson(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  double mean_a = 0, mean_b = 0;
  for (size_t k = 0; k < a.size(); ++k) mean_a += a[k] / n, mean_b += b[k] / n;
  double ab = 0, aa = 0, bb = 0;
  for (size_t k = 0; k < a.size(); ++k) {
    ab += (a[k] - mean_a) * (b[k] - mean_b);
    aa += (a[k] - mean_a) * (a[k] - mean_a);
    bb += (b[k] - mean_b) * (b[k] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

// Every head's measure beside its dot in the figure: what the dots' order and spread agree on does
// not depend on the text, their level does.
void add_figures(const std::vector<HeadReport>& heads, std::vector<ReproducedRow>& rows) {
  struct Measure {
    const char *column, *clark, *words;
  };
  constexpr Measure kMeasures[] = {
      {"cls", "cls", "attention on [CLS], figure 2"},
      {"sep", "sep", "attention on [SEP], figure 2"},
      {"punct", "punctuation", "attention on \".\" and \",\", figure 2"},
      {"entropy_nats", "entropy", "entropy, figure 4"}};
  constexpr double kLeast = .99;
  auto theirs = published();
  for (const Measure& measure : kMeasures) {
    const auto at = static_cast<size_t>(
        std::find(kClarkNames.begin(), kClarkNames.end(), measure.clark) - kClarkNames.begin());
    std::vector<double> ours;
    for (const HeadReport& head : heads) ours.push_back(head.clark[at]);
    const double r = pearson(ours, theirs[measure.column]);
    rows.push_back({std::string(measure.words) + ": correlation of the 144 heads", 1, r, "≥ .99",
                    r >= kLeast});
  }
}

// Table 1, heads counted from 0; `ud` is what Universal Dependencies call the relation.
struct Relation {
  const char *theirs, *ud;
  HeadId head;
  double accuracy;
};
constexpr Relation kTable[] = {
    {"det", "det", {7, 10}, .943},         {"dobj", "obj", {7, 9}, .868},
    {"nsubj", "nsubj", {7, 1}, .585},      {"amod", "amod", {3, 9}, .756},
    {"poss", "nmod:poss", {6, 5}, .805},   {"aux", "aux", {3, 9}, .811},
    {"auxpass", "aux:pass", {3, 9}, .825}, {"advmod", "advmod", {6, 5}, .488},
    {"ccomp", "ccomp", {7, 0}, .488},      {"prt", "compound:prt", {5, 6}, .991}};
// Another treebank may be easier: their head must do the relation about as well as on theirs.
// `mark` is left out: Universal Dependencies count the "to" of infinitives there, theirs among
// `aux`.
constexpr double kPoints = .10;

void add_table(const std::vector<HeadReport>& heads, std::vector<ReproducedRow>& rows) {
  for (const Relation& row : kTable) {
    const auto head = std::find_if(heads.begin(), heads.end(),
                                   [&](const HeadReport& h) { return h.id == row.head; });
    const auto found = std::find_if(head->grammar.begin(), head->grammar.end(),
                                    [&](const RelationAccuracy& accuracy) {
                                      return accuracy.relation == row.ud &&
                                             accuracy.direction == LinkDirection::kDependentToHead;
                                    });
    ReproducedRow out;
    out.what = std::string(row.theirs) +
               (std::string_view(row.theirs) == row.ud ? "" : " (" + std::string(row.ud) + ")") +
               ", " + to_string(row.head) + ": accuracy";
    out.paper = row.accuracy;
    out.tolerance = "≥ theirs − .10";
    if (found != head->grammar.end()) {
      out.ours = found->accuracy;
      out.ok = found->accuracy >= row.accuracy - kPoints;
    }
    rows.push_back(std::move(out));
  }
}

}  // namespace

Reproduction reproduce_clark(const ReproduceOptions& options) {
  if (options.corpus.empty()) {
    throw Error(
        ErrorCode::kUsage, "no --corpus",
        "a text, a sentence a line and blank lines between documents, or a CoNLL-U treebank",
        "Their own, the Wall Street Journal, is not free. Others are: WikiText-2 "
        "(CC BY-SA 3.0) through tools/wikitext-sentences, UD English EWT (CC BY-SA 4.0) of "
        "universaldependencies.org");
  }
  CorpusSettings settings;
  settings.paths = {options.corpus};
  const bool treebank = format_of_path(options.corpus) == CorpusFormat::kConllu;
  settings.zero_segment_ids = !treebank;  // as they fed them
  if (!treebank) {
    settings.segments.pairs = true;
    settings.sample = options.sample;
  }
  const auto model = open_model_of(options.common);
  std::unique_ptr<CorpusAnalysis> analysis;
  {
    const LongWork work(options.common.quiet, "Reading the corpus", "segments");
    analysis = std::make_unique<CorpusAnalysis>(
        CorpusEngine{model->runner(), nullptr, nullptr, std::nullopt}, settings, work.control());
  }
  {
    const LongWork work(options.common.quiet, "Analysing", "segments");
    analysis->run_segments(work.control());
  }
  const std::vector<HeadReport> heads = analysis->report().heads();
  if (heads.size() != kHeads || heads.back().id != HeadId{11, 11}) {
    throw Error(ErrorCode::kUsage, "the model " + model->runner().model().name,
                "the paper's, bert-base-uncased");
  }
  Reproduction out;
  out.paper = kPaper;
  out.sources = "Weights: " + model->runner().model().name + ". Text: " + options.corpus + ", " +
                std::to_string(analysis->segments()) + " segments, under its own licence. ";
  if (treebank) {
    out.sources +=
        "The paper's numbers: table 1, on the Wall Street Journal with Stanford "
        "Dependencies, which is not free; this is another treebank.";
    add_table(heads, out.rows);
  } else {
    out.sources += "The paper's values: figures 2 and 4, digitised (data/clark2019).";
    add_figures(heads, out.rows);
  }
  return out;
}

}  // namespace headscope::cli
