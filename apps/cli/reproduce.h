// What the rows of `headscope reproduce` are made of.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common.h"

namespace headscope::cli {

// One statement of a paper beside what this program measures.
struct ReproducedRow {
  std::string what;
  nlohmann::ordered_json paper, ours;  // a number or words
  std::string tolerance;
  bool ok = false;
};

struct Reproduction {
  std::string paper;    // who, what, when
  std::string sources;  // weights and data, with their licences
  std::vector<ReproducedRow> rows;
};

struct ReproduceOptions {
  CommonOptions common;
  std::string paper;    // article, clark2019
  std::string corpus;   // of clark2019
  int64_t sample = 48;  // segments of a text
};

// Six heads on the article's pair of sentences; the built-in trace where the weights are not here.
Reproduction reproduce_article(const ReproduceOptions& options);
// A text: figures 2 and 4, every head's measures beside the published ones. CoNLL-U: table 1.
Reproduction reproduce_clark(const ReproduceOptions& options);

}  // namespace headscope::cli
