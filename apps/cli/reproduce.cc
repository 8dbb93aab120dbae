// headscope reproduce article|clark2019
#include "reproduce.h"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "command.h"
#include "head_tables.h"
#include "headscope/article.h"
#include "headscope/demo.h"
#include "headscope/error.h"
#include "headscope/token_text.h"

namespace headscope::cli {
namespace {

using nlohmann::ordered_json;

// What the article says of one query: the keys that get most of its attention, and how much.
struct Claim {
  HeadId head;
  int query;
  std::vector<int> keys;  // the heaviest ones, in any order
  const char* words;
  double least;  // of their weights' sum, as the words mean it
};
// "Nearly all" is read as .9, "most" as a half, the rest as: more than any other key.
const std::vector<Claim>& claims() {
  static const std::vector<Claim> all = {
      {{2, 0}, 1, {2}, "nearly all on the next token", .9},
      {{2, 0}, 7, {0}, "the first [SEP] goes to [CLS]", 0},
      {{2, 0}, 18, {0}, "so does the last", 0},
      {{6, 11}, 2, {1}, "much on the previous token", 0},
      {{2, 6}, 5, {5, 10}, "most on itself and the other “store”", .5},
      {{10, 10}, 10, {5}, "most on the “store” of the first sentence", .5},
      {{2, 1}, 15, {16}, "straw looks at ##berries", 0},
      {{2, 1}, 16, {15}, "##berries looks at straw", 0},
      {{6, 4}, 5, {7, 18}, "most on the two [SEP]", .5}};
  return all;
}

std::shared_ptr<const Trace> article_trace(const CommonOptions& common, bool& from_model) {
  TextOptions texts;
  texts.texts = {std::string(kArticleTextA), std::string(kArticleTextB)};
  from_model = true;
  try {
    return open_source(common, texts);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound || common.model != kArticleModel) throw;
  }
  from_model = false;
  return demo_trace();
}

ReproducedRow check_claim(const Trace& trace, const Claim& claim) {
  const TokenSequence& tokens = trace.info().tokens(0, Side::kQuery);
  const int64_t n = tokens.size();
  std::vector<float> row(static_cast<size_t>(n));
  trace.weights({0, claim.head}, {claim.query, claim.query + 1}, {0, n}, row.data());
  const auto name = [&](int token) {
    return readable_token(tokens.tokens[static_cast<size_t>(token)],
                          trace.info().model.byte_tokens) +
           " (" + std::to_string(token) + ")";
  };
  std::vector<int> order;
  for (int j = 0; j < n; ++j) order.push_back(j);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return row[static_cast<size_t>(a)] > row[static_cast<size_t>(b)];
  });
  order.resize(claim.keys.size());
  ReproducedRow out;
  out.what = to_string(claim.head) + ", " + name(claim.query);
  out.paper = claim.words;
  double sum = 0;
  std::string ours;
  for (const int key : order) {
    const auto weight = static_cast<double>(row[static_cast<size_t>(key)]);
    sum += weight;
    ours += (ours.empty() ? "" : ", ") + name(key) + " " + score_text(weight, 4);
  }
  out.ours = ours;
  out.tolerance = order.size() == 1 ? "the heaviest key" : "the two heaviest keys";
  if (claim.least > 0) out.tolerance += ", ≥ " + score_text(claim.least, 1);
  std::sort(order.begin(), order.end());
  out.ok = order == claim.keys && sum >= claim.least;
  return out;
}

std::string cell_text(const ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  return score_text(value.is_number() ? value.get<double>() : std::nan(""));
}

void print_rows(const Reproduction& found) {
  std::printf("%s\n%s\n\n", found.paper.c_str(), printable(found.sources).c_str());
  int what = 4, paper = 5, ours = 4, tolerance = 9;
  for (const ReproducedRow& row : found.rows) {
    what = std::max(what, display_width(row.what));
    paper = std::max(paper, display_width(cell_text(row.paper)));
    ours = std::max(ours, display_width(cell_text(row.ours)));
    tolerance = std::max(tolerance, display_width(row.tolerance));
  }
  const auto line = [&](const std::string& a, const std::string& b, const std::string& c,
                        const std::string& d, const char* e) {
    std::printf("%s  %s  %s  %s  %s\n", cell(a, what).c_str(), cell(b, paper).c_str(),
                cell(c, ours).c_str(), cell(d, tolerance).c_str(), e);
  };
  line("what", "paper", "ours", "tolerance", "");
  for (const ReproducedRow& row : found.rows) {
    line(row.what, cell_text(row.paper), cell_text(row.ours), row.tolerance,
         row.ok ? "ok" : "OUTSIDE");
  }
}

void print_rows_json(const Reproduction& found) {
  ordered_json rows = ordered_json::array();
  for (const ReproducedRow& row : found.rows) {
    rows.push_back({{"what", row.what},
                    {"paper", row.paper},
                    {"ours", row.ours},
                    {"tolerance", row.tolerance},
                    {"ok", row.ok}});
  }
  print_json({{"paper", found.paper}, {"sources", found.sources}, {"rows", std::move(rows)}});
}

void run(const ReproduceOptions& options) {
  const bool article = options.paper == "article";
  if (article && !options.corpus.empty()) {
    throw Error(ErrorCode::kUsage, "--corpus with article", "no corpus: it has its own sentences");
  }
  const Reproduction found = article ? reproduce_article(options) : reproduce_clark(options);
  options.common.json ? print_rows_json(found) : print_rows(found);
  const auto outside = std::count_if(found.rows.begin(), found.rows.end(),
                                     [](const ReproducedRow& row) { return !row.ok; });
  if (outside == 0) return;
  std::fflush(stdout);
  throw Error(ErrorCode::kInternal,
              std::to_string(outside) + " of " + std::to_string(found.rows.size()) +
                  " rows lie outside their tolerance",
              "all within");
}

}  // namespace

Reproduction reproduce_article(const ReproduceOptions& options) {
  bool from_model = false;
  const auto trace = article_trace(options.common, from_model);
  const auto heads = all_heads(trace->info().stacks);
  const TokenSequence& tokens = trace->info().tokens(0, Side::kQuery);
  if (heads.size() != 144 || heads.back().id != HeadId{11, 11} || tokens.size() != 19) {
    throw Error(ErrorCode::kUsage, "the model " + trace->info().model.name,
                "the article's, " + std::string(kArticleModel));
  }
  Reproduction out;
  out.paper =
      "J. Vig, Deconstructing BERT: Distilling 6 Patterns from 100 Million Parameters, 2018";
  out.sources = (from_model ? "Weights: " + trace->info().model.name
                            : std::string("Built-in trace of ") + std::string(kArticleModel)) +
                " (Google, Apache-2.0). Text: the article's pair of sentences.";
  for (const Claim& claim : claims()) out.rows.push_back(check_claim(*trace, claim));
  return out;
}

void register_reproduce(CommandLine& line) {
  const auto options = std::make_shared<ReproduceOptions>();
  const Command command =
      line.add("reproduce", "A paper's statements beside what is measured here, with tolerances");
  add_common(command, options->common);
  command
      .option("paper", options->paper,
              "article: Deconstructing BERT (Vig 2018), on its pair of sentences; clark2019: "
              "What Does BERT Look At? (Clark et al. 2019), on a corpus")
      .type_name("article|clark2019")
      .one_of({"article", "clark2019"})
      .required();
  command
      .option("--corpus", options->corpus,
              "clark2019: sentences, a line each (figures 2 and 4), or a CoNLL-U treebank "
              "(table 1)")
      .type_name("FILE");
  command.option("--sample", options->sample, "clark2019: segments of a text that are measured")
      .range(int64_t{2}, int64_t{1} << 30)
      .show_default();
  command.runs([options] { run(*options); });
}

}  // namespace headscope::cli
