// headscope heads A [B] --link Q:K [--words]
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.h"
#include "common.h"
#include "head_tables.h"
#include "headscope/error.h"
#include "headscope/links.h"
#include "headscope/output.h"
#include "headscope/token_text.h"
#include "headscope/trace.h"

namespace headscope::cli {
namespace {

using nlohmann::ordered_json;

struct HeadsCommand {
  CommonOptions common;
  TextOptions texts;
  std::string link, stack, ablate;
  bool words = false, csv = false;
  size_t top = 20;
};

struct Answer {
  LinkQuestion question;
  std::string stack;     // its name
  bool several = false;  // the model has several stacks
  bool byte_tokens = false;
  const TokenSequence* queries;
  const TokenSequence* keys;
  std::vector<HeadLink> heads;
};

// "3:7": token 3 is the query, 7 the key.
std::pair<int64_t, int64_t> parse_link(const std::string& text) {
  const size_t colon = text.find(':');
  const auto number = [&](const std::string& part) -> int64_t {
    const bool digits =
        !part.empty() && part.size() <= 9 && part.find_first_not_of("0123456789") == part.npos;
    return digits ? std::stoll(part) : -1;
  };
  const int64_t query = number(text.substr(0, colon));
  const int64_t key = colon == std::string::npos ? -1 : number(text.substr(colon + 1));
  if (query < 0 || key < 0) {
    throw Error(ErrorCode::kUsage, "--link '" + text + "'",
                "Q:K, the token of the query and that of the key, from 0",
                "`headscope tokens` numbers them");
  }
  return {query, key};
}

ordered_json number(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

ordered_json rank_json(const HeadLink& link) {
  return link.rank > 0 ? ordered_json(link.rank) : ordered_json(nullptr);
}

void print_answer_json(const Answer& answer) {
  ordered_json out = {{"stack", answer.stack}};
  out["tokens"] = answer.keys->tokens;
  if (answer.queries != answer.keys) out["query_tokens"] = answer.queries->tokens;
  out["query"] = answer.question.query;
  out["key"] = answer.question.key;
  out["heads"] = ordered_json::array();
  for (const HeadLink& link : answer.heads) {
    out["heads"].push_back({{"layer", link.id.layer},
                            {"head", link.id.head},
                            {"weight", number(link.weight)},
                            {"rank", rank_json(link)},
                            {"chance", number(link.chance)},
                            {"lift", number(link.lift)}});
  }
  print_json(out);
}

void print_answer_csv(const Answer& answer) {
  std::fputs(answer.several ? "stack,layer,head,weight,rank,chance,lift\n"
                            : "layer,head,weight,rank,chance,lift\n",
             stdout);
  const auto cell_of = [](double value) {
    return std::isfinite(value) ? csv_number(static_cast<float>(value)) : std::string();
  };
  for (const HeadLink& link : answer.heads) {
    std::vector<std::string> fields = {
        std::to_string(link.id.layer), std::to_string(link.id.head),
        cell_of(link.weight),          link.rank > 0 ? std::to_string(link.rank) : "",
        cell_of(link.chance),          cell_of(link.lift)};
    if (answer.several) fields.insert(fields.begin(), answer.stack);
    std::fputs(csv_row(fields).c_str(), stdout);
  }
}

void print_answer_table(const Answer& answer, size_t top) {
  const auto word = [&](const TokenSequence& text, int64_t at) {
    return readable_token(text.tokens[static_cast<size_t>(at)], answer.byte_tokens) + " (" +
           std::to_string(at) + ")";
  };
  std::printf("%s attends to %s%s: %zu heads\n\n",
              word(*answer.queries, answer.question.query).c_str(),
              word(*answer.keys, answer.question.key).c_str(),
              answer.question.words ? ", as whole words" : "", answer.heads.size());
  std::printf("%s weight  rank  chance  lift\n", cell("head", answer.several ? 16 : 8).c_str());
  for (size_t i = 0; i < std::min(top, answer.heads.size()); ++i) {
    const HeadLink& link = answer.heads[i];
    std::printf(
        "%s %s %s  %s %s\n",
        cell(head_name(answer.several ? answer.stack : "", link.id), answer.several ? 16 : 8)
            .c_str(),
        cell(score_text(link.weight, 4), 6, Align::kRight).c_str(),
        cell(link.rank > 0 ? std::to_string(link.rank) : "-", 5, Align::kRight).c_str(),
        cell(score_text(link.chance, 4), 6, Align::kRight).c_str(),
        cell(score_text(link.lift, 1), 5, Align::kRight).c_str());
  }
}

void run(const HeadsCommand& options) {
  if (options.csv && options.common.json) {
    throw Error(ErrorCode::kUsage, "--csv and --json", "one of them");
  }
  const auto [query, key] = parse_link(options.link);
  const auto source = open_source(options.common, options.texts, options.ablate);
  const TraceInfo& info = source->info();
  Answer answer;
  answer.question = {
      .stack = info.stack_index(options.stack), .query = query, .key = key, .words = options.words};
  answer.several = info.stacks.size() > 1;
  answer.byte_tokens = info.model.byte_tokens;
  answer.stack = info.stacks[static_cast<size_t>(answer.question.stack)].name;
  answer.queries = &info.tokens(answer.question.stack, Side::kQuery);
  answer.keys = &info.tokens(answer.question.stack, Side::kKey);
  LongWork work(options.common.quiet, "Ranking heads");
  answer.heads = rank_links(*source, answer.question, work.control());
  if (options.common.json) return print_answer_json(answer);
  if (options.csv) return print_answer_csv(answer);
  print_answer_table(answer, options.top);
}

}  // namespace

void register_heads(CommandLine& line) {
  const auto options = std::make_shared<HeadsCommand>();
  const Command command =
      line.add("heads", "All heads by one weight: which attend from one word to another");
  add_common(command, options->common);
  add_texts(command, options->texts);
  add_trace(command, options->texts);
  add_generate(command, options->texts);
  command.option("--link", options->link, "Query and key, token numbers from 0")
      .type_name("Q:K")
      .required();
  command.flag("--words", options->words,
               "Of their whole words: keys are summed, queries averaged");
  command.option("--stack", options->stack, "encoder, decoder or cross; default the first")
      .type_name("NAME");
  add_ablate(command, options->ablate);
  command.option("--top", options->top, "Heads that the table shows")
      .range(size_t{1}, size_t{100000})
      .show_default();
  command.flag("--csv", options->csv, "Print CSV, one line a head");
  command.runs([options] { run(*options); });
}

}  // namespace headscope::cli
