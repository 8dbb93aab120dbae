// headscope analyze FILE…|-, headscope merge PART…
#include <cstdio>
#include <memory>

#include "command.h"
#include "common.h"
#include "head_options.h"
#include "head_tables.h"
#include "headscope/corpus_analysis.h"
#include "headscope/counted.h"
#include "headscope/error.h"
#include "headscope/output.h"
#include "headscope/probe.h"
#include "headscope/report.h"
#include "headscope/report_page.h"

namespace headscope::cli {
namespace {

// What becomes of a report.
struct OutputOptions {
  std::string json_file, html_file;
  bool csv = false;
};

void add_output(const Command& command, OutputOptions& options) {
  command.option("-o,--output", options.json_file, "Write the report (JSON) to this file");
  command.option("--html", options.html_file, "Write the report as one offline page");
  command.flag("--csv", options.csv, "Print CSV, one line a head");
}

void check_outputs(const OutputOptions& options) {
  for (const std::string& path : {options.json_file, options.html_file}) {
    if (!path.empty()) check_output(path);
  }
}

void print_links(const CorpusReport& report) {
  constexpr size_t kShown = 12;
  const LinkStatistics& links = *report.links();
  const std::vector<LinkedHead> heads = links.heads();
  std::printf("Heads that carry %s (%s)\n%s  weight      se   rank   first  chance    lift\n",
              counted(links.links(), "link").c_str(),
              printable(to_string(*report.partial->record().settings.links)).c_str(),
              cell("head", 14).c_str());
  for (size_t h = 0; h < std::min(kShown, heads.size()); ++h) {
    const LinkedHead& head = heads[h];
    std::printf("%s %7s %7s %6s %7s %7s %7s\n", cell(head_name(head.stack, head.id), 14).c_str(),
                score_text(head.mean).c_str(), score_text(head.se).c_str(),
                score_text(head.rank, 1).c_str(), score_text(head.top1).c_str(),
                score_text(head.chance).c_str(), score_text(head.lift, 2).c_str());
  }
  std::printf("\n");
}

void print_report(const CorpusReport& report) {
  const Statistics& s = report.statistics();
  const auto heads = report.heads();
  std::printf(
      "%s: %s, %s (%.0f each), %s as queries; uniform attention gives "
      "each token %s.\n\n",
      printable(report.model().name).c_str(), counted(s.segments(), "segment").c_str(),
      counted(s.tokens(), "token").c_str(), s.mean_tokens(),
      counted(s.word_queries(), "word").c_str(), score_text(1 / s.mean_tokens()).c_str());
  const HeadTables tables{heads, is_article_model(report.model(), heads), false,
                          report.model().byte_tokens};
  tables.print_map();
  std::printf("\n");
  tables.print_best(3);
  std::printf("\n");
  if (report.links()) print_links(report);
  print_notes(reading_notes(s, heads, report.model().family, report.zero_segment_ids()));
}

void write_report(const CommonOptions& common, const OutputOptions& options,
                  const CorpusReport& report) {
  if (report.grammar() && report.grammar()->left_out() > 0) {
    warn(common, std::to_string(report.grammar()->left_out()) +
                     " links of the treebank do not count for grammar: one of their words has no "
                     "token of its own (a part of a contraction, or cut off)");
  }
  if (const LinkStatistics* links = report.links()) {
    if (links->left_out() > 0) {
      warn(common, std::to_string(links->left_out()) +
                       " links are left out: a word of theirs has no token of its own");
    }
    if (links->hidden() > 0) {
      warn(common, std::to_string(links->hidden()) +
                       " links are left out: the mask hides the key from every head");
    }
  }
  const bool wants_json = common.json || !options.json_file.empty() || !options.html_file.empty();
  const std::string json = wants_json ? report_json(report) : std::string();
  if (!options.json_file.empty()) write_file_atomically(options.json_file, json + "\n");
  if (!options.html_file.empty()) {
    write_file_atomically(options.html_file, report_page(json, "the report"));
  }
  if (common.json) {
    std::printf("%s\n", json.c_str());
  } else if (options.csv) {
    std::fputs(heads_csv(report.heads(), true).c_str(), stdout);
  } else {
    print_report(report);
  }
}

struct AnalyzeOptions {
  CommonOptions common;
  OutputOptions output;
  CorpusSettings corpus;
  std::string format, segment_ids = "true", shard, thresholds, truncate, links;
};

// A relation of the treebanks given, or a file of JSONL that is the corpus itself.
void set_links(const std::string& links, CorpusSettings& settings) {
  if (links.empty()) return;
  if (links.starts_with("rel:")) {
    settings.links = parse_link_choice(links);
    for (const std::string& path : settings.paths) {
      if (settings.format.value_or(format_of_path(path)) == CorpusFormat::kConllu) continue;
      throw Error(ErrorCode::kUsage, "--links " + links + " with " + path, "CoNLL-U files");
    }
    return;
  }
  if (!settings.paths.empty()) {
    throw Error(ErrorCode::kUsage, "--links " + links + " beside other files",
                "--links FILE alone: its lines are the texts, or --links rel:NAME with CoNLL-U");
  }
  if (settings.format && *settings.format != CorpusFormat::kJsonLines) {
    throw Error(ErrorCode::kUsage, "--links FILE with --format", "JSONL");
  }
  settings.paths = {links};
  settings.format = CorpusFormat::kJsonLines;
  settings.links = LinkChoice();
}

CorpusSettings settings_of(const AnalyzeOptions& options) {
  CorpusSettings out = options.corpus;
  if (!options.format.empty()) out.format = parse_corpus_format(options.format);
  out.zero_segment_ids = options.segment_ids == "zero";
  out.segments.truncation = truncation_option(options.truncate);
  out.thresholds = read_thresholds(options.thresholds);
  set_links(options.links, out);
  if (out.paths.empty()) {
    throw Error(ErrorCode::kUsage, "no files", "FILE…, or --links FILE");
  }
  if (options.shard.empty()) return out;
  long long shard = 0, shards = 0;
  char rest = 0;
  if (std::sscanf(options.shard.c_str(), "%lld/%lld%c", &shard, &shards, &rest) != 2 ||
      shards < 1 || shard < 0 || shard >= shards) {
    throw Error(ErrorCode::kUsage, "--shard " + options.shard, "i/n with 0 <= i < n");
  }
  out.shard = shard;
  out.shards = shards;
  return out;
}

void say(const CommonOptions& common, const std::string& line) {
  if (!common.quiet) std::fprintf(stderr, "%s\n", printable(line).c_str());
}

void tell_scan(const CommonOptions& common, const CorpusScan& scan) {
  if (!scan.invalid_utf8.empty()) {
    warn(common,
         "not valid UTF-8: " + scan.invalid_utf8 + "; each invalid sequence reads as U+FFFD");
  }
  if (scan.skipped > 0) {
    warn(common, counted(scan.skipped, "text") + " without tokens " +
                     (scan.skipped == 1 ? "was" : "were") + " passed over");
  }
  if (scan.without_heads > 0) {
    warn(common, counted(scan.without_heads, "sentence") +
                     (scan.without_heads == 1 ? " has no HEADs, so grammar leaves it out"
                                              : " have no HEADs, so grammar leaves them out"));
  }
}

// Runs to the end. When something stops the run, the checkpoint keeps what is done.
void run_all(const CommonOptions& common, CorpusAnalysis& analysis, Checkpoints* checkpoints) {
  if (checkpoints && checkpoints->resume(analysis)) {
    say(common,
        "Resuming " + checkpoints->path() + ": " + std::to_string(analysis.segments_done()) +
            " of " + std::to_string(analysis.segments()) + " segments are done" +
            (analysis.sentences() == 0 ? "."
                                       : ", " + std::to_string(analysis.sentences_done()) + " of " +
                                             std::to_string(analysis.sentences()) + " sentences."));
  }
  const auto keep = [&] {
    if (checkpoints) checkpoints->update(analysis);
  };
  try {
    {
      const LongWork work(common.quiet, "Analysing", "segments");
      analysis.run_segments(work.control(), keep);
    }
    const LongWork work(common.quiet, "Pattern 5", "sentences");
    analysis.run_predictive(work.control(), keep);
  } catch (...) {
    if (checkpoints && analysis.segments_done() > 0) {
      checkpoints->write(analysis);
      say(common, "Kept " + checkpoints->path() + ": the same command goes on from there.");
    }
    throw;
  }
}

void run_analyze(const AnalyzeOptions& options) {
  const CorpusSettings settings = settings_of(options);
  check_outputs(options.output);
  if (settings.shards > 1 && options.output.json_file.empty() && !options.common.json) {
    throw Error(ErrorCode::kUsage, "--shard without -o", "-o FILE for `headscope merge`");
  }
  const auto model = open_model_of(options.common);
  if (settings.predictive > 0 && !model->masked()) {
    throw Error(ErrorCode::kBadInput,
                "--predictive: the weights have no masked-language-model head",
                "a model that has one");
  }
  CorpusEngine engine{model->runner(), model->masked(), model->embeddings(), probe_text(*model)};
  const std::unique_ptr<CorpusAnalysis> analysis = [&] {
    const LongWork work(options.common.quiet, "Reading the corpus", "segments");
    return std::make_unique<CorpusAnalysis>(std::move(engine), settings, work.control());
  }();
  tell_scan(options.common, analysis->scan());
  std::unique_ptr<Checkpoints> checkpoints;
  if (!options.output.json_file.empty()) {
    checkpoints = std::make_unique<Checkpoints>(options.output.json_file);
  }
  run_all(options.common, *analysis, checkpoints.get());
  write_report(options.common, options.output, analysis->report());
  if (checkpoints) checkpoints->remove();
}

struct MergeOptions {
  CommonOptions common;
  OutputOptions output;
  std::vector<std::string> parts;
};

void run_merge(const MergeOptions& options) {
  check_outputs(options.output);
  std::vector<ReportFile> files;
  for (const std::string& path : options.parts) files.push_back({path, read_text_file(path)});
  write_report(options.common, options.output, merge_reports(files));
}

}  // namespace

void register_analyze(CommandLine& line) {
  const auto options = std::make_shared<AnalyzeOptions>();
  const Command command =
      line.add("analyze", "Statistics and labels of every head over a corpus of texts");
  add_common(command, options->common);
  CorpusSettings& corpus = options->corpus;
  command.option("files", corpus.paths, "Text, JSONL or CoNLL-U files; '-' = standard input")
      .type_name("FILE…");
  command.option("--format", options->format, "Instead of by extension")
      .one_of({"text", "jsonl", "conllu"});
  command
      .option("--links", options->links,
              "Which heads carry a relation: rel:nsubj of a treebank (rel:nsubj:head: from the "
              "governing word), or a JSONL file whose lines name links")
      .type_name("WHAT");
  command.flag("--pairs", corpus.segments.pairs,
               "Pack whole sentences of a document into [CLS] A [SEP] B [SEP]");
  command.option("--max-tokens", corpus.segments.max_tokens,
                 "Limit, special tokens included (default: 128 with --pairs, else the "
                 "model's positions)");
  command.option("--truncate", options->truncate,
                 "Shorten a longer text: longest-first, only-first or only-second");
  command.option("--sample", corpus.sample, "Take this many segments, evenly spaced").positive();
  command.option("--segment-ids", options->segment_ids, "true, or zero as Clark et al. 2019")
      .one_of({"true", "zero"})
      .show_default();
  command
      .option("--predictive", corpus.predictive, "Compute pattern 5 on this many single sentences")
      .not_negative();
  command.option("--shard", options->shard, "i/n: only the i-th of n parts of the work");
  command.option("--thresholds", options->thresholds,
                 "JSON file that overrides the labels' thresholds");
  add_output(command, options->output);
  command.runs([options] { run_analyze(*options); });
}

void register_merge(CommandLine& line) {
  const auto options = std::make_shared<MergeOptions>();
  const Command command =
      line.add("merge", "The shards of one analysis as the report of the whole");
  add_printing(command, options->common);
  command.option("parts", options->parts, "Reports of `headscope analyze --shard i/n`")
      .type_name("PART…")
      .required();
  add_output(command, options->output);
  command.runs([options] { run_merge(*options); });
}

}  // namespace headscope::cli
