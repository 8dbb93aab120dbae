// headscope compare A [B] --with-model M | --with-text … | --with-ablate HEADS | --with-trace F
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "common.h"
#include "head_tables.h"
#include "headscope/comparison.h"
#include "headscope/error.h"
#include "headscope/output.h"
#include "headscope/trace.h"
#include "other_source.h"

namespace headscope::cli {
namespace {

using nlohmann::ordered_json;

struct CompareCommand {
  CommonOptions common;
  TextOptions texts;
  OtherOptions other;
  std::string stack, ablate;
  bool csv = false;
  size_t top = 20;
};

ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

ordered_json side_json(const TraceInfo& info) {
  const TokenSequence& text = info.tokens(0, Side::kQuery);
  return {{"model", info.model.name},
          {"fingerprint", info.model.fingerprint.empty() ? ordered_json(nullptr)
                                                         : ordered_json(info.model.fingerprint)},
          {"a", text.text_a},
          {"b", text.text_b ? ordered_json(*text.text_b) : ordered_json(nullptr)},
          {"ablate", to_string(info.settings.ablations, info.stacks)}};
}

void print_comparison_json(const Comparison& found, const TraceInfo& left, const TraceInfo& right) {
  ordered_json heads = ordered_json::array();
  for (const HeadDifference& head : found.heads) {
    heads.push_back({{"stack", head.stack},
                     {"layer", head.id.layer},
                     {"head", head.id.head},
                     {"js", number(head.js)},
                     {"mean_abs", number(head.mean_abs)},
                     {"labels", {{"left", head.left_labels}, {"right", head.right_labels}}},
                     {"queries", head.queries}});
  }
  print_json({{"left", side_json(left)},
              {"right", side_json(right)},
              {"alignment",
               {{"matched", found.matched_words()},
                {"left_only", found.queries.left_only.size()},
                {"right_only", found.queries.right_only.size()}}},
              {"notes", found.notes},
              {"heads", std::move(heads)}});
}

std::string joined(const std::vector<std::string>& labels, const char* between) {
  std::string out;
  for (const std::string& label : labels) out += (out.empty() ? "" : between) + label;
  return out;
}

void print_comparison_csv(const Comparison& found) {
  std::fputs("stack,layer,head,js,mean_abs,queries,left_labels,right_labels\n", stdout);
  for (const HeadDifference& head : found.heads) {
    const auto cell_of = [](double value) {
      return std::isfinite(value) ? csv_number(static_cast<float>(value)) : std::string();
    };
    const std::string fields[] = {head.stack,
                                  std::to_string(head.id.layer),
                                  std::to_string(head.id.head),
                                  cell_of(head.js),
                                  cell_of(head.mean_abs),
                                  std::to_string(head.queries),
                                  joined(head.left_labels, ";"),
                                  joined(head.right_labels, ";")};
    std::fputs(csv_row(fields).c_str(), stdout);
  }
}

std::string side_words(const TraceInfo& info) {
  const TokenSequence& text = info.tokens(0, Side::kQuery);
  std::string out = info.model.name + ", \"" + text.text_a + "\"";
  if (text.text_b) out += " \"" + *text.text_b + "\"";
  const std::string off = to_string(info.settings.ablations, info.stacks);
  return printable(off.empty() ? out : out + ", off: " + off);
}

void print_comparison_table(const Comparison& found, const TraceInfo& left, const TraceInfo& right,
                            size_t top) {
  std::printf("Left   %s\nRight  %s\n", side_words(left).c_str(), side_words(right).c_str());
  std::printf(
      "%lld words are matched; %zu tokens or words are on the left alone, %zu on the right "
      "alone\n\n",
      static_cast<long long>(found.matched_words()), found.queries.left_only.size(),
      found.queries.right_only.size());
  std::printf("head           divergence  mean |difference|  pattern left → right\n");
  for (size_t i = 0; i < std::min(top, found.heads.size()); ++i) {
    const HeadDifference& head = found.heads[i];
    const std::string name = head_name(left.stacks, {found.left_stack, head.id});
    const std::string before = head.left_labels.empty() ? "mixed" : head.left_labels.front();
    const std::string after = head.right_labels.empty() ? "mixed" : head.right_labels.front();
    std::printf("%s %s %s  %s\n", cell(name, 14).c_str(),
                cell(score_text(head.js, 4), 10, Align::kRight).c_str(),
                cell(score_text(head.mean_abs, 4), 18, Align::kRight).c_str(),
                (before == after ? before : before + " → " + after).c_str());
  }
  std::printf(
      "\nJensen–Shannon divergence of rows over matched keys, mean over queries, in nats\n");
}

void run(const CompareCommand& options) {
  if (options.csv && options.common.json) {
    throw Error(ErrorCode::kUsage, "--csv and --json", "one of them");
  }
  if (!options.other.given()) {
    throw Error(ErrorCode::kUsage, "nothing to compare with",
                "--with-model M, --with-text A [B], --with-ablate HEADS or --with-trace FILE");
  }
  const auto left = open_source(options.common, options.texts, options.ablate);
  const auto right =
      open_other(options.common, options.texts, options.ablate, options.other, left->info());
  ComparisonOptions wanted;
  wanted.stack = options.stack;
  LongWork work(options.common.quiet, "Comparing");
  const Comparison found = compare_sources(*left, *right, wanted, work.control());
  for (const std::string& note : found.notes) warn(options.common, note);
  if (options.common.json) return print_comparison_json(found, left->info(), right->info());
  if (options.csv) return print_comparison_csv(found);
  print_comparison_table(found, left->info(), right->info(), options.top);
}

}  // namespace

void register_compare(CommandLine& line) {
  const auto options = std::make_shared<CompareCommand>();
  const Command command = line.add(
      "compare", "How far every head differs between two models, texts, or with heads off");
  add_common(command, options->common);
  add_texts(command, options->texts);
  add_trace(command, options->texts);
  add_ablate(command, options->ablate);
  add_other(command, options->other);
  add_stack(command, options->stack);
  command.flag("--csv", options->csv, "Print CSV, one head a line");
  command.option("--top", options->top, "Heads in the table").show_default();
  command.runs([options] { run(*options); });
}

}  // namespace headscope::cli
