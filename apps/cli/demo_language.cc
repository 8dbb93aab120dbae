#include "demo_language.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "head_tables.h"
#include "headscope/error.h"
#include "headscope/figure.h"
#include "headscope/output.h"
#include "headscope/probe.h"
#include "headscope/probe_scores.h"
#include "headscope/token_text.h"

namespace headscope::cli {
namespace {

using nlohmann::ordered_json;

constexpr size_t kShown = 3;  // heads of each pattern
// Names and verbs repeat, so that every pattern can occur.
constexpr const char* kSentence =
    "When Anna Berg called, Tom Reed wrote it down. Then Anna Berg called Tom Reed";

struct LanguagePattern {
  const char* name;   // in JSON and file names
  const char* title;  // of the figure
  const char* words;
};
// In the order of kProbed.
constexpr std::array<LanguagePattern, kProbed.size()> kPatterns = {
    {{"induction", "Induction", "what followed the same token before"},
     {"duplicate", "Duplicate", "the same token before"},
     {"previous", "Previous token", "the token before"},
     {"first-token", "First token", "the first token, where heads rest"}}};

struct Found {
  std::vector<ProbedHead> best;  // kShown, the strongest first
  int query = 0, key = 0;        // of the sentence: where the strongest shows it most
  float weight = 0;
  std::string figure;
};

// The keys of a pattern for one query of the sentence.
std::vector<int> keys_of(size_t pattern, const TokenSequence& text, int query) {
  const auto at = static_cast<size_t>(query);
  std::vector<int> keys;
  switch (kProbed[pattern]) {
    case Score::kPrevious:
      return {query - 1};
    case Score::kCls:
      return {0};
    default:
      break;
  }
  const int behind = kProbed[pattern] == Score::kInduction ? 1 : 0;
  for (int j = 0; j + behind < query; ++j) {
    if (text.ids[static_cast<size_t>(j)] == text.ids[at]) keys.push_back(j + behind);
  }
  return keys;
}

void find_example(size_t pattern, const Trace& trace, Found& found) {
  const TokenSequence& text = trace.info().tokens(0, Side::kQuery);
  const int64_t n = text.size();
  std::vector<float> map(static_cast<size_t>(n * n));
  trace.weights({0, found.best.front().id}, {0, n}, {0, n}, map.data());
  // Before the second token there is only the first: every pattern would hold there.
  for (int i = 2; i < n; ++i) {
    for (const int j : keys_of(pattern, text, i)) {
      const float weight = map[static_cast<size_t>(i * n + j)];
      if (weight > found.weight) {
        found.weight = weight;
        found.query = i;
        found.key = j;
      }
    }
  }
}

std::string draw(const std::string& folder, const Trace& trace, const LanguagePattern& pattern,
                 const Found& found) {
  const ProbedHead& head = found.best.front();
  ViewState state;
  state.heads = {{head.id.layer, head.id.head}};
  state.pins = {{PinSide::kQuery, found.query}};
  state.both_panels = true;
  FigureOptions figure;
  figure.title = std::string(pattern.title) + ": " + pattern.words;
  figure.note = "layer " + std::to_string(head.id.layer) + ", head " + std::to_string(head.id.head);
  figure.output = std::string(pattern.name) + "-" + to_string(head.id) + ".svg";
  const std::string path = (std::filesystem::path(folder) / figure.output).string();
  write_file_atomically(path, draw_figure(trace, state, figure).svg);
  return path;
}

Found find(size_t pattern, const std::vector<ProbedHead>& heads, const Trace& trace) {
  Found found;
  found.best = heads;
  std::erase_if(found.best, [&](const ProbedHead& h) { return std::isnan(h.value[pattern]); });
  std::stable_sort(found.best.begin(), found.best.end(),
                   [&](const ProbedHead& a, const ProbedHead& b) {
                     return a.value[pattern] > b.value[pattern];
                   });
  found.best.resize(std::min(found.best.size(), kShown));
  if (!found.best.empty()) find_example(pattern, trace, found);
  return found;
}

void print_found(const ModelInfo& model, const TokenSequence& text, const std::vector<Found>& all) {
  std::printf(
      "What heads of %s do on 25 random words, repeated 4 times: of a token's attention,\n"
      "the share that goes to\n\n",
      printable(model.name).c_str());
  for (size_t p = 0; p < all.size(); ++p) {
    if (all[p].best.empty()) continue;
    std::printf("%s  (chance %s)\n   ", kPatterns[p].words,
                score_text(all[p].best.front().chance[p]).c_str());
    for (const ProbedHead& head : all[p].best) {
      std::printf(" %s %s ", cell(to_string(head.id), 7).c_str(),
                  score_text(head.value[p]).c_str());
    }
    const auto token = [&](int at) {
      return readable_token(text.tokens[static_cast<size_t>(at)], model.byte_tokens) + " (" +
             std::to_string(at) + ")";
    };
    std::printf("\n     in the sentence  %s → %s %s\n", token(all[p].query).c_str(),
                token(all[p].key).c_str(), score_text(static_cast<double>(all[p].weight)).c_str());
  }
  std::printf("\nThe sentence  %s\n", printable(text.text_a).c_str());
}

ordered_json json_of(const std::vector<Found>& all) {
  ordered_json patterns = ordered_json::array(), figures = ordered_json::array();
  for (size_t p = 0; p < all.size(); ++p) {
    ordered_json heads = ordered_json::array();
    for (const ProbedHead& head : all[p].best) {
      heads.push_back(
          {{"head", to_string(head.id)}, {"score", head.value[p]}, {"chance", head.chance[p]}});
    }
    patterns.push_back({{"name", kPatterns[p].name}, {"heads", std::move(heads)}});
    if (!all[p].figure.empty()) figures.push_back(all[p].figure);
  }
  return {{"source", "model"}, {"patterns", std::move(patterns)}, {"figures", std::move(figures)}};
}

}  // namespace

void demo_language_model(const CommonOptions& options, const std::string& folder, Model& model) {
  const auto probe = probe_text(model);
  if (!probe) {
    throw Error(ErrorCode::kBadInput,
                model.runner().model().name + " has no words to make the probe text of",
                "a tokenizer whose tokens begin with a blank, and five whole words");
  }
  TextOptions sentence;
  sentence.texts = {kSentence};
  const auto trace = run_texts(options, sentence, model).trace;
  const auto probed = model.runner().trace({&*probe, 1}).at(0);
  const std::vector<ProbedHead> heads = probe_scores(*probed);
  std::vector<Found> all;
  for (size_t p = 0; p < kPatterns.size(); ++p) {
    all.push_back(find(p, heads, *trace));
    if (!all.back().best.empty())
      all.back().figure = draw(folder, *trace, kPatterns[p], all.back());
  }
  if (options.json) return print_json(json_of(all));
  print_found(model.runner().model(), trace->info().tokens(0, Side::kQuery), all);
  for (const Found& found : all) {
    std::printf("%s%s\n", &found == &all.front() ? "\nFigures  " : "         ",
                printable(found.figure).c_str());
  }
}

}  // namespace headscope::cli
