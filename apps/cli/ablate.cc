// headscope ablate FILE…|-
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "command.h"
#include "common.h"
#include "head_options.h"
#include "headscope/corpus_ablation.h"
#include "headscope/counted.h"
#include "headscope/error.h"
#include "headscope/output.h"

namespace headscope::cli {
namespace {

struct AblateOptions {
  CommonOptions common;
  CorpusAblationSettings corpus;
  std::string format, mode = "zero", truncate, output;
  bool csv = false;
};

AblationKind parse_mode(const std::string& mode) {
  if (const auto kind = parse_ablation_kind(mode)) return *kind;
  throw Error(ErrorCode::kUsage, "--mode " + mode, "zero, mean or uniform");
}

void print_csv(const std::vector<HeadEffect>& effects, const std::vector<StackInfo>& stacks) {
  const bool several = stacks.size() > 1;
  std::printf("%slayer,head,change,se,n\n", several ? "stack," : "");
  for (const HeadEffect& e : effects) {
    const std::string stack =
        several ? stacks[static_cast<size_t>(e.head.stack)].name + "," : std::string();
    std::printf("%s%d,%d,%s,%s,%lld\n", stack.c_str(), e.head.id.layer, e.head.id.head,
                csv_number(static_cast<float>(e.change)).c_str(),
                csv_number(static_cast<float>(e.se)).c_str(), static_cast<long long>(e.n));
  }
}

// One row a layer: the change of each head in thousandths of a nat. A map a stack.
void print_map(const std::vector<HeadEffect>& effects, const std::vector<StackInfo>& stacks) {
  int heads = 0;
  for (const HeadEffect& e : effects) heads = std::max(heads, e.head.id.head + 1);
  int stack = -1, layer = -1;
  for (const HeadEffect& e : effects) {
    if (e.head.stack != stack) {
      if (stack >= 0) std::printf("\n\n");
      stack = e.head.stack;
      layer = -1;
      if (stacks.size() > 1) std::printf("%s\n", stacks[static_cast<size_t>(stack)].name.c_str());
      std::printf("layer");
      for (int h = 0; h < heads; ++h) std::printf(" %5s", ("H" + std::to_string(h)).c_str());
    }
    if (e.head.id.layer != layer) std::printf("\n%5d", layer = e.head.id.layer);
    std::printf(" %5.0f", 1000 * e.change);
  }
  std::printf("\n");
}

void print_table(const AblateOptions& options, const CorpusAblation& study,
                 const std::string& model, const std::vector<StackInfo>& stacks, bool next) {
  constexpr size_t kShown = 12;
  std::vector<HeadEffect> effects = study.effects();
  std::printf(
      "%s: change of the log-probability of %s in %s when one head is "
      "switched off (%s), in thousandths of a nat. Below 0: the head helped.\n\n",
      printable(model).c_str(),
      counted(effects.empty() ? 0 : effects[0].n, next ? "predicted token" : "masked token")
          .c_str(),
      counted(study.segments_done(), "segment").c_str(), options.mode.c_str());
  print_map(effects, stacks);
  std::sort(effects.begin(), effects.end(),
            [](const HeadEffect& a, const HeadEffect& b) { return a.change < b.change; });
  std::printf("\nMost missed        change     se\n");
  for (size_t k = 0; k < std::min(kShown, effects.size()); ++k) {
    std::printf("  %-14s %8.1f %6.1f\n", head_name(stacks, effects[k].head).c_str(),
                1000 * effects[k].change, 1000 * effects[k].se);
  }
  std::printf(
      "\nOne head at a time: heads that stand in for each other show no change alone. A change "
      "within two standard errors (se) of 0 is not told from none.\n");
}

// Runs to the end. When something stops the run, the checkpoint keeps what is done.
void run_all(const CommonOptions& common, const std::string& output, CorpusAblation& study) {
  const std::string partial = output.empty() ? "" : output + ".partial";
  if (!partial.empty() && std::filesystem::exists(partial)) {
    study.restore(read_text_file(partial), partial);
    if (!common.quiet) {
      std::fprintf(stderr, "Resuming %s: %lld of %lld segments are done.\n", partial.c_str(),
                   static_cast<long long>(study.segments_done()),
                   static_cast<long long>(study.segments()));
    }
  }
  {
    const LongWork work(common.quiet, "Switching off heads", "runs");
    study.run(work.control(), [&] {
      if (!partial.empty()) write_file_atomically(partial, study.checkpoint());
    });
  }
  if (output.empty()) return;
  write_file_atomically(output, study.json() + "\n");
  std::error_code ignored;
  std::filesystem::remove(partial, ignored);
}

void run(const AblateOptions& options) {
  CorpusAblationSettings settings = options.corpus;
  if (!options.format.empty()) settings.format = parse_corpus_format(options.format);
  settings.segments.truncation = truncation_option(options.truncate);
  settings.kind = parse_mode(options.mode);
  if (!options.output.empty()) check_output(options.output);
  const auto model = open_model_of(options.common);
  const std::unique_ptr<CorpusAblation> study = [&] {
    const LongWork work(options.common.quiet, "Reading the corpus", "segments");
    return std::make_unique<CorpusAblation>(
        model->runner(), WordPredictors{model->masked(), model->next()}, settings, work.control());
  }();
  if (!study->invalid_utf8().empty()) {
    warn(options.common,
         "not valid UTF-8: " + study->invalid_utf8() + "; each invalid sequence reads as U+FFFD");
  }
  run_all(options.common, options.output, *study);
  if (options.common.json) {
    std::printf("%s\n", study->json().c_str());
  } else if (options.csv) {
    print_csv(study->effects(), model->runner().stacks());
  } else {
    print_table(options, *study, model->runner().model().name, model->runner().stacks(),
                !model->masked());
  }
}

}  // namespace

void register_ablate(CommandLine& line) {
  const auto options = std::make_shared<AblateOptions>();
  const Command command = line.add(
      "ablate", "What switching off each head does to predictions of words, over a corpus");
  add_common(command, options->common);
  CorpusAblationSettings& corpus = options->corpus;
  command.option("files", corpus.paths, "Text, JSONL or CoNLL-U files; '-' = standard input")
      .type_name("FILE…")
      .required();
  command
      .option("--mode", options->mode,
              "What stands in a head's place: zero, mean (of the sample) or uniform")
      .show_default();
  command.option("--sample", corpus.sample, "Take this many segments, evenly spaced")
      .positive()
      .show_default();
  command.option("--format", options->format, "Instead of by extension")
      .one_of({"text", "jsonl", "conllu"});
  command.flag("--pairs", corpus.segments.pairs,
               "Pack whole sentences of a document into [CLS] A [SEP] B [SEP]");
  command.option("--max-tokens", corpus.segments.max_tokens, "Limit, special tokens included");
  command.option("--truncate", options->truncate,
                 "Shorten a longer text: longest-first, only-first or only-second");
  command.option("-o,--output", options->output,
                 "Write the result (JSON); a killed run goes on from FILE.partial");
  command.flag("--csv", options->csv, "Print CSV, one line a head");
  command.runs([options] { run(*options); });
}

}  // namespace headscope::cli
