// The report of `headscope analyze`, checked once and kept in the pieces that questions ask for.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "format/json.h"

namespace headscope {

struct CorpusData {
  std::string name;  // file name without its path
  std::string model, fingerprint;
  Json overview;                             // CorpusOverview of the wire, without same_model
  std::map<std::string, std::string> heads;  // stack, "" of a model with one → JSON array, what a
                                             // map shows of each
  std::string notes;                         // JSON array
  std::map<std::string, std::string> head;   // "L2H0", "decoder.L2H0" → its JSON
  std::string similarity;                    // JSON {heads, js, xy}; "" = none
  std::string links;                         // JSON {of, n, left_out, hidden, heads}; "" = none
};

// Throws Error(kBadInput) naming `name` where `json` is no such report.
std::shared_ptr<const CorpusData> read_corpus(const std::string& json, const std::string& name);

}  // namespace headscope
