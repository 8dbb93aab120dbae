// The labelling rule's numbers, calibrated on BERT-Base uncased with the article's sentence pair
// and 300 segments of WikiText-2's validation split; those of causal models on SmolLM2-135M
// (docs/patterns.md, "Causal models"). A label is a line drawn through a continuum:
// what is near the line says so (confidence), what is somewhat below it is "leaning".
#include "headscope/thresholds.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "headscope/error.h"

namespace headscope {
namespace {

struct Row {
  const char* name;
  double value;
};

constexpr Row kTable[] = {
    {"next", .45},
    {"previous", .45},
    {"same-word.including", .35},
    {"same-word.elsewhere", .20},
    {"same-word.itself", .20},  // self from which the label reads "incl. itself"
    {"self", .25},
    {"other-sentence.across", .30},
    {"other-sentence.preference", .65},
    {"predictive", .10},
    {"predictive.one-text", .30},  // on fewer sentences than predictive.sentences
    {"predictive.sentences", 10},
    {"induction", .20},  // causal models, on the probe
    {"duplicate", .20},
    {"first-token", .60},
    {"first-token.short", .70},  // where segments are shorter than short-tokens on average
    {"cls", .60},
    {"sep", .60},
    {"sep.short", .67},  // where segments are shorter than short-tokens on average
    {"short-tokens", 40},
    {"punctuation", .50},
    {"broad", .79},
    {"sentence", .60},
    {"lift", 2},          // every share label
    {"queries", 3},       // fewer: too few to tell
    {"confidence", .95},  // below: near the line
    {"leaning.next", .25},
    {"leaning.previous", .25},
    {"leaning.same-word", .20},
    {"leaning.first-token", .40},
    {"leaning.delimiters", .40},
    {"leaning.punctuation", .35},
    {"leaning.predictive", .05},
};

}  // namespace

Thresholds::Thresholds() {
  for (const Row& row : kTable) entries_.emplace_back(row.name, row.value);
}

double Thresholds::at(std::string_view name) const {
  for (const auto& [key, value] : entries_) {
    if (key == name) return value;
  }
  throw Error(ErrorCode::kInternal, "threshold \"" + std::string(name) + "\"", "a known name");
}

Thresholds Thresholds::parse(const std::string& json, const std::string& source) {
  Thresholds table;
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) {
    throw Error(ErrorCode::kBadInput, source + " is not a JSON object", "{\"next\": 0.45, …}");
  }
  for (const auto& [key, value] : parsed.items()) {
    bool known = false;
    for (auto& [name, threshold] : table.entries_) {
      if (name != key) continue;
      if (!value.is_number() || !std::isfinite(value.get<double>())) {
        throw Error(ErrorCode::kBadInput, source + ": \"" + key + "\" is not a number");
      }
      threshold = value.get<double>();
      known = true;
    }
    if (!known) {
      std::string names;
      for (const auto& [name, threshold] : table.entries_) names += " " + name;
      throw Error(ErrorCode::kBadInput, source + ": unknown threshold \"" + key + "\"",
                  "one of" + names);
    }
  }
  return table;
}

std::string Thresholds::to_json() const {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  for (const auto& [name, value] : entries_) out[name] = value;
  return out.dump();
}

}  // namespace headscope
