// headscope patterns A [B] | --trace FILE
#include <cmath>
#include <cstdio>
#include <memory>

#include "command.h"
#include "common.h"
#include "head_options.h"
#include "head_tables.h"
#include "headscope/error.h"
#include "headscope/output.h"
#include "headscope/probe.h"
#include "headscope/report.h"
#include "headscope/statistics.h"
#include "headscope/token_text.h"

namespace headscope::cli {
namespace {

// Texts with more words get pattern 5 on request only: its cost grows with the cube of the words.
constexpr int64_t kFreeWords = 40;

struct PatternsOptions {
  CommonOptions common;
  TextOptions texts;
  std::string head, stack, pattern, thresholds;
  bool predictive = false, csv = false;
  size_t top = 20;
};

int64_t words_of(const TokenSequence& text) {
  int64_t words = 0;
  for (const uint8_t special : text.special) words += special == 0;
  return words;
}

// The results of one text.
struct Findings {
  TraceInfo info;
  int stack = 0;
  std::unique_ptr<Statistics> statistics;
  std::vector<std::string> remarks;  // why something is undefined
};

StatisticsOptions one_text() {
  StatisticsOptions options;
  options.single_text = true;
  return options;
}

void note_trace(const PatternsOptions& options, const Trace& trace, Findings& out) {
  out.info = trace.info();
  out.stack = out.info.stack_index(options.stack);
  // A head's own name says its stack.
  if (!options.head.empty()) {
    out.stack = parse_head(options.head, out.info.stacks, out.stack).stack;
  }
}

const TokenSequence& text_of(const Findings& found) {
  return found.info.tokens(found.stack, Side::kQuery);
}

Findings from_trace(const PatternsOptions& options) {
  Findings out;
  const auto trace = open_source(options.common, options.texts);
  note_trace(options, *trace, out);
  out.statistics = std::make_unique<Statistics>(heads_of(out.info.stacks, out.stack), one_text());
  out.statistics->add(*trace, 0);
  const std::span<const float> c = trace->contribution();
  if (!c.empty() && out.stack == 0) {
    out.statistics->add_predictive(*trace, {c.begin(), c.end()}, 0);
  } else if (options.predictive) {
    throw Error(ErrorCode::kUsage, "--predictive with a trace that holds no contribution",
                "texts, or a trace with it", "Give the texts instead of --trace", "HS-CAP-01");
  } else if (out.stack == 0) {
    out.remarks.emplace_back(
        "Pattern 5 needs masked-word predictions: this trace holds none, give the texts instead.");
  }
  out.remarks.emplace_back(
      "Related words, induction and duplicate need the model: they are undefined for a trace "
      "file.");
  return out;
}

void add_pattern_five(const PatternsOptions& options, Model& model, const Trace& trace,
                      Findings& out) {
  if (out.stack > 0) return;  // the masked words are those of the first stack
  const TokenSequence& text = text_of(out);
  const int64_t words = words_of(text);
  if (!model.masked()) {
    const char* reason = "the weights have no masked-language-model head";
    if (options.predictive) {
      throw Error(ErrorCode::kBadInput, "--predictive: " + std::string(reason),
                  "a model that has one");
    }
    out.remarks.push_back("Pattern 5 is undefined: " + std::string(reason) + ".");
    return;
  }
  if (words > kFreeWords && !options.predictive) {
    out.remarks.push_back("Pattern 5 was left out: " + std::to_string(words) + " words cost " +
                          std::to_string(words * (words + 1) / 2) +
                          " runs; --predictive computes it.");
    return;
  }
  LongWork work(options.common.quiet, "Pattern 5", "masks");
  const auto c = predictive_contribution(*model.masked(), text, work.control());
  out.statistics->add_predictive(trace, c, 0);
}

Findings from_texts(const PatternsOptions& options) {
  Findings out;
  const auto model = open_model_of(options.common);
  const auto trace = run_texts(options.common, options.texts, *model).trace;
  note_trace(options, *trace, out);
  StatisticsOptions statistics = one_text();
  statistics.embeddings = model->embeddings();
  out.statistics = std::make_unique<Statistics>(heads_of(out.info.stacks, out.stack), statistics);
  {
    LongWork work(options.common.quiet, "Statistics");
    out.statistics->add(*trace, 0, work.control());
  }
  if (const auto probe = out.stack == 0 ? probe_text(*model) : std::nullopt) {
    out.statistics->set_probe(*model->runner().trace({&*probe, 1}).at(0));
  }
  add_pattern_five(options, *model, *trace, out);
  return out;
}

void print_text(const Findings& found, const std::vector<HeadReport>& heads,
                const PatternsOptions& options, const std::vector<std::string>& notes) {
  const TokenSequence& text = text_of(found);
  const TokenSequence& keys = found.info.tokens(found.stack, Side::kKey);
  std::printf("%s: %lld tokens, %lld words as queries; uniform attention gives each token %s.\n",
              printable(found.info.model.name).c_str(), static_cast<long long>(text.size()),
              static_cast<long long>(found.statistics->word_queries()),
              score_text(1.0 / static_cast<double>(keys.size())).c_str());
  std::string line;
  for (const std::string& token : text.tokens) {
    line += (line.empty() ? "" : " ") + readable_token(token, found.info.model.byte_tokens);
  }
  std::printf("%s\n\n", cell(line, std::min(display_width(line), terminal_width(100))).c_str());
  const HeadTables tables{heads, is_article_model(found.info.model, heads), true,
                          found.info.model.byte_tokens};
  if (!options.head.empty()) {
    tables.print_head(heads.front());
  } else if (!options.pattern.empty()) {
    tables.print_ranking(parse_pattern(options.pattern), options.top);
  } else {
    tables.print_map();
    std::printf("\n");
    tables.print_best(3);
    std::printf("\n`--head L2H0` explains one head, `--pattern next` ranks all of them.\n");
  }
  std::printf("\n");
  print_notes(notes);
}

void run(const PatternsOptions& options) {
  check_texts(options.texts);
  if (!options.head.empty() && !options.pattern.empty()) {
    throw Error(ErrorCode::kUsage, "--head and --pattern", "one of them");
  }
  if (!options.head.empty()) {  // wrong usage is reported before the model is read
    (void)parse_head_id(options.head.substr(options.head.rfind('.') + 1));
  }
  std::optional<Score> score;
  if (!options.pattern.empty()) score = parse_pattern(options.pattern);
  const Thresholds thresholds = read_thresholds(options.thresholds);
  const Findings found = options.texts.trace.empty() ? from_texts(options) : from_trace(options);
  std::vector<HeadReport> heads = found.statistics->report(thresholds);
  if (!options.head.empty()) {
    heads = {head_of(heads, parse_head(options.head, found.info.stacks, found.stack).id)};
  }
  if (score) sort_by(heads, *score);
  std::vector<std::string> notes = reading_notes(*found.statistics, heads, found.info.model.family,
                                                 found.info.settings.zero_segment_ids);
  notes.insert(notes.end(), found.remarks.begin(), found.remarks.end());
  if (options.common.json) {
    const std::string json =
        patterns_json(found.info, *found.statistics, heads, thresholds, notes) + "\n";
    std::fputs(json.c_str(), stdout);
    return;
  }
  if (options.csv) {
    std::fputs(heads_csv(heads, false).c_str(), stdout);
    return;
  }
  print_text(found, heads, options, notes);
}

}  // namespace

void register_patterns(CommandLine& line) {
  const auto options = std::make_shared<PatternsOptions>();
  const Command command = line.add(
      "patterns", "The pattern of every head on a text: label, score, chance level, evidence");
  add_common(command, options->common);
  add_texts(command, options->texts);
  add_trace(command, options->texts);
  add_generate(command, options->texts);
  command.option("--head", options->head, "Explain one head in full, e.g. L2H0");
  add_stack(command, options->stack);
  command.option("--pattern", options->pattern, "Rank the heads by a label or score");
  command.option("--top", options->top, "Heads that --pattern prints")
      .range(size_t{1}, size_t{100000})
      .show_default();
  command.flag("--predictive", options->predictive,
               "Compute pattern 5 however long the text is (default: up to 40 words)");
  command.option("--thresholds", options->thresholds,
                 "JSON file that overrides the labels' thresholds");
  command.flag("--csv", options->csv, "Print CSV, one line a head");
  command.runs([options] { run(*options); });
}

}  // namespace headscope::cli
