// headscope demo [-o DIR]: the article's pair end to end; of a causal model demo_language.cc.
#include "headscope/demo.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "command.h"
#include "common.h"
#include "demo_language.h"
#include "head_tables.h"
#include "headscope/article.h"
#include "headscope/error.h"
#include "headscope/figure.h"
#include "headscope/output.h"
#include "headscope/statistics.h"
#include "headscope/token_text.h"

namespace headscope::cli {

namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct DemoCommand {
  CommonOptions common;
  std::string folder = "headscope-demo";
};

struct Source {
  std::shared_ptr<const Trace> trace;
  bool from_model = true;
};

TextOptions article_texts() {
  TextOptions texts;
  texts.texts = {std::string(kArticleTextA), std::string(kArticleTextB)};
  return texts;
}

// Without weights the demo shows the built-in trace.
Source open_demo(const CommonOptions& options) {
  try {
    return {open_source(options, article_texts()), true};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
  }
  if (!options.quiet) {
    std::fprintf(stderr,
                 "headscope: the weights of %s are not on this machine, so this is the built-in "
                 "demo trace.\n           Fetch them with `headscope pull %s`.\n",
                 options.model.c_str(), options.model.c_str());
  }
  return {demo_trace(), false};
}

// A pattern and the head that shows it: the article's head of the article's model, the best head of
// any other model.
struct Shown {
  const ArticlePattern* pattern = nullptr;
  HeadId head;
  int query = 0;  // the article's example word in this model's tokens
};

struct Key {
  int position = 0;
  float weight = 0;
};

// Where the example word of a pattern looks: its heaviest keys, at most three, from .05 on.
std::vector<Key> heaviest_keys(const Trace& trace, const Shown& shown) {
  constexpr size_t kMost = 3;
  constexpr float kLeast = 0.05f;
  const int64_t n = trace.info().tokens(0, Side::kQuery).size();
  std::vector<float> row(static_cast<size_t>(n));
  trace.weights({0, shown.head}, {shown.query, shown.query + 1}, {0, n}, row.data());
  std::vector<Key> keys;
  for (size_t j = 0; j < row.size(); ++j) {
    if (row[j] >= kLeast) keys.push_back({static_cast<int>(j), row[j]});
  }
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.position < b.position;
  });
  keys.resize(std::min(keys.size(), kMost));
  return keys;
}

std::string figure_name(const Shown& shown) {
  return "pattern-" + std::to_string(shown.pattern->number) + "-" + to_string(shown.head) + ".svg";
}

// Both halves of the article's figure: all words, and the example word.
std::string draw_pattern(const DemoCommand& options, const Trace& trace, const Shown& shown) {
  ViewState state;
  state.heads = {{shown.head.layer, shown.head.head}};
  state.pins = {{PinSide::kQuery, shown.query}};
  state.both_panels = true;
  FigureOptions figure;
  figure.title =
      "Pattern " + std::to_string(shown.pattern->number) + ", " + std::string(shown.pattern->name);
  figure.note =
      "layer " + std::to_string(shown.head.layer) + ", head " + std::to_string(shown.head.head);
  figure.output = figure_name(shown);
  const std::string path = (fs::path(options.folder) / figure.output).string();
  write_file_atomically(path, draw_figure(trace, state, figure).svg);
  return path;
}

// ".9989"
std::string share_text(double value) {
  char text[16];
  std::snprintf(text, sizeof text, "%.4f", value);
  return text[0] == '0' ? text + 1 : text;
}

// "went"; "store (5)" where the token occurs twice.
std::string word_of(const TraceInfo& info, int position) {
  const TokenSequence& tokens = info.tokens(0, Side::kQuery);
  const std::string& token = tokens.tokens[static_cast<size_t>(position)];
  const bool twice = std::count(tokens.tokens.begin(), tokens.tokens.end(), token) > 1;
  const std::string word = readable_token(token, info.model.byte_tokens);
  return twice ? word + " (" + std::to_string(position) + ")" : word;
}

struct Row {
  Shown shown;
  std::vector<Key> keys;
};

// The pattern over all words of the pair: the score of the head shown, and the best other heads.
std::string over_all_words(const std::vector<HeadReport>& heads, const Shown& shown) {
  constexpr size_t kOthers = 3;
  std::vector<std::pair<double, HeadId>> ranked;
  double own = kUndefined;
  for (const HeadReport& head : heads) {
    const double value = head.scores[static_cast<size_t>(shown.pattern->score)].value;
    if (head.id == shown.head) {
      own = value;
    } else if (!std::isnan(value)) {
      ranked.emplace_back(-value, head.id);
    }
  }
  if (std::isnan(own) || ranked.size() < kOthers) return {};
  std::sort(ranked.begin(), ranked.end());
  std::string out = share_text(own) + "; best others";
  for (size_t i = 0; i < kOthers; ++i) {
    out += (i == 0 ? " " : ", ") + to_string(ranked[i].second) + " " + share_text(-ranked[i].first);
  }
  return out;
}

// Pattern 5 needs the model's answers to 136 masked texts. The demo trace holds them for the
// weights it was made of.
std::vector<double> contribution_of(const Trace& trace) {
  if (const auto own = trace.contribution(); !own.empty()) return {own.begin(), own.end()};
  const auto demo = demo_trace();
  if (demo->info().model.fingerprint != trace.info().model.fingerprint) return {};
  const std::span<const float> known = demo->contribution();
  return {known.begin(), known.end()};
}

std::vector<HeadReport> measure_heads(const Trace& trace) {
  StatisticsOptions options;
  options.single_text = true;
  options.similarity = false;
  Statistics statistics(heads_of(trace.info().stacks), options);
  statistics.add(trace, 0);
  const std::vector<double> contribution = contribution_of(trace);
  if (!contribution.empty()) statistics.add_predictive(trace, contribution, 0);
  return statistics.report(Thresholds());
}

// The head with the highest share; nullopt where none is measured.
std::optional<HeadId> best_head(const std::vector<HeadReport>& heads, Score score) {
  const HeadReport* best = nullptr;
  const auto value = [&](const HeadReport& head) {
    return head.scores[static_cast<size_t>(score)].value;
  };
  for (const HeadReport& head : heads) {
    if (!std::isnan(value(head)) && (!best || value(head) > value(*best))) best = &head;
  }
  return best ? std::optional(best->id) : std::nullopt;
}

// The token in which the example word begins that has position `article_query` in the article.
int query_in(const TokenSequence& tokens, int article_query) {
  const auto demo = demo_trace();
  const TokenSequence& article = demo->info().tokens(0, Side::kQuery);
  const auto wanted = static_cast<size_t>(article_query);
  for (size_t i = 0; i < tokens.tokens.size(); ++i) {
    const Range at = tokens.offsets[i];
    if (!tokens.special[i] && tokens.sentences[i] == article.sentences[wanted] &&
        at.begin <= article.offsets[wanted].begin && article.offsets[wanted].begin < at.end) {
      return static_cast<int>(i);
    }
  }
  throw Error(ErrorCode::kBadInput, "the article's pair has other words for this model",
              "a model whose tokenizer keeps the words of English");
}

std::vector<Shown> patterns_of(const Trace& trace, const std::vector<HeadReport>& heads) {
  const bool article = is_article_model(trace.info().model, heads);
  std::vector<Shown> out;
  for (const ArticlePattern& pattern : article_patterns()) {
    if (article) {
      out.push_back({&pattern, pattern.head, pattern.query});
    } else if (const auto head = best_head(heads, pattern.score)) {
      out.push_back(
          {&pattern, *head, query_in(trace.info().tokens(0, Side::kQuery), pattern.query)});
    }
  }
  return out;
}

void print_table(const Trace& trace, const std::vector<HeadReport>& heads,
                 const std::vector<Row>& rows) {
  constexpr int kName = 26, kWord = 10;
  const TokenSequence& tokens = trace.info().tokens(0, Side::kQuery);
  const bool article = is_article_model(trace.info().model, heads);
  std::printf("Six patterns of attention in %s (J. Vig, \"Deconstructing BERT\", 2018)\n",
              printable(trace.info().model.name).c_str());
  std::printf("  A  %s\n  B  %s\n\n", tokens.text_a.c_str(), tokens.text_b.value_or("").c_str());
  if (!article) {
    std::printf(
        "The best head of these weights for each pattern; the heads that the article names are "
        "those of\n%s.%s\n\n",
        std::string(kArticleModel).c_str(),
        rows.size() < article_patterns().size()
            ? " Predictive words are left out: `headscope patterns` measures them."
            : "");
  }
  std::printf("   %s  head    %s  attends to\n", cell("pattern", kName).c_str(),
              cell("word", kWord).c_str());
  for (const Row& row : rows) {
    const ArticlePattern& pattern = *row.shown.pattern;
    std::string measured;
    for (const Key& key : row.keys) {
      measured += (measured.empty() ? "" : ", ") + word_of(trace.info(), key.position) + " " +
                  share_text(static_cast<double>(key.weight));
    }
    std::printf("%d  %s  %-6s  %s  %s\n", pattern.number, cell(pattern.name, kName).c_str(),
                to_string(row.shown.head).c_str(),
                cell(word_of(trace.info(), row.shown.query), kWord).c_str(), measured.c_str());
    if (article) std::printf("   the article  %s\n", std::string(pattern.claim).c_str());
    const std::string all = over_all_words(heads, row.shown);
    if (!all.empty()) std::printf("   all words    %s\n", all.c_str());
  }
}

// Commands of the model that was shown; `model`: " -m NAME", or nothing where none was named.
void print_next(const std::vector<std::string>& figures, const std::string& model, HeadId head) {
  for (const std::string& figure : figures) {
    std::printf("%s%s\n", &figure == &figures.front() ? "\nFigures  " : "         ",
                printable(figure).c_str());
  }
  std::vector<std::pair<std::string, const char*>> commands = {
      {"headscope patterns" + model + " \"Your sentence.\"", "the pattern of every head"},
      {"headscope attention" + model + " \"Your sentence.\" --head " + to_string(head),
       "the exact numbers"},
      {"headscope serve" + model + " --open", "all of it, live"}};
  const size_t width =
      std::ranges::max(commands, {}, [](const auto& c) { return c.first.size(); }).first.size();
  for (const auto& [command, what] : commands) {
    std::printf("%s%s%s\n", &command == &commands.front().first ? "Next     " : "         ",
                printable(command + std::string(width + 3 - command.size(), ' ')).c_str(), what);
  }
}

void print_demo_json(const Source& source, const std::vector<Row>& rows,
                     const std::vector<std::string>& figures) {
  ordered_json patterns = ordered_json::array();
  const TokenSequence& tokens = source.trace->info().tokens(0, Side::kQuery);
  for (const Row& row : rows) {
    ordered_json keys = ordered_json::array();
    for (const Key& key : row.keys) {
      keys.push_back({{"position", key.position},
                      {"token", tokens.tokens[static_cast<size_t>(key.position)]},
                      {"weight", decimal_of(key.weight)}});
    }
    patterns.push_back({{"number", row.shown.pattern->number},
                        {"head", to_string(row.shown.head)},
                        {"query", row.shown.query},
                        {"word", tokens.tokens[static_cast<size_t>(row.shown.query)]},
                        {"keys", std::move(keys)}});
  }
  print_json({{"source", source.from_model ? "model" : "demo-trace"},
              {"patterns", std::move(patterns)},
              {"figures", figures}});
}

void make_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || !fs::is_directory(folder)) {
    throw Error(ErrorCode::kBadInput, "the folder " + folder + " cannot be made", "a folder",
                "Choose another with -o");
  }
}

void run(const DemoCommand& options, bool model_given) {
  make_folder(options.folder);
  Source source;
  if (model_given) {  // a model that was named must exist
    const std::unique_ptr<Model> model = open_model_of(options.common);
    if (model->runner().stacks().front().causal()) {
      return demo_language_model(options.common, options.folder, *model);
    }
    source.trace = run_texts(options.common, article_texts(), *model).trace;
  } else {
    source = open_demo(options.common);
  }
  std::vector<Row> rows;
  std::vector<std::string> figures;
  const std::vector<HeadReport> heads = measure_heads(*source.trace);
  for (const Shown& shown : patterns_of(*source.trace, heads)) {
    rows.push_back({shown, heaviest_keys(*source.trace, shown)});
    figures.push_back(draw_pattern(options, *source.trace, shown));
  }
  if (options.common.json) return print_demo_json(source, rows, figures);
  print_table(*source.trace, heads, rows);
  const std::string& model = options.common.model;
  const bool plain = model.find_first_of(" \"'\\$`*?[](){}<>|&;#~!") == std::string::npos;
  print_next(figures, model_given ? " -m " + (plain ? model : '"' + model + '"') : "",
             rows.empty() ? HeadId{} : rows.front().shown.head);
}

}  // namespace

void register_demo(CommandLine& line) {
  const auto options = std::make_shared<DemoCommand>();
  const Command command = line.add("demo", "The article's sentence pair, end to end");
  add_common(command, options->common);
  command.option("-o,--output", options->folder, "Folder of the figures")
      .type_name("DIR")
      .show_default();
  const Option model = command.named("--model");
  command.runs([options, model] { run(*options, model.given()); });
}

}  // namespace headscope::cli
